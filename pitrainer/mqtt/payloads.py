"""What is sent, but for the announcement and the finished sessions: topics, the state, and the events. See `schema.json`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .people import People

Json = dict[str, Any]

STATES = ("ready", "waiting", "running", "paused")
EVENTS = (
    *("started", "paused", "resumed", "completed", "stopped", "interrupted", "rated"),
    *("reminded", "offered", "refused"),
)
"""The events that are sent on, of a session, and then of other things."""
PRESSES = {"pressed": "button_short_press", "long_pressed": "button_long_press"}
"""Those of the button, and what Home Assistant calls them."""
BUTTONS = ("start", "pause", "next", "back", "stop")
ORDERS = ("order", "say", "volume", "program", "reminders")
"""The topics that are listened to."""

ONLINE, OFFLINE = "online", "offline"


class Topics(NamedTuple):
    """The topics of one trainer."""

    id: str

    @property
    def device(self) -> str:
        """What Home Assistant knows the device by."""
        return f"pitrainer_{self.id}"

    def __call__(self, name: str) -> str:
        """Return the topic of this name."""
        return f"pitrainer/{self.id}/{name}"

    @property
    def discovery(self) -> str:
        """Where the device is announced."""
        return f"homeassistant/device/{self.device}/config"

    def name_of(self, topic: str) -> str:
        """Return the name of one of the trainer's topics; of any other, nothing."""
        start, _, name = topic.rpartition("/")
        return name if start == f"pitrainer/{self.id}" else ""


BIRTH = "homeassistant/status"
"""Where Home Assistant says that it has started."""


class Last(NamedTuple):
    """The session that ended last: when, in ISO 8601, and how long it took in seconds."""

    ended: str
    seconds: int


class Rating(NamedTuple):
    """What the person last said of pain or effort, 0 to 10, and after which exercise; none for the whole routine."""

    about: str
    value: int
    exercise: str | None


def rating(line: Mapping[str, Any]) -> Rating | None:
    """Return what an event tells of, or None where the person has taken it back."""
    return None if line["value"] is None else Rating(line["about"], line["value"], line["step"]["exercise"] or None)


def labels(programs: Sequence[Mapping[str, Any]], people: People) -> list[str]:
    """Return how each program is called: its routine, whose it is, and what tells it from the others."""
    found: list[str] = []
    for program in programs:
        who = people.of(program["person"])
        level = program["level"] if program["level"] != "standard" else None
        label = ", ".join(filter(None, (program["routine"], who, program["profile"], level)))
        again = sum(other == label or other.startswith(f"{label} (") for other in found)
        found.append(f"{label} ({again + 1})" if again else label)
    return found


def people_of(status: Mapping[str, Any], *, named: bool) -> People:
    """Return the people whom the trainer's programs name."""
    return People((program["person"] for program in status["programs"]), named=named)


def state(status: Mapping[str, Any], people: People, last: Last | None, rated: Rating | None = None) -> Json:
    """Return the state as it is sent: ids and numbers, no titles, and nobody's name unless that was asked for."""
    session, program, reminder = status["session"], status["program"], status["next_reminder"]
    chosen = status["programs"].index(program) if program in status["programs"] else None
    return {
        "state": status["state"],
        "routine": session and session["routine"],
        "person": people.of(session["person"]) if session else None,
        "exercise": session and session["id"],
        "number": session and session["exercise"],
        "exercises": session and session["exercises"],
        "step": session and session["step"],
        "program": None if chosen is None else labels(status["programs"], people)[chosen],
        "volume": status["volume"],
        "reminders": status["reminders"],
        "done_today": status["done_today"],
        "streak": status["streak"],
        "next_reminder": reminder and reminder["at"],
        "last_session": last and last.ended,
        "last_session_seconds": last and last.seconds,
        "last_rating": rated and rated._asdict(),
        "problems": [people.without_names(why) for why in status["faults"].values()],
    }


def event(line: Mapping[str, Any], people: People) -> Json | None:
    """Return an event as it is sent, or None for one that is not."""
    match line.get("event"):
        case "started" | "offered" as name:
            return {"event_type": name, **_about(line, people)}
        case "paused" | "resumed" as name:
            return {"event_type": name}
        case "ended":
            return {"event_type": result(line)}
        case "rated" if told := rating(line):
            return {"event_type": "rated", **told._asdict()}
        case "pressed" if line["button"] == "button":
            return {"event_type": "long_pressed" if line["long"] else "pressed"}
        case "reminded" if line["what"] == "announced":
            return {"event_type": "reminded", **_about(line["reminder"], people)}
    return None


def result(ended: Mapping[str, Any]) -> str:
    """Return how a session ended, by its event."""
    return "completed" if ended["completed"] else "interrupted" if ended["interrupted"] else "stopped"


def refused(order: str, why: str, people: People) -> Json:
    """Return the event that tells why an order was not obeyed."""
    return {"event_type": "refused", "order": order, "why": people.without_names(why)}


def _about(line: Mapping[str, Any], people: People) -> Json:
    return {key: line[key] for key in ("routine", "profile", "level")} | {"person": people.of(line["person"])}
