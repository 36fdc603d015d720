"""The trainer's status as a follower keeps it: what the control socket sends once, then what each line changes in it."""

from typing import Any

Json = dict[str, Any]

NOWHERE = dict.fromkeys(
    ("exercise", "name", "position", "step", "at", "repeats", "length", "held", "own", "next", "paused_at", "id")
)
"""The place in a session before its first step, and until the next one after a pause."""


def fold(status: Json, event: Json) -> Json:
    """Return the status after an event: the same as `control.status` makes of it.

    Its `text` is the only part that stays behind: who folds has words of their own.
    """
    return status | _changed(status, event)


def _changed(status: Json, event: Json) -> Json:
    match event.get("event"):
        case "waiting_for_clips":
            return {"state": "waiting"}  # what is offered is taken when the session begins
        case "started":
            about = {key: event[key] for key in ("routine", "profile", "level", "person", "exercises")}
            return {"state": "running", "session": about | {"started": event["at"]} | NOWHERE, "offer": None}
        case "began" if status["session"]:
            step = event["step"]
            place = {
                "exercise": step["number"] or None,
                "name": step["name"] or None,
                "position": step["position"] or None,
                "step": step["kind"],
                "at": event["at"],
                "repeats": step["repeats"],
                "length": step["length"],
                "held": step["held"],
                "own": step["own"],
                "next": event["next"],
                "id": step["exercise"] or None,
            }
            return {"session": status["session"] | place}
        case "rated" if status["session"]:
            about = {key: event[key] for key in ("about", "value")}
            whose = {"exercise": event["step"]["exercise"] or None, "person": status["session"]["person"]}
            return {"rating": None if event["value"] is None else about | whose}
        case "paused" if status["session"]:
            return {"state": "paused", "session": status["session"] | {"paused_at": event["at"]}}
        case "offered":
            return {"offer": {key: event[key] for key in ("routine", "text")}}
        case "offer_ended":
            return {"offer": None}
        case "said":
            return {"said": {key: event[key] for key in ("at", "text", "language", "length")}}
        case "resumed" if status["session"]:
            return {"state": "running", "session": status["session"] | NOWHERE}
        case "ended" | "given_up":
            return {"state": "ready", "session": None}
        case "chosen" if event["number"] <= len(status["programs"]):
            return {"program": status["programs"][event["number"] - 1]}
        case "volume_changed":
            return {"volume": event["volume"]}
        case "reminders_switched":
            return {"reminders": event["on"]}
        case "today_changed":
            return {key: event[key] for key in ("done_today", "streak", "next_reminder", "reminders_wait")}
        case "sound_card_chosen":
            return {"sound": {"card": event["card"], "why": event["why"]}}
        case "fault_appeared":
            # Only wrong settings have details: these are its `mistakes`.
            faults = {"faults": status["faults"] | {event["fault"]: event["why"]}}
            return faults | ({"mistakes": event["details"]} if event["details"] else {})
        case "fault_gone":
            faults = {"faults": {what: why for what, why in status["faults"].items() if what != event["fault"]}}
            return faults | ({"mistakes": []} if event["fault"] == "settings" else {})
        case "preparing":
            made = {key: event[key] for key in ("made", "total", "left")}
            return {"preparing": None if event["ended"] else made}
    return {}
