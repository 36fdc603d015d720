"""How a question is asked: "how much?", the numbers from nought to ten, and time to answer.

A press takes the number that was said last. It is read back, and a press within `CHANGE` after that begins the question again.
"""

from collections.abc import Callable
from typing import NamedTuple

from .languages import Phrase, Phrases
from .plan import GAP, PAUSE, Buzz, Cue, Question, Say
from .routine import Ask
from .signals import Signal
from .units import Ms

MOST = 10
EVERY = Ms(1_500)
"""From one number to the next: time to hear it, to think, and to press before the next one."""
WAIT = Ms(3_000)
"""How long there is to answer after the last number."""
CHANGE = Ms(4_000)
"""How long there is to take an answer back."""


class Asked(NamedTuple):
    """A question that begins at 0."""

    length: Ms
    cues: list[Cue]
    question: Question


def lay_question(about: Ask, words: Phrases, say: Callable[[Phrase, Ms], Say], *, known: bool) -> Asked:
    """Lay out a question.

    Args:
        about: what is asked.
        words: of the routine's language.
        say: returns the cue of a phrase at a moment.
        known: the person need not be told how to answer.
    """
    signal = Buzz(Ms(0), Signal.STEP)
    asks = say(words.question(about, known), Ms(signal.end + GAP))
    numbers = [words.rating(number) for number in range(MOST + 1)]
    every = max(EVERY, *(say(number, Ms(0)).length + GAP for number in numbers))
    first = asks.end + PAUSE
    said = [say(number, Ms(first + place * every)) for place, number in enumerate(numbers)]
    answers = tuple(say(words.rated(number), Ms(0)) for number in range(MOST + 1))
    question = Question(about, tuple(cue.at for cue in said), answers, words.too_much_pain)
    return Asked(Ms(said[-1].at + max(WAIT, said[-1].length + GAP)), [signal, asks, *said], question)
