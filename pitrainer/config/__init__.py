"""Settings and routines: TOML files become frozen objects, or a list of every problem in them at once."""
