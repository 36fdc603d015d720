"""A trainer whose settings were changed: when it is built anew, and what is as it was then."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pitrainer.audio import speaker
from pitrainer.audio.cards import Card
from pitrainer.audio.clips import ClipCache
from pitrainer.config.schema import PinSettings, Settings, SoundSettings
from pitrainer.config.validation import Loaded
from pitrainer.core.messages import (
    Began,
    Chosen,
    Edge,
    Ended,
    Input,
    Offer,
    Offered,
    OpenSound,
    Order,
    Softly,
    Sound,
    Started,
    VolumeChanged,
)
from pitrainer.core.plan import Buzz
from pitrainer.core.routine import PROFILES, Program
from pitrainer.core.units import Ms
from pitrainer.errors import BadInput, Problem
from pitrainer.history import store
from pitrainer.history.store import History
from pitrainer.service import build as build_module
from pitrainer.service import saved_state
from pitrainer.service import service as service_module
from pitrainer.service.build import build_service
from pitrainer.service.loop import Quit
from pitrainer.service.saved_state import Place, load_state
from pitrainer.service.service import RELOAD, Appliance, Service
from support.fakes import SMALL, Silence
from support.spoken import en

ADULT, CHILD = Program(SMALL, "adult", "standard"), Program(SMALL, "child", "standard")
OTHER = Program(replace(SMALL, id="other", title="Other"), "adult", "standard")
ANY_HOUR = Settings(sound=SoundSettings(quiet_from="00:00", quiet_to="00:00"))
"""Without quiet hours: in these, nothing is offered."""
Build = Callable[..., Service]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """Builds a trainer of some programs, the one before it having ended."""
    monkeypatch.setattr(speaker, "Speaker", Silence)
    built: list[Service] = []

    def one(*programs: Program, settings: Settings | None = None, before: Service | None = None) -> Service:
        if built:
            built.pop().close()
        settings, clips = settings or ANY_HOUR, ClipCache(tmp_path / "clips", "of nobody")
        appliance = Appliance(tmp_path / "state.json", lambda: Loaded(settings, programs, {}, ()))
        built.append(build_service(settings, programs, clips, backend="mock", tones=False, appliance=appliance, before=before))
        return built[0]

    yield one
    if built:
        built.pop().close()


def queued(service: Service) -> list[Input | Quit]:
    """Return what the loop would be given now."""
    found = []
    while (what := service.clock.wait(service.clock.now())) is not None:
        found.append(what)
    return found


def test_what_is_said_is_heard(build: Build) -> None:
    """New settings are taken over when nothing is being said, or about to be: nobody would hear the rest of it."""
    service = build(ADULT)
    now = service.clock.now()
    service.trainer.handle(Order("say", en("That is too much pain.")), now)
    service.reload()
    queued(service)
    service._beat(now)
    assert queued(service) == []
    service.trainer.handle(Sound(True), Ms(now + 1_000))
    service._beat(Ms(now + 2_000))
    assert queued(service) == []
    service._beat(Ms(now + 20_000))
    assert queued(service) == [RELOAD]


def test_a_mistake_after_a_right_change(build: Build) -> None:
    """A change that was right, and waits for the end of what goes on, is not taken over once the settings have a mistake."""
    service = build(ADULT)
    now = service.clock.now()
    service.trainer.handle(Order("say", en("That is too much pain.")), now)
    service.reload()

    def load() -> Loaded:
        raise BadInput([Problem("pitrainer.toml", "sound.volume", "is wrong")])

    service._appliance = replace(service._appliance, load=load)  # type: ignore[type-var]
    with pytest.raises(BadInput):
        service.reload()
    queued(service)
    service.trainer.handle(Sound(True), Ms(now + 1_000))
    service._beat(Ms(now + 20_000))
    assert queued(service) == []


def test_the_same_person_s_program(build: Build) -> None:
    """Where a program was added or removed before it, the chosen one stays chosen."""
    service = build(ADULT, CHILD)
    for action in service.trainer.handle(Order("program", number=1), service.clock.now()):
        if isinstance(action, Chosen):
            service._publish(action)
    assert build(OTHER, ADULT, CHILD).trainer.chosen == 2
    assert build(CHILD).trainer.chosen == 0


def test_the_card_that_was_played_on(build: Build) -> None:
    """A card that is waited for is so with the new settings, too: the voice does not go on in an empty headphone jack."""
    service = build(ADULT)
    service.speaker.card = card = Card(1, "Device", "USB Audio", "", "usb", 0)
    assert build(ADULT, before=service).speaker.card == card


@pytest.mark.parametrize(("gpio", "counted"), [(17, 2), (5, 0)])
def test_phantom_presses(build: Build, gpio: int, counted: int) -> None:
    """They are counted over a reload; not those of another pin."""
    service = build(ADULT)
    now = service.clock.now()
    for at, down in ((900, True), (895, False), (400, True), (395, False)):
        service.pins.pins._report("button", down, Ms(now - at))  # type: ignore[union-attr]
    service = build(ADULT, settings=replace(ANY_HOUR, pins=PinSettings(button=gpio)), before=service)
    assert service.pins.pins.phantoms("button") == counted  # type: ignore[union-attr]


def test_never_louder_than_the_most(build: Build) -> None:
    """A volume above `sound.soft_max` counts as that: the first step softer is heard."""
    loud = Settings(sound=replace(Settings().sound, volume=100, soft_max=60))
    service = build(ADULT, settings=loud)
    assert service.hub.status.volume == 60
    now = service.clock.now()
    held = [(now, True), (Ms(now + 1_200), None), (Ms(now + 1_500), False)]
    volumes = [
        action.volume
        for at, down in held
        for action in service.trainer.handle(None if down is None else Edge("back", down, at), at)
        if isinstance(action, VolumeChanged)
    ]
    assert volumes == [50]


class Pedal:
    """The keys of a foot pedal, which is there or not."""

    def __init__(self, *names: str) -> None:
        self.names = [*names]

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("names", "said"), [((), 1), (("a pedal",), 0)])
def test_without_pins(build: Build, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], said: int) -> None:
    """That the button does not work is said where nothing else is the button; what broke off is offered in any case."""
    monkeypatch.setattr(build_module, "_keys", lambda *_: Pedal(*names))
    service = build(ADULT)
    plan = service.trainer.plan(ADULT)
    place = Place("small", "adult", "standard", len(plan.steps), 4, 1, 0, time.time())
    service._keeper.keep(place=place)  # type: ignore[union-attr]
    service.pins.why = "no pins"
    service._begin()
    begun = [what for what in queued(service) if isinstance(what, Order | Offer)]
    assert [type(what) for what in begun] == [*[Order] * said, Offer]


def test_written_while_settings_are_checked(build: Build, tmp_path: Path) -> None:
    """The check of new settings, which may take a minute, keeps nothing from being written meanwhile."""
    checked = threading.Event()
    service = build(ADULT, CHILD)
    service.reload = lambda: str(checked.wait(20))  # type: ignore[method-assign]
    service._ask_reload(1, None)
    service._beat(service.clock.now())
    service._publish(Chosen(service.clock.now(), 1))
    until = time.monotonic() + 10
    while not (tmp_path / "state.json").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert (tmp_path / "state.json").exists()
    checked.set()


def test_a_full_disk(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written waits over a reload, which may be what makes room: sessions, and what was chosen."""
    state = tmp_path / "state.json"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    service = build(ADULT, CHILD)
    with monkeypatch.context() as disk:
        disk.setattr(store, "writing", full)
        disk.setattr(saved_state, "save_state", full)
        now, plan = service.clock.now(), service.trainer.plan(ADULT)
        hold = next(step for step in plan.steps if step.kind == "hold")
        for event in (Started(now, plan), Began(now, hold), Ended(Ms(now + 1_000), False, 0), Chosen(now, 1)):
            service._publish(event)
        service = build(ADULT, CHILD, before=service)
    assert service.trainer.chosen == 1
    assert not state.exists()
    service._beat(now)
    service.close()
    assert load_state(state).program == 1
    assert len(History(tmp_path / "history.db", 80).pasts()) == 1


def test_an_offer_is_not_said_again(build: Build) -> None:
    """What is left of a session stands over a reload, and is told to other processes; it is said at a start only."""
    service = build(ADULT)
    plan = service.trainer.plan(ADULT)
    place = Place("small", "adult", "standard", len(plan.steps), 4, 1, 0, time.time())
    service._keeper.keep(place=place)  # type: ignore[union-attr]

    def told(service: Service) -> list[type]:
        service._begin()
        (offer,) = (what for what in queued(service) if isinstance(what, Offer))
        return [type(action) for action in service.trainer.handle(offer, service.clock.now())]

    assert told(build(ADULT)) == [Offered, Buzz, Softly, OpenSound]
    service = build(ADULT, before=service)
    assert told(service) == [Offered]
    now = service.clock.now()
    begun = [*service.trainer.handle(Order("start"), now), *service.trainer.handle(Sound(True), now)]
    assert [action.place for action in begun if isinstance(action, Started)] == [4]


def with_repeat(text: str) -> Program:
    """A program whose second exercise has this name, and is offered once more a quarter of an hour later."""
    push, tap = SMALL.exercises
    again = replace(tap, name=dict.fromkeys(PROFILES, text), repeat_after=Ms(900_000))
    return replace(ADULT, routine=replace(SMALL, exercises=(push, again)))


def test_once_more_over_a_reload(build: Build) -> None:
    """An exercise that is to be offered once more is, as it stands in the settings then; not one that is not there any more."""
    service = build(with_repeat("Tap"))
    now = service.clock.now()
    service.trainer._prompts.repeats.held(with_repeat("Tap"), "tap", now)
    later = Ms(now + 900_000)
    service = build(with_repeat("Drum"), before=service)
    (offered,) = [action for action in service.trainer.handle(None, later) if isinstance(action, Offered)]
    assert offered.offer.phrase.text == "Press the button to repeat the drum exercise."
    service = build(ADULT, before=service)
    assert not any(isinstance(action, Offered) for action in service.trainer.handle(None, later))


def test_offered_once_more_over_a_reload(build: Build) -> None:
    """An exercise that is being offered once more still is, for the rest of its time and without being said again; what is left
    of a session comes after it."""
    service = build(with_repeat("Tap"))
    now, plan = service.clock.now(), service.trainer.plan(with_repeat("Tap"))
    place = Place("small", "adult", "standard", len(plan.steps), 4, 1, 0, time.time())
    service._keeper.keep(place=place)  # type: ignore[union-attr]
    service.trainer._prompts.repeats.held(with_repeat("Tap"), "tap", Ms(now - 900_000))
    (offered,) = [action for action in service.trainer.handle(None, now) if isinstance(action, Offered)]
    service = build(with_repeat("Drum"), before=service)
    (still,) = [action for action in service.trainer.begin(now) if isinstance(action, Offered)]
    assert still.offer.phrase.text == "Press the button to repeat the drum exercise."
    assert (still.offer.until, still.offer.silent) == (offered.offer.until, True)
    service._begin()
    (offer,) = (what for what in queued(service) if isinstance(what, Offer))
    assert service.trainer.handle(offer, now) == []
    begun = [*service.trainer.handle(Order("start"), now), *service.trainer.handle(Sound(True), now)]
    assert [action.plan.once_more for action in begun if isinstance(action, Started)] == [True]
    behind = service.trainer.handle(Order("stop"), Ms(now + 500))
    assert [action.offer.place for action in behind if isinstance(action, Offered)] == [4]


def test_stopped_once_more_over_a_reload(build: Build) -> None:
    """An exercise that was stopped when it was done once more is still offered, in the words of before."""
    service = build(with_repeat("Tap"))
    now = service.clock.now()
    service.trainer._prompts.repeats.held(with_repeat("Tap"), "tap", Ms(now - 900_000))
    assert any(isinstance(action, Offered) for action in service.trainer.handle(None, now))
    begun = [*service.trainer.handle(Order("start"), now), *service.trainer.handle(Sound(True), now)]
    assert any(isinstance(action, Started) for action in begun)
    stopped = service.trainer.handle(Order("stop"), Ms(now + 500))
    (offered,) = [action for action in stopped if isinstance(action, Offered)]
    service = build(with_repeat("Drum"), before=service)
    (still,) = [action for action in service.trainer.begin(now) if isinstance(action, Offered)]
    assert still.offer.phrase.text == "Press the button to repeat the drum exercise."
    assert still.offer.until == offered.offer.until


def test_what_is_not_offered_once_more_any_more(build: Build) -> None:
    """Where the settings have it no more, a press starts the program."""
    service = build(with_repeat("Tap"))
    now = service.clock.now()
    service.trainer._prompts.repeats.held(with_repeat("Tap"), "tap", Ms(now - 900_000))
    assert any(isinstance(action, Offered) for action in service.trainer.handle(None, now))
    service = build(ADULT, before=service)
    assert not any(isinstance(action, Offered) for action in service.trainer.begin(now))


def test_the_past_is_known_first(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """The past is looked into before anything else: a press right after the start, or a reload, is planned by it."""
    service = build(ADULT)
    asked: list[str] = []
    monkeypatch.setattr(service._worker, "submit", lambda work, *_: asked.append(work.__name__))
    monkeypatch.setattr(service_module, "run", lambda *_: Quit("the test is over"))
    service.run()
    assert asked[:2] == ["begin", "_prepare_missing"]
