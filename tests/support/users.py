"""Users whom the tests act as."""

NOBODY = 65534
"""A user, and a group, that owns nothing."""
