"""A voice trainer for physiotherapy exercises: press the button, and a voice leads you through them."""

import os

__version__ = "0.1.0"

# From 1.32 on, onnxruntime writes a device id and a log of events below ~/.cache/Microsoft the moment that it is imported, and
# looks up its collector's host some seconds later; "0" does not stop it. Nothing leaves this device: every process of ours, and
# every child of one, begins here, whatever its environment says.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
