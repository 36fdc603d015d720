"""A voice trainer for physiotherapy exercises: press the button, and a voice leads you through them."""

__version__ = "0.1.0"
