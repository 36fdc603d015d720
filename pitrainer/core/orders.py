"""Which orders of other processes are refused, and why."""

from typing import Literal

from .messages import OrderName

Doing = Literal["idle", "waiting", "running", "paused"]


def refusal(what: OrderName, doing: Doing, *, programs: bool, reminders: bool, pairing: bool, speaks: bool) -> str:
    """Return why an order is not obeyed, or nothing.

    `programs`, `reminders` and `pairing` tell whether there is any, `speaks` whether something is being said or about to be.
    """
    match what, doing:
        case "start", _ if not programs:
            return "the settings are wrong"
        case "start", "running":
            return "a session is running already"
        case "start" | "pause" | "next" | "back" | "say" | "program" | "pair" | "lend" | "lend_card", "waiting":
            return "a session is about to start"
        case "pair" | "pair_try", _ if not pairing:
            return "the page is not installed, so no phone can be paired"
        case "say" | "program" | "pair", "running" | "paused":
            return "a session is running"
        case "lend" | "lend_card", "running" | "paused":
            return "a session is running; ask again when it is over"
        case "lend_card", _ if speaks:
            return "something is being said, or the button is held; ask again"
        case "reminders", _ if not reminders:
            return "there are no reminders in the settings"
        case "pause" | "next" | "back" | "stop", "idle":
            return "no session is running"
        case "pause", "paused":
            return "the session is paused already"
    return ""
