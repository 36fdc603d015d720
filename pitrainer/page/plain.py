"""The page where no script runs: the state as text, and forms. Scripts replace it once they have started."""

from collections.abc import Iterator
from html import escape
from typing import Any

Json = dict[str, Any]

ORDERS = {
    "ready": ("start",),
    "waiting": ("stop",),
    "running": ("pause", "next", "back", "stop"),
    "paused": ("start", "next", "back", "stop"),
}
"""What may be asked for in each state."""
LABELS = {"start": "Start", "pause": "Pause", "next": "Next", "back": "Back", "stop": "Stop"}


def now(status: Json | None, csrf: str, error: str = "") -> str:
    """Return what the trainer does, and a button for each order that it would obey."""
    parts = [f'<p role="alert">{escape(error)}</p>'] if error else []
    parts += [f"<p>{escape(line)}</p>" for line in _lines(status)]
    if status:
        labels = LABELS | ({"start": "Go on"} if status["state"] == "paused" or status["offer"] else {})
        names = [name for name in ORDERS[status["state"]] if name != "start" or status["programs"]]
        buttons = (f'<button name="command" value="{name}">{labels[name]}</button>' for name in names)
        parts.append(_form("/order", csrf, "\n".join(buttons)))
    return "\n".join([*parts, '<p><a href="/">Look again</a></p>'])


def pair(csrf: str, error: str = "") -> str:
    """Return the form that takes the code."""
    wrong = f'<p role="alert">{escape(error)}</p>\n' if error else ""
    how = (
        "Hold the trainer's button until it says “let go to pair a phone”, past the volumes, and let go. "
        "It says six digits, twice. Type them here within two minutes."
    )
    field = (
        '<label for="code">The code</label>\n'
        '<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required>\n'
        "<button>Pair</button>"
    )
    # Who comes by a link from elsewhere is not known yet: a browser keeps its cookie for links of this page's own.
    return f'{wrong}<p>{how}</p>\n{_form("/pair", csrf, field)}\n<p><a href="/">This device is paired already</a></p>'


def elsewhere() -> str:
    """Return what stands on the other views."""
    return '<noscript><p>This view needs JavaScript; <a href="/">the state and the buttons</a> do not.</p></noscript>'


def _form(action: str, csrf: str, fields: str) -> str:
    return f'<form method="post" action="{action}">\n<input type="hidden" name="csrf" value="{csrf}">\n{fields}\n</form>'


def _lines(status: Json | None) -> Iterator[str]:
    if status is None:
        yield "The trainer is not there. It may be starting."
        return
    program, session = status["program"], status["session"]
    match status["state"]:
        case "waiting":
            yield "The session begins as soon as the voice is ready."
        case "running" | "paused" if session:
            where = f"exercise {session['exercise']} of {session['exercises']}" if session["exercise"] else session["routine"]
            parts = (where, session["name"], session["position"], session["step"])
            yield ("Paused: " if status["state"] == "paused" else "Running: ") + ", ".join(filter(None, parts)) + "."
        case _:
            yield f"Ready: {program['title']}, {program['person'] or program['profile']}." if program else "Not ready."
    if status["offer"] and status["state"] == "ready":
        yield status["offer"]["text"]
    yield from status["faults"].values()
