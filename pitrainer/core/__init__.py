"""The trainer's rules: standard library only, no clock, no I/O, no logging."""
