"""The running trainer: its parts put together, the loop, and what systemd is told."""
