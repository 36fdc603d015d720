"""The speaker: one PortAudio stream a session, and a mixer that puts each cue on the sample that the clock asks for.

Threads: the loop hands cues over (`say`, `tone`, `hush`), PortAudio's thread mixes them (`Mixer.fill`), and a keeper of our
own does all else with PortAudio: it opens, watches and closes the stream. They meet only in a deque and in plain attributes,
so that the callback never waits for a lock that a slow thread holds.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..core.languages import Phrase
from ..core.messages import Fault, Sound, SoundCard
from ..core.signals import Signal
from ..core.units import Ms
from ..errors import SoundError, pip
from .cards import KINDS, Card, choose, presence, read_cards
from .clips import ClipCache, Samples
from .mixer import FADE, Block, DacClock, Mixer, gain
from .muted import muted
from .output import Form, Output, close_stream, end_portaudio, find, form_of, open_stream
from .tones import RATE, tone

STALL = 0.7
"""Seconds without a callback after which the device is gone. PortAudio does not notice: `stream.active` stays True. A slow Pi
that is short of memory was seen to stall for 0.5 s with all in order."""
WATCH = 0.1
"""Seconds between two looks at the callbacks."""
COMPARE = 1.0
"""Seconds between two looks for a card that is rather meant than the one that is open."""
RETRY = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to open."""
MANY = 5
"""Xruns in a stream, from which on the next one is given more time: a crackling voice is worse than a later answer."""
LONGEST = 0.16
"""Seconds of latency that are given at the most."""
LOOK = (20.0, 60.0, 600.0)
"""Seconds between looks for a sound device while there is none and none is wanted: only the status shows it. In the long run
seldom, for each of PortAudio's starts leaves 13 kB behind where ALSA has plugins (measured; none without them)."""
LEND = 2.0
"""Seconds in which the card is let go of for another process."""
HUNG = 20.0
"""Seconds that PortAudio may take for anything: opening waits 2 s at most, and a retry 5 s."""
SETTLED = 4
"""Callbacks after which a stream counts as open: the first come before the device runs."""

log = logging.getLogger(__name__)


class Speaker:
    """Plays clips and tones at their moments, and keeps the stream alive as long as it is wanted."""

    def __init__(
        self,
        clips: ClipCache,
        put: Callable[[Sound | Fault], None],
        *,
        device: str = "",
        before: Card | None = None,
        keep_open: bool = False,
        latency: Ms = Ms(20),
        volume: int = 100,
        limit: Callable[[int, bool], int] = lambda volume, _: volume,
        tap: Callable[[Block, int], None] | None = None,
        tell_card: Callable[[SoundCard], None] = lambda _: None,
    ) -> None:
        """Start the keeper; nothing is opened yet.

        Args:
            put: is told, on the keeper's thread, when the sound becomes ready, fails or vanishes; and what is wrong with it,
                also while it is not wanted.
            device: the card's id, or part of its or the device's name; empty for the one that is most likely meant.
            before: the card that was played on with other settings, if nobody had chosen it: it is waited for (see `choose`).
            keep_open: the stream is never closed, and silent between sessions.
            latency: asked of PortAudio; more is safer on a slow machine, less answers sooner.
            volume: 0 to 100.
            limit: returns the volume for now, of the one that was set, and of whether it is to be softly; asked each time that
                the stream is opened.
            tap: is given each block that is played, as float32 of -1 to 1, and its rate in Hz, on PortAudio's thread.
            tell_card: is told, on the keeper's thread, what card was chosen, and each time that it is another.
        """
        self._clips = clips
        self._put = put
        self._device = device
        self._keep_open = keep_open
        self._latency = latency / 1000
        self._volume = volume
        self._softly = False
        self._limit: Callable[[int], int] = lambda volume: limit(volume, self._softly)
        self._tap = tap
        self._tell_card = tell_card
        self._mixer = Mixer()
        self._stream: Any = None
        self._form = Form(RATE, 2)
        self._callbacks = 0
        self._called = 0.0
        self._xruns = 0
        self._wrong = ""
        self._failing: Output | None = None
        """What is there, and could not be played to: whether it can be now, only opening tells."""
        self._chosen: SoundCard | None = None
        self.name = ""
        """The card's or device's name, once it was opened."""
        self._presence: Path | None = None
        """What is there as long as its card is, if that can be told."""
        self.card = None if device else before
        """The card that was opened last, if nobody has chosen one: it is waited for where it is gone."""
        self._compared = 0.0
        """When the open card was last compared with those that there are."""
        self._wanted = False
        """Somebody has opened it."""
        self._lent = False
        """Another process uses the card for a moment."""
        self._closed = threading.Event()
        """Who waits for that is told that the stream is closed."""
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
        self._mixer.gain = gain(self._limit(self._volume))  # the quiet hours may have begun since
        self._wanted = True
        self._wake.set()

    def close(self) -> None:
        """Close the stream, unless it is kept open."""
        self._wanted = False
        self._wake.set()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let another process have the card while the block runs, unless it is wanted here."""
        self._closed.clear()
        self._lent = True
        self._wake.set()
        self._closed.wait(0 if self._wanted else LEND)
        try:
            yield
        finally:
            self._lent = False
            self._wake.set()

    def say(self, phrase: Phrase, at: Ms) -> None:
        """Speak a phrase at a moment, if it has a clip."""
        samples = self._clips.samples(phrase)
        if samples is not None:
            self._mixer.add(samples, at)

    def tone(self, signal: Signal, at: Ms) -> None:
        """Sound a signal at a moment."""
        self._mixer.add(tone(signal, self._mixer.rate), at)

    def hush(self) -> None:
        """Drop what is waiting and end what is heard."""
        self._mixer.hush()

    def set_volume(self, volume: int) -> None:
        """Play at this volume from now on, 0 to 100."""
        self._volume = volume
        self._mixer.gain = gain(self._limit(volume))

    def softly(self, on: bool) -> None:
        """Play what nobody has asked for from now on, or what somebody has."""
        self._softly = on
        self.set_volume(self._volume)

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
        self._complain(self._look())
        while not self._ending:
            self._turned = time.monotonic()
            if not self._wanted and (self._lent or not self._keep_open):
                self._close()
                self._mixer.empty()
                end_portaudio()
                self._closed.set()
                failures = 0
                self._rest(LOOK[min(looks, len(LOOK) - 1)] if self._wrong else None)
                if self._wrong and not self._wanted and not self._lent:
                    self._complain(self._look())
                    looks += 1
                continue
            if self._wanted:
                looks = 0
            self._give_way()
            why = self._check() if self._stream else self._open()
            if not why:
                failures = looks = 0
                self._complain("")
                self._tell(Sound(True))
                self._rest(WATCH)
            else:
                self._close()
                end_portaudio()
                self._complain(why)
                self._tell(Sound(False, why))
                if self._wanted:
                    self._rest(RETRY[min(failures, len(RETRY) - 1)])
                    failures += 1
                else:  # it is only kept open
                    self._mixer.empty()
                    self._rest(LOOK[min(looks, len(LOOK) - 1)])
                    looks += 1
        time.sleep(2 * FADE / RATE + self._latency if self._stream else 0)
        self._close()

    def _rest(self, seconds: float | None) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _open(self) -> str:
        """Open the stream; return what is wrong, or nothing."""
        try:
            self._failing = None
            self._failing = output = self._output()
            self._form = form = form_of(output)
            self._fit(output, form)
            self._mixer.gain = gain(self._limit(self._volume))
            self._clock = DacClock(form.rate)
            self._callbacks = 0
            self._stream = open_stream(output, form, self._latency, self._callback)
        except SoundError as error:
            return str(error)
        self.name = output.name
        self._presence = presence(output.card)
        self.card = None if self._device else output.card
        self._compared = time.monotonic()
        waited = time.monotonic() + 2
        while self._callbacks < SETTLED and time.monotonic() < waited and not self._ending:
            time.sleep(0.005)
        if self._callbacks < SETTLED:
            return f"no sound: {output.name} opens, but never asks for sound"
        self._failing = None
        return _silent(output)

    def _look(self) -> str:
        """Look for the device that would be opened; return what is wrong, or nothing."""
        try:
            output = self._output()
        except SoundError as error:
            self._failing = None
            return str(error)
        return self._wrong if output == self._failing else _silent(output)

    def _output(self) -> Output:
        output = find(self._device, self.card)
        card = SoundCard(output.name, output.why)
        if card != self._chosen:
            self._chosen = card
            log.info("sound: %s: %s", card.name, card.why)
            self._tell_card(card)
        return output

    def _fit(self, output: Output, form: Form) -> None:
        """Have clips and mixer at the device's rate: nothing is converted while it plays."""
        try:
            self._clips.play_at(form.rate)
        except ImportError:
            raise SoundError(f"no sound: {output.name} takes {form.rate} Hz, not {RATE}; {pip('soxr')}") from None
        if form.rate != self._mixer.rate:
            log.info("sound: %s takes %d Hz", output.name, form.rate)
            self._mixer.rate = form.rate

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

    def _give_way(self) -> None:
        """Close the stream where a card has come that is rather meant: a speaker that was plugged in late."""
        now = time.monotonic()
        if not self._stream or not self.card or now - self._compared < COMPARE:
            return
        self._compared = now
        better, _ = choose("", read_cards())
        if better and KINDS.index(better.kind) < KINDS.index(self.card.kind):
            why = f"{better} is there, and is taken instead of {self.name}"
            log.info("sound: %s", why)
            self._close()
            end_portaudio()
            self._tell(Sound(False, why))

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
        close_stream(stream)
        self._mixer.cut()

    # PortAudio's thread

    def _callback(self, out: Samples, frames: int, when: Any, status: Any) -> None:
        now = time.monotonic()
        self._called = now
        self._callbacks += 1
        self._xruns += bool(status.output_underflow)
        # Only the difference is used: PortAudio's clock may be the wall clock, which steps.
        begin = self._clock.begin(frames, now + max(0.0, when.outputBufferDacTime - when.currentTime))
        block = np.empty((frames, self._form.channels), np.float32)
        self._mixer.fill(block, begin)
        np.copyto(out, np.rint(block * np.float32(32767)), casting="unsafe")
        if self._tap:
            self._tap(block, self._form.rate)


def _silent(output: Output) -> str:
    """Return that a device's card is muted, or nothing."""
    silent = muted(output.card)
    return f"no sound: {output.name} is muted ({', '.join(silent)}); alsamixer: M unmutes, arrow up is louder" if silent else ""
