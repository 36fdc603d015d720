"""Piper: what turns texts into clips. A process of its own does it, never the running trainer."""
