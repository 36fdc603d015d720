"""The speaker: one PortAudio stream a session, and a mixer that puts each cue on the sample that the clock asks for.

Threads: the loop hands cues over (`say`, `tone`, `hush`), PortAudio's thread mixes them (`Mixer.fill`), and a keeper of our
own does all else with PortAudio: it opens, watches and closes the stream. They meet only in a deque and in plain attributes,
so that the callback never waits for a lock that a slow thread holds.
"""

import ctypes
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..core.languages import Phrase
from ..core.messages import Fault, Sound
from ..core.signals import Signal
from ..core.units import Ms
from .cards import muted, presence
from .clips import ClipCache, Samples
from .mixer import FADE, Block, DacClock, Mixer, gain
from .tones import RATE, tone

STALL = 0.7
"""Seconds without a callback after which the device is gone. PortAudio does not notice: `stream.active` stays True. A slow Pi
that is short of memory was seen to stall for 0.5 s with all in order."""
WATCH = 0.1
"""Seconds between two looks at the callbacks."""
RETRY = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to open."""
MANY = 5
"""Xruns in a stream, from which on the next one is given more time: a crackling voice is worse than a later answer."""
LONGEST = 0.16
"""Seconds of latency that are given at the most."""
LOOK = (20.0, 60.0, 600.0)
"""Seconds between looks for a sound device while there is none and none is wanted: only the status shows it. In the long run
seldom, for each of PortAudio's starts leaves 13 kB behind where ALSA has plugins (measured; none without them)."""
HUNG = 20.0
"""Seconds that PortAudio may take for anything: opening waits 2 s at most, and a retry 5 s."""
SETTLED = 4
"""Callbacks after which a stream counts as open: the first come before the device runs."""

NO_PORTAUDIO = "no sound: libportaudio2 is missing; sudo apt-get install libportaudio2"

log = logging.getLogger(__name__)


class Speaker:
    """Plays clips and tones at their moments, and keeps the stream alive as long as it is wanted."""

    def __init__(
        self,
        clips: ClipCache,
        put: Callable[[Sound | Fault], None],
        *,
        device: str = "",
        latency: Ms = Ms(20),
        volume: int = 100,
        limit: Callable[[int], int] = lambda volume: volume,
        tap: Callable[[Block], None] | None = None,
    ) -> None:
        """Start the keeper; nothing is opened yet.

        Args:
            put: is told, on the keeper's thread, when the sound becomes ready, fails or vanishes; and what is wrong with it,
                also while it is not wanted.
            device: part of the device's name; empty for the default.
            latency: asked of PortAudio; more is safer on a slow machine, less answers sooner.
            volume: 0 to 100.
            limit: returns the volume for now, of the one that was set; asked each time that the stream is opened.
            tap: is given each block that is played, as float32 of -1 to 1, on PortAudio's thread.
        """
        self._clips = clips
        self._put = put
        self._device = device
        self._latency = latency / 1000
        self._volume = volume
        self._limit = limit
        self._tap = tap
        self._mixer = Mixer()
        self._stream: Any = None
        self._callbacks = 0
        self._called = 0.0
        self._xruns = 0
        self._wrong = ""
        self.name = ""
        """The device's own name, once it was opened."""
        self._presence: Path | None = None
        """What is there as long as its card is, if that can be told."""
        self._wanted = False
        self._told: bool | None = None
        """What `put` was told last; None: it waits for an answer."""
        self._ending = False
        self._turned = time.monotonic()
        """When the keeper last came round."""
        self._wake = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="speaker", daemon=True)
        self._keeper.start()

    # what the loop calls

    def open(self) -> None:
        """Begin to open the stream; `put` is told how it went. It is opened again by itself until `close`."""
        self._told = None  # also where it is open or has failed already: who asks gets an answer
        self._turned = time.monotonic()
        self._wanted = True
        self._wake.set()

    def close(self) -> None:
        """Close the stream."""
        self._wanted = False
        self._wake.set()

    def say(self, phrase: Phrase, at: Ms) -> None:
        """Speak a phrase at a moment, if it has a clip."""
        samples = self._clips.samples(phrase)
        if samples is not None:
            self._mixer.add(samples, at)

    def tone(self, signal: Signal, at: Ms) -> None:
        """Sound a signal at a moment."""
        self._mixer.add(tone(signal), at)

    def hush(self) -> None:
        """Drop what is waiting and end what is heard."""
        self._mixer.hush()

    def set_volume(self, volume: int) -> None:
        """Play at this volume from now on, 0 to 100."""
        self._volume = volume
        self._mixer.gain = gain(self._limit(volume))

    def shut(self) -> None:
        """End the keeper. What is being heard fades first."""
        self.hush()
        self._ending = True
        self._wake.set()
        self._keeper.join(timeout=2)

    def alive(self) -> bool:
        """Tell whether the keeper goes on, which minds the stream's callbacks: PortAudio may hang with a card that is gone."""
        return not self._wanted or time.monotonic() - self._turned < HUNG

    # the keeper's thread

    def _keep(self) -> None:
        """Bring the stream to what is wanted, and tell of every change once."""
        failures = looks = 0
        self._complain(self._find()[1])
        while not self._ending:
            self._turned = time.monotonic()
            if not self._wanted:
                self._close()
                _end_portaudio()
                failures = 0
                self._rest(LOOK[min(looks, len(LOOK) - 1)] if self._wrong else None)
                if self._wrong and not self._wanted:
                    self._complain(self._find()[1])
                    looks += 1
                continue
            looks = 0
            why = self._check() if self._stream else self._open()
            if not why:
                failures = 0
                self._complain("")
                self._tell(Sound(True))
                self._rest(WATCH)
            else:
                self._close()
                _end_portaudio()
                self._complain(why)
                self._tell(Sound(False, why))
                self._rest(RETRY[min(failures, len(RETRY) - 1)])
                failures += 1
        time.sleep(2 * FADE / RATE + self._latency if self._stream else 0)
        self._close()

    def _rest(self, seconds: float | None) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _open(self) -> str:
        """Open the stream; return what is wrong, or nothing."""
        device, why = self._find()
        if why:
            return why
        import sounddevice

        _quieten_alsa()
        if device is None:
            device = _raw_card(sounddevice)
        self._mixer.gain = gain(self._limit(self._volume))
        self._clock = DacClock()
        self._callbacks = 0
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=RATE, channels=2, dtype="int16", device=device, latency=self._latency, callback=self._callback
            )
            self._stream.start()
            self.name = sounddevice.query_devices(device, "output")["name"]
            self._presence = presence(self.name)
        except sounddevice.PortAudioError as error:
            return f"no sound: {_one_line(error)}; see `aplay -l` for the cards, and who else uses them"
        waited = time.monotonic() + 2
        while self._callbacks < SETTLED and time.monotonic() < waited and not self._ending:
            time.sleep(0.005)
        if self._callbacks < SETTLED:
            return "no sound: the device opens but asks for none"
        silent = muted(self.name)
        return (
            f"no sound: {self.name} is muted ({', '.join(silent)}); alsamixer: M unmutes, arrow up is louder" if silent else ""
        )

    def _find(self) -> tuple[int | None, str]:
        """Return the device's number (None: the default), and what is wrong."""
        try:
            import sounddevice
        except OSError:
            return None, NO_PORTAUDIO
        # PortAudio starts with the import, and has its own exception for a start that fails, not importable then.
        except Exception as error:  # noqa: BLE001 - see above
            return None, f"no sound: {_one_line(error)}"
        try:
            if not sounddevice._initialized:
                sounddevice._initialize()
            return _find_device(sounddevice, self._device)
        except sounddevice.PortAudioError as error:
            return None, f"no sound: {_one_line(error)}; see `aplay -l` for the cards"

    def _tell(self, sound: Sound) -> None:
        """Tell `put`, unless it knows."""
        if self._told is not sound.ready:
            self._told = sound.ready  # before the telling, so that an `open` that comes meanwhile is answered
            self._put(sound)

    def _complain(self, why: str) -> None:
        """Tell what is wrong with the sound, once for each time that it changes."""
        if why != self._wrong:
            log.warning("%s", why or "the sound is back")
            self._wrong = why
            self._put(Fault("sound", why))

    def _check(self) -> str:
        """Return what is wrong with the open stream, or nothing."""
        unplugged = self._presence and not self._presence.exists()
        if time.monotonic() - self._called < STALL and not unplugged:
            return ""
        return f"no sound: {self.name} is gone"

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        if self._xruns or self._mixer.late:
            log.info("sound: %d xruns, %d cues too late", self._xruns, self._mixer.late)
            if self._xruns > MANY and self._latency < LONGEST:
                self._latency = min(2 * self._latency, LONGEST)
                log.info("sound: from now on %.0f ms are handed over in advance (sound.latency)", self._latency * 1000)
            self._xruns = self._mixer.late = 0
        try:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)
        # A card that is gone makes PortAudio raise whatever it likes here; there is nothing left to save.
        except Exception as error:  # noqa: BLE001 - see above
            log.debug("closing the stream: %s", error)
        self._mixer.cut()

    # PortAudio's thread

    def _callback(self, out: Samples, frames: int, when: Any, status: Any) -> None:
        now = time.monotonic()
        self._called = now
        self._callbacks += 1
        self._xruns += bool(status.output_underflow)
        # Only the difference is used: PortAudio's clock may be the wall clock, which steps.
        begin = self._clock.begin(frames, now + max(0.0, when.outputBufferDacTime - when.currentTime))
        block = np.empty((frames, 2), np.float32)
        self._mixer.fill(block, begin)
        np.copyto(out, np.rint(block * np.float32(32767)), casting="unsafe")
        if self._tap:
            self._tap(block)


def _find_device(sounddevice: Any, name: str) -> tuple[int | None, str]:
    """Return the number of the first output whose name contains the text, or None and what is wrong."""
    outputs = [device for device in sounddevice.query_devices() if device["max_output_channels"] >= 2]
    if not outputs:
        return None, "no sound: there is no sound device; plug one in, or see `aplay -l`"
    if not name:
        return None, ""
    for device in outputs:
        if name.lower() in device["name"].lower():
            return device["index"], ""
    names = ", ".join(f'"{device["name"]}"' for device in outputs)
    return None, f'no sound: no device has "{name}" in its name (sound.device); there are {names}'


def _raw_card(sounddevice: Any) -> int | None:
    """Return the number of the first card itself, where ALSA's default would be no more than a way to it; else None.

    On that way are ALSA's plugins, one of which ended this process after an xrun ("pcm_plugin.c:572: snd_pcm_plugin_status:
    Assertion ... failed", alsa-lib 1.2.8). A card that is in use, or has no 16 bits at `RATE` (HDMI on a Pi), needs them.
    """
    outputs = [device for device in sounddevice.query_devices() if device["max_output_channels"] >= 2]
    mixed = any(server in device["name"] for device in outputs for server in ("pulse", "pipewire", "jack"))
    if mixed or any(os.path.exists(os.path.expanduser(file)) for file in ("/etc/asound.conf", "~/.asoundrc")):
        return None
    number: int | None = next((device["index"] for device in outputs if "(hw:" in device["name"]), None)
    if number is not None:
        try:
            sounddevice.check_output_settings(device=number, channels=2, dtype="int16", samplerate=RATE)
        except sounddevice.PortAudioError:
            return None
    return number


def _end_portaudio() -> None:
    """End PortAudio until it is wanted again: it looks for devices only when it starts, and holds 11 MB (measured)."""
    import sys

    sounddevice = sys.modules.get("sounddevice")
    if sounddevice and sounddevice._initialized:
        try:
            sounddevice._terminate()
        except sounddevice.PortAudioError as error:
            log.debug("ending PortAudio: %s", error)


_ALSA_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)


_ignore_alsa = _ALSA_HANDLER(lambda *_: None)
"""What matters comes as PortAudio's errors and xruns. Kept here, for ALSA calls it as long as the program runs."""


@cache
def _quieten_alsa() -> None:
    """Keep ALSA's library from writing into the panel and the journal by itself, a line an xrun."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_ignore_alsa)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
