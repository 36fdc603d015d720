"""What a plan is made of, for those that check it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pitrainer.core.languages import LANGUAGES, Phrase, Phrases
from pitrainer.core.learned import NOTHING, Learned
from pitrainer.core.plan import Say, Step
from pitrainer.core.routine import Exercise, Level, Profile, Range, Routine
from pitrainer.core.units import Ms

APART = 300
"""From a cue to the next one in a hold, and from a signal to what is said after it."""


@dataclass(frozen=True)
class Asked:
    """What a plan was made of."""

    routine: Routine
    profile: Profile
    level: Level
    length_of: Callable[[Phrase], Ms]
    tip: int = 0
    learned: Learned = NOTHING

    @property
    def all_known(self) -> bool:
        return all(exercise.id in self.learned.known for exercise in self.routine.exercises)

    def exercise(self, step: Step) -> Exercise:
        """Return the exercise that a step belongs to."""
        return next(exercise for exercise in self.routine.exercises if exercise.id == step.exercise)

    def turn(self, texts: Sequence[str]) -> str:
        """Return that one of several texts whose turn it is."""
        return texts[self.learned.sessions % len(texts)] if texts else ""

    @property
    def words(self) -> Phrases:
        return LANGUAGES[self.routine.language]

    def own(self, *texts: str) -> list[Phrase]:
        """Return the routine's own texts, but for empty ones."""
        return [Phrase(text, self.routine.language) for text in texts if text]

    def say(self, at: int, phrase: Phrase) -> Say:
        return Say(Ms(at), phrase.text, phrase.language, self.length_of(phrase))


def hold_length(span: Range, level: Level) -> int:
    """The least, the most, or the middle: to the whole second below it, where the range has that."""
    middle = (span.least + span.most) // 2
    standard = middle - middle % 1_000 if middle - middle % 1_000 >= span.least else middle
    return {"gentle": span.least, "standard": standard, "full": span.most}[level]
