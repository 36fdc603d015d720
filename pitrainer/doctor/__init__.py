"""Everything that may be wrong, looked at one by one."""
