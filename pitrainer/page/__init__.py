"""The page on the phone: a process beside the trainer, which follows its events and sends it orders."""
