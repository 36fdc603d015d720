"""The speaker on cards that are made up: what it plays to them, when it keeps them, and when it lets go of them."""

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pitrainer.audio import cards, speaker
from pitrainer.audio.clips import ClipCache
from pitrainer.audio.output import Form, Output
from pitrainer.audio.speaker import Speaker
from pitrainer.audio.tones import PITCH
from pitrainer.clock import monotonic
from pitrainer.core.messages import Fault, Sound, SoundCard
from pitrainer.core.signals import Signal
from pitrainer.core.units import Ms
from pitrainer.errors import SoundError
from support.spoken import en

WHEN = SimpleNamespace(outputBufferDacTime=0.0, currentTime=0.0)
WELL = SimpleNamespace(output_underflow=False)


class Card:
    """A sound card by hand: keeps what is played to it, and can be told to be in use."""

    def __init__(self) -> None:
        self.form = Form(48_000, 2)
        self.why = ""
        self.opened = 0
        self.played: list[np.ndarray] = []
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def find(self, wanted: str, _before: cards.Card | None = None) -> Output:
        if self.why:
            raise SoundError(self.why)
        return Output(0, f"card {wanted}", "it is the only one")

    def open_stream(self, _output: Output, form: Form, _latency: float, callback: Callable[..., None]) -> "Card":
        self.opened += 1
        self._closed.clear()

        def play() -> None:
            frames = form.rate // 20  # few and long: on a busy machine each may wait for a third of a second
            while not self._closed.wait(0.05):
                out = np.empty((frames, form.channels), np.int16)
                callback(out, frames, WHEN, WELL)
                self.played.append(out)

        self._thread = threading.Thread(target=play)
        self._thread.start()
        return self

    def close(self, _stream: Any = None) -> None:
        self._closed.set()
        if self._thread:
            self._thread.join()
            self._thread = None

    @property
    def open(self) -> bool:
        return self._thread is not None


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    card = Card()
    monkeypatch.setattr(speaker, "find", card.find)
    monkeypatch.setattr(speaker, "form_of", lambda _: card.form)
    monkeypatch.setattr(speaker, "open_stream", card.open_stream)
    monkeypatch.setattr(speaker, "close_stream", card.close)
    monkeypatch.setattr(speaker, "muted", lambda _: [])
    monkeypatch.setattr(speaker, "STALL", 30.0)
    yield card
    card.close()


@pytest.fixture
def made(tmp_path: Any) -> Iterator[Callable[..., tuple[Speaker, SimpleQueue[Any]]]]:
    """Makes speakers, which end with the test."""
    speakers: list[Speaker] = []

    def make(clips: ClipCache | None = None, **settings: Any) -> tuple[Speaker, SimpleQueue[Any]]:
        told: SimpleQueue[Any] = SimpleQueue()
        one = Speaker(clips or ClipCache(tmp_path, "voice"), told.put, tell_card=told.put, **{"device": "x"} | settings)
        speakers.append(one)
        return one, told

    yield make
    for one in speakers:
        one.shut()


def appears(what: Callable[[], object], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(what())


def heard_whole(card: Card, play: Callable[[Ms], None]) -> np.ndarray:
    """Play something; return all that the card was given from then on, until it is silent again.

    On a busy machine a cue may be handed over too late, and is left out.
    """
    for _ in range(5):
        card.played.clear()
        play(Ms(monotonic() + 500))
        if appears(lambda: any(block.any() for block in [*card.played]), 5):
            assert appears(lambda: not np.any(card.played[-1:]), 30)
            return np.concatenate(card.played)
    raise AssertionError("nothing was heard")


@pytest.mark.parametrize("form", [Form(44_100, 1), Form(16_000, 2), Form(48_000, 2)])
def test_another_rate(card, made, form, tmp_path):
    """A card that has another rate, or one channel, plays tones at their pitch and clips at their length."""
    card.form = form
    clips = ClipCache(tmp_path, "voice")
    time_ = np.arange(48_000) / 48_000
    clips.write(en("A second."), (9_000 * np.sin(2 * np.pi * 1_000 * time_)).astype(np.int16))
    one, told = made(clips)
    one.open()
    assert told.get(timeout=10) == SoundCard("card x", "it is the only one")
    assert told.get(timeout=10) == Sound(True)
    plays = {"tone": lambda at: one.tone(Signal.STOPPED, at), "clip": lambda at: one.say(en("A second."), at)}
    for play in plays.values():
        heard = heard_whole(card, play)
        assert heard.shape[1] == form.channels
        assert all(np.array_equal(heard[:, 0], heard[:, other]) for other in range(form.channels))
        (loud,) = np.nonzero(heard[:, 0])
        sound = heard[loud[0] : loud[-1] + 1, 0].astype(float)
        spectrum = np.abs(np.fft.rfft(sound))
        assert np.argmax(spectrum) * form.rate / len(sound) == pytest.approx(PITCH, rel=0.01)
    assert len(sound) == pytest.approx(form.rate, rel=0.01), "a second"


def test_in_use(card, made):
    """A card that is in use is told of, with who uses it, and taken as soon as it is free."""
    card.why = "no sound: card x is in use by process 811 (pipewire); it is taken as soon as it is free"
    one, told = made()
    assert told.get(timeout=10) == Fault("sound", card.why), "also before anybody wants it"
    one.open()
    assert told.get(timeout=10) == Sound(False, card.why)
    card.why = ""
    assert [told.get(timeout=10) for _ in range(3)] == [
        SoundCard("card x", "it is the only one"),
        Fault("sound", ""),
        Sound(True),
    ]


def test_kept_open(card, made):
    """With `keep_open` the card is opened once, before anybody wants it, and stays open between sessions."""
    one, told = made(keep_open=True)
    assert appears(lambda: card.open)
    for _ in range(2):
        one.open()
        while told.get(timeout=10) != Sound(True):
            pass
        one.close()
        time.sleep(0.3)
        assert card.open
    assert card.opened == 1
    assert not np.any(np.concatenate(card.played)), "in silence"


def test_lent(card, made):
    """A card that is kept open is let go of while another process is to play to it, and taken again; a session comes first."""
    one, told = made(keep_open=True)
    assert appears(lambda: card.open)
    with one.lent():
        assert not card.open
        time.sleep(0.3)
        assert not card.open
    assert appears(lambda: card.open)
    with one.lent():
        one.open()
        while told.get(timeout=10) != Sound(True):
            pass
        assert appears(lambda: card.open)


def test_kept_open_without_a_card(card, made, monkeypatch):
    """While nobody wants the card that is to be kept open, it is looked for ever more seldom."""
    monkeypatch.setattr(speaker, "LOOK", (0.01, 0.02, 60.0))
    looks = []
    card.why = "no sound: none"
    monkeypatch.setattr(speaker, "find", lambda wanted, _: (looks.append(1), card.find(wanted))[1])
    made(keep_open=True)
    assert appears(lambda: len(looks) >= 4)
    time.sleep(0.3)
    assert len(looks) == 4, "at the start, and three more"


@pytest.mark.usefixtures("card")
def test_muted(made, monkeypatch):
    """A card that is muted stays a fault after the session, and before the first, until it is unmuted."""
    monkeypatch.setattr(speaker, "LOOK", (0.05,))
    silent = ["PCM of card x"]
    monkeypatch.setattr(speaker, "muted", lambda _: silent)
    why = "no sound: card x is muted (PCM of card x); alsamixer: M unmutes, arrow up is louder"
    one, told = made()
    assert [told.get(timeout=10) for _ in range(2)] == [SoundCard("card x", "it is the only one"), Fault("sound", why)]
    one.open()
    assert told.get(timeout=10) == Sound(False, why)
    one.close()
    time.sleep(0.5)
    assert told.empty()
    silent = []
    assert told.get(timeout=10) == Fault("sound", "")


def test_only_opening_tells(card, made, monkeypatch):
    """A card that is there and cannot be played to stays a fault until it can be, or is gone."""

    def form_of(_output: Output) -> Form:
        raise SoundError("no sound: card x takes none of the rates")

    monkeypatch.setattr(speaker, "LOOK", (0.05,))
    monkeypatch.setattr(speaker, "form_of", form_of)
    one, told = made()
    one.open()
    why = "no sound: card x takes none of the rates"
    assert [told.get(timeout=10) for _ in range(3)][1:] == [Fault("sound", why), Sound(False, why)]
    one.close()
    time.sleep(0.5)
    assert told.empty()
    card.why = "no sound: there is no sound device"
    assert told.get(timeout=10) == Fault("sound", card.why)
    card.why = ""
    assert told.get(timeout=10) == Fault("sound", "")


@pytest.mark.parametrize("keep_open", [False, True])
def test_nothing_is_kept_of_a_session_without_sound(card, made, keep_open):
    """What nobody could hear is let go of when its session is over: its clips are megabytes."""

    class Clips:
        def __init__(self) -> None:
            self.given: list[Any] = []

        def samples(self, _phrase: object) -> np.ndarray:
            samples = np.zeros(48_000, np.int16)
            self.given.append(weakref.ref(samples))
            return samples

    card.why = "no sound: none"
    clips: Any = Clips()
    one, told = made(clips, keep_open=keep_open)
    one.open()
    while told.get(timeout=10) != Sound(False, card.why):
        pass
    for number in range(3):
        one.say(en("A second."), Ms(monotonic() + 1_000 * number))
    one.close()
    assert appears(lambda: not any(samples() is not None for samples in clips.given))


USB = cards.Card(1, "Device", "USB Audio", "", "usb", 0)
JACK = cards.Card(0, "Headphones", "bcm2835 Headphones", "", "jack", 0)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> list[cards.Card]:
    """What is plugged in, the likeliest first; nobody has chosen one of them."""
    there = [USB, JACK]

    def find(_wanted: str, before: cards.Card | None) -> Output:
        one, why = cards.choose("", there, before)
        if not one:
            raise SoundError(why)
        return Output(one.number, str(one), "", one)

    monkeypatch.setattr(speaker, "find", find)
    monkeypatch.setattr(speaker, "read_cards", lambda: there)
    monkeypatch.setattr(speaker, "COMPARE", 0.05)
    monkeypatch.setattr(speaker, "presence", lambda one: (tmp_path / one.id) if one else None)
    for one in there:
        (tmp_path / one.id).touch()
    return there


def test_unplugged(card, made, plugged, tmp_path):
    """A speaker that is unplugged is waited for: the voice does not go on in the empty headphone jack."""
    one, told = made(device="")
    one.open()
    assert [told.get(timeout=10) for _ in range(2)] == [SoundCard("USB Audio (Device)", ""), Sound(True)]
    plugged.remove(USB)
    (tmp_path / USB.id).unlink()
    gone = "no sound: USB Audio (Device) is gone"
    assert [told.get(timeout=10) for _ in range(2)] == [Fault("sound", gone), Sound(False, gone)]
    assert told.get(timeout=10) == Fault("sound", f"{gone}; plug it in again, or choose another card: pitrainer sound")
    one.close()
    one.open()
    assert told.get(timeout=10).ready is False, "nor in the next session"
    assert card.opened == 1
    (tmp_path / USB.id).touch()
    plugged.insert(0, USB)
    assert [told.get(timeout=10) for _ in range(2)] == [Fault("sound", ""), Sound(True)]


def test_unplugged_before_a_reload(card, made, plugged):
    """With other settings it is waited for as well, unless they choose a card."""
    plugged.remove(USB)
    one, told = made(device="", before=USB)
    gone = "no sound: USB Audio (Device) is gone; plug it in again, or choose another card: pitrainer sound"
    assert (told.get(timeout=10), one.card) == (Fault("sound", gone), USB)
    assert made(device="Headphones", before=USB)[0].card is None
    assert not card.opened


@pytest.mark.parametrize("session", [True, False])
def test_plugged_in_late(card, made, plugged, session):
    """A speaker that comes while another card is open is taken; a session hears of it, as its sound stops for a moment."""
    plugged.remove(USB)
    one, told = made(device="", keep_open=True)
    assert appears(lambda: card.open)
    if session:
        one.open()
    while told.get(timeout=10) != Sound(True):
        pass
    plugged.insert(0, USB)
    assert [told.get(timeout=10) for _ in range(3)] == [
        Sound(False, "USB Audio (Device) is there, and is taken instead of bcm2835 Headphones (Headphones)"),
        SoundCard("USB Audio (Device)", ""),
        Sound(True),
    ]
    time.sleep(0.3)
    assert (card.opened, told.empty()) == (2, True)
