"""The control socket: what other processes ask of a running trainer."""
