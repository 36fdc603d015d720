"""Which orders of other processes are refused, and why."""

from typing import Literal

from .messages import OrderName

Doing = Literal["idle", "waiting", "running", "paused"]


def refusal(what: OrderName, doing: Doing, *, programs: bool, reminders: bool, pairing: bool) -> str:
    """Return why an order is not obeyed, or nothing; `programs`, `reminders` and `pairing` tell whether there is any."""
    match what, doing:
        case "start", _ if not programs:
            return "the settings are wrong"
        case "start", "running" | "waiting":
            return "a session is running already"
        case "pair" | "pair_try", _ if not pairing:
            return "the page is not installed, so no phone can be paired"
        case "say" | "program" | "pair", "running" | "waiting" | "paused":
            return "a session is running"
        case "reminders", _ if not reminders:
            return "there are no reminders in the settings"
        case ("pause" | "next" | "back", "idle" | "waiting") | ("stop", "idle"):
            return "no session is running"
        case "pause", "paused":
            return "the session is paused already"
    return ""
