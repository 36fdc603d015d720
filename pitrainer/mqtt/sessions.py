"""A session as others are told of it once it is over, gathered from the trainer's events."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from .payloads import Last, rating, result
from .people import People

Json = dict[str, Any]


class Sessions:
    """Follows the events, and yields a session at its end.

    What is known of one that runs is a dict, `running`, which can be kept over a restart of this process.
    """

    def __init__(self, running: Json | None = None) -> None:
        """Begin, with the session that ran when this process ended."""
        self.running = running

    def resume(self, status: Mapping[str, Any], at: int, people: People, wall: datetime) -> Json | None:
        """Compare with what the trainer does at this moment; return the session that has ended without a word, if one has.

        A session is known by the millisecond in which it began: one that goes on after a power cut is another one, timed by
        another clock.
        """
        session, before = status["session"], self.running
        if session and before and session["started"] == before["at"]:
            return None
        lost = None
        if before:
            # The trainer died in it, or it ended while nobody followed: the last thing that is known was its end.
            ended = datetime.fromisoformat(before["began"]) + timedelta(milliseconds=before["seen"] - before["at"])
            lost = self._over("lost", before["seen"], ended.isoformat(timespec="seconds"))
        if session:  # its start was not seen
            self.running = _begun(session, session["started"], at, people, wall)
        return lost

    def follow(self, event: Mapping[str, Any], people: People, wall: datetime) -> Json | None:
        """Follow an event, which happens at this time of day; return the session that it ends, if it does.

        An unfinished session has ended by itself where another one starts.
        """
        at, running = event["at"], self.running
        match event["event"]:
            case "started":
                self.running = _begun(event, at, at, people, wall)
            case "held" if running:
                step = event["step"]
                hold = {"exercise": step["exercise"], "number": step["number"], "set": step["set"]}
                took = step["own"] and event["whole"]  # in that case the step's length was a guess
                lengths = {"length": event["held"] if took else step["held"] + step["length"], "held": event["held"]}
                # After a pause, the rest of a hold is told of as the whole one is: what came last counts.
                others = [one for one in running["holds"] if one["index"] != step["index"]]
                self.running = running | {"holds": [*others, {"index": step["index"], **hold, **lengths}], "seen": at}
            case "rated" if running:
                step, about, told = event["step"], event["about"], rating(event)
                # Answered once more, after a pause or for a slip, what came last counts.
                others = [one for one in running.get("ratings", []) if (one["index"], one["about"]) != (step["index"], about)]
                ratings = [*others, {"index": step["index"], **told._asdict()}] if told else others
                self.running = running | {"ratings": ratings, "seen": at}
            case "ended" if running:
                return self._over(result(event), at, wall.isoformat(timespec="seconds"))
        return None

    def _over(self, how: str, at: int, ended: str) -> Json:
        running, self.running = self.running, None
        assert running
        about = {key: running[key] for key in ("id", "routine", "profile", "level", "person", "began")}
        holds, ratings = (
            [{key: value for key, value in one.items() if key != "index"} for one in running.get(name, [])]
            for name in ("holds", "ratings")
        )
        seconds = max(0, at - running["at"]) // 1000
        about |= {"ended": ended, "seconds": seconds, "result": how, "exercises": running["exercises"]}
        return {**about, "holds": holds, "ratings": ratings}


def _begun(about: Mapping[str, Any], started: int, now: int, people: People, wall: datetime) -> Json:
    """Return what is known of a session that is seen first now, at this time of day."""
    began = wall - timedelta(milliseconds=now - started)
    return {
        "id": str(uuid.uuid4()),
        "routine": about["routine"],
        "profile": about["profile"],
        "level": about["level"],
        "person": people.of(about["person"]),
        "began": began.isoformat(timespec="seconds"),
        "at": started,
        "seen": started,
        "exercises": about["exercises"],
        "holds": [],
    }


def last(session: Mapping[str, Any]) -> Last:
    """Return what is shown of the session that ended last."""
    return Last(session["ended"], session["seconds"])
