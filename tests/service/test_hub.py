"""One hub takes every event: readers that raise or sleep harm nobody."""

import logging
import threading
import time

import pytest

from pitrainer.control.status import Status
from pitrainer.core.messages import Chosen, Event, TrainerEnded, VolumeChanged
from pitrainer.core.routine import Program
from pitrainer.core.units import Ms
from pitrainer.service import hub as hub_module
from pitrainer.service.hub import Hub
from support.fakes import SMALL


def make() -> Hub:
    return Hub(Status([Program(SMALL, "adult", "standard"), Program(SMALL, "child", "full")], 0))


def events(count: int) -> list[Event]:
    return [VolumeChanged(Ms(number), number % 101) for number in range(count)]


def test_a_reader_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    """It is told every event all the same, the journal has it once, and the others know nothing of it."""
    hub = make()
    tried: list[Event] = []
    seen: list[Event] = []

    def fail(event: Event) -> None:
        tried.append(event)
        raise ZeroDivisionError

    hub.add("clumsy", fail)
    hub.add("good", seen.append)
    for event in events(5):
        hub.publish(event)
    hub.close()
    assert tried == seen == events(5)
    assert caplog.messages == ["events: clumsy failed on one event; continuing"]


def test_a_reader_that_sleeps() -> None:
    """Publishing and the others do not wait for it; it gets every event in its time."""
    hub = make()
    wake = threading.Event()
    slow: list[Event] = []
    seen: list[Event] = []

    def sleep(event: Event) -> None:
        wake.wait(20)
        slow.append(event)

    hub.add("slow", sleep)
    hub.add("good", seen.append)
    for event in events(50):
        hub.publish(event)
    until = time.monotonic() + 20
    while len(seen) < 50:
        assert time.monotonic() < until
        time.sleep(0.001)
    assert not slow
    wake.set()
    hub.close()
    assert slow == seen == events(50)


def test_a_reader_that_hangs(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are kept for it up to a limit; the journal says once that it misses some, and the end comes nevertheless."""
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(hub_module, "MOST", 10)
    monkeypatch.setattr(hub_module, "PATIENCE", 0.1)
    hub = make()
    wake = threading.Event()
    hub.add("stuck", lambda _: wake.wait(20))  # type: ignore[arg-type, return-value]
    for event in events(30):
        hub.publish(event)
    hub.close()
    wake.set()
    assert caplog.messages == ["events: stuck is too slow, and misses some", "events: stuck did not finish in time"]


def test_the_status_is_first() -> None:
    """Whoever reads an event finds it in the status already."""
    hub = make()
    found: list[object] = []
    hub.add("reader", lambda _: found.append(hub.status.data()["program"]["number"]))
    hub.publish(Chosen(Ms(0), 1))
    hub.close()
    assert found == [2]


def test_subscribed_in_between() -> None:
    """What is in the snapshot is not told, and what is not in it is told, however the two meet."""
    hub = make()
    publisher = threading.Thread(target=lambda: [hub.publish(event) for event in events(5_000)])
    publisher.start()
    for _ in range(200):
        told: list[Event] = []
        status = hub.subscribe(told.append)
        time.sleep(0.0002)
        hub.unsubscribe(told.append)
        if told:
            first = told[0]
            assert isinstance(first, VolumeChanged)
            assert status["volume"] == (first.at - 1) % 101 if first.at else status["volume"] == 100
            assert [event.at for event in told] == list(range(first.at, first.at + len(told)))
    publisher.join()


def test_subscribed_after_the_end() -> None:
    """Who comes after the trainer's end is told of it: another may follow after a reload, and this one is silent."""
    hub = make()
    hub.publish(TrainerEnded(Ms(1), "the settings have changed"))
    told: list[Event] = []
    hub.subscribe(told.append)
    assert told == [TrainerEnded(Ms(1), "the settings have changed")]


def test_held() -> None:
    """While they are held, no reader is told; afterwards each is, in order. Status and subscribers do not wait."""
    hub = make()
    seen: list[Event] = []
    followed: list[Event] = []
    hub.add("good", seen.append)
    hub.subscribe(followed.append)
    first, second, third = events(3)
    hub.hold(True)
    hub.publish(first)
    hub.hold(True)
    hub.publish(second)
    assert followed == [first, second]
    assert hub.status.volume == 1
    assert not hub._readers[0]._queue.qsize()
    hub.hold(False)
    hub.publish(third)
    hub.close()
    assert seen == [first, second, third]


def test_held_to_the_end() -> None:
    """What is held at the end is read, too."""
    hub = make()
    seen: list[Event] = []
    hub.add("good", seen.append)
    hub.hold(True)
    hub.publish(events(1)[0])
    hub.close()
    assert seen == events(1)
