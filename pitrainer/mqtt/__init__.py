"""Tells a broker what a running trainer does, and takes orders from it: for Home Assistant, or many trainers in one place.

A process of its own beside the trainer, which knows nothing of it: a follower of the control socket's events. It loads none of
what makes sound or drives pins.
"""
