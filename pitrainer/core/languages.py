"""Every text that the program itself speaks, by language. The routine's own texts are in the routine's file."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from string import ascii_letters, digits
from typing import NamedTuple

from .units import MINUTE, SECOND, Ms


class Phrase(NamedTuple):
    """What is spoken: a text, and the language whose voice speaks it."""

    text: str
    language: str
    """As the keys of `LANGUAGES`."""


@dataclass(frozen=True)
class Phrases:
    """What the program says in one language."""

    countdown: tuple[Phrase, Phrase, Phrase]
    """The last three seconds of a hold, in the order in which they are said."""
    half_way: Phrase
    """In the middle of a hold."""
    about_minutes: Callable[[int], Phrase]
    """How long the session takes."""
    signals: Phrase
    """What the beeps around a hold mean."""
    exercise: Callable[[int, int, str], Phrase]
    """Announces exercise number n of so many, by name."""
    again: Callable[[str], Phrase]
    """Names the exercise when a hold without a position goes on after a pause."""
    set_number: Callable[[int, int], Phrase]
    """Announces set number n of so many."""
    hold_length: Callable[[Ms], Phrase]
    """How long the hold will be; whole seconds."""
    repetitions: Callable[[int, bool], Phrase]
    """How many repetitions there will be; True: on each side."""
    repetition: Callable[[str, int, str], Phrase]
    """Begins a repetition: its side, its number, what to do. Sides and words may be empty; the number is 0 for none, `LAST` for
    the last one."""
    own_pace: Phrase
    """Before a set at the person's own pace: how it ends."""
    are_you_done: Phrase
    """In such a set, after a while."""
    question: Callable[[str, bool], Phrase]
    """Asks about "pain" or "effort"; True: in short, of somebody who knows how to answer."""
    rating: Callable[[int], Phrase]
    """One of the numbers that follow, 0 to 10."""
    rated: Callable[[int], Phrase]
    """Reads the answer back."""
    too_much_pain: Phrase
    """After an answer that ends the session."""
    time_left: Callable[[Ms], Phrase]
    """How much of a long hold is left; whole seconds."""
    rest: Phrase
    """Where a rest has time for it."""
    nothing_today: Phrase
    """Where a routine has no exercise for the day."""
    preparing: Phrase
    """When a press comes before the session's clips are made."""
    paused: Phrase
    """After the person paused."""
    stop: Phrase
    """While the button is held: letting go now stops the session."""
    stopped: Phrase
    """After the person stopped the session."""
    volumes: Phrase
    """While the button is held on: volumes follow, of which letting go takes one."""
    volume: Callable[[int], Phrase]
    """A volume, 10 to 100."""
    program: Callable[[str, str, str], Phrase]
    """Announces a program: the routine's title, the profile, and the person's name, which may be empty."""
    whose: Callable[[str, str, str], Phrase]
    """Tells by the same whose session begins."""
    card: Callable[[int], Phrase]
    """Said by sound card number n, so that the person knows which it is."""
    sound_lost: Phrase
    """After the speaker came back in a paused session."""
    go_on: Callable[[int], Phrase]
    """After a session broke off in exercise number n; 0 is outside of the exercises."""
    no_pins: Phrase
    """When the button cannot be had."""
    bad_settings: Phrase
    """At a press while the settings or a routine are wrong."""
    reminder: Callable[[str, str, str], Phrase]
    """Asks for a routine, by its title, for a profile, and a person by name, if there is one."""
    later: Callable[[int], Phrase]
    """After a reminder was put off by n minutes."""
    not_today: Phrase
    """After a reminder was put off into the quiet hours."""
    repeat: Callable[[str, str], Phrase]
    """Offers an exercise once more, by name, to a person by name, if there is one."""
    pair: Phrase
    """While the button is held past the volumes: letting go now has the code said that pairs a phone."""
    code: Phrase
    """Six digits follow."""
    code_again: Phrase
    """The same digits follow once more."""
    digit: Callable[[int], Phrase]
    """One of them; each is a phrase of its own, so that it can be typed as it is heard."""
    last_done: Callable[[int], Phrase]
    """When a routine was done last: so many days ago."""
    streak: Callable[[int], Phrase]
    """How many days in a row it was done, 1 or more."""
    sample: Phrase
    """To compare voices by: as an instruction sounds. No session says it."""
    pace: int
    """Characters that a voice of this language says in a second, about."""
    spoken: frozenset[str]
    """The characters that a voice of this language is known to speak, or to pause at. Of all others it may say nothing, or read
    out their code; which these are was measured with espeak-ng, the phonemiser of Piper's voices."""


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = ". . twenty thirty forty fifty sixty seventy eighty ninety".split()


def english_number(number: int) -> str:
    """Return 0 to 9999 in words: digits are read differently by different voices."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            head, rest = divmod(number, size)
            return f"{english_number(head)} {name}" + (f" {english_number(rest)}" if rest else "")
    raise AssertionError(number)


def _english_length(length: Ms) -> str:
    minutes, rest = divmod(length, MINUTE)
    seconds = rest // SECOND
    parts = []
    if minutes:
        parts.append(f"{english_number(minutes)} minute{'s' * (minutes != 1)}")
    if seconds:
        parts.append(f"{english_number(seconds)} second{'s' * (seconds != 1)}")
    return " ".join(parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _english(text: str) -> Phrase:
    return Phrase(text, "en")


def _english_exercise(number: int, count: int, name: str) -> Phrase:
    if count == 1:
        return _english(_sentence(name))
    if number == count:
        return _english(f"The last exercise. {_sentence(name)}")
    return _english(f"Exercise {english_number(number)} of {english_number(count)}. {_sentence(name)}")


def _english_who(profile: str, person: str) -> str:
    return person or ("children" if profile == "child" else "adults")


LAST = -1
"""Stands for the number of the last repetition."""


def _english_repetitions(number: int, each_side: bool) -> Phrase:
    if each_side:
        return _english(_sentence(f"{english_number(number)} on each side"))
    return _english(_sentence(f"{english_number(number)} repetition{'s' * (number != 1)}"))


def _english_repetition(side: str, number: int, word: str) -> Phrase:
    count = "last one" if number == LAST else english_number(number) if number else ""
    parts = (part.rstrip(".") for part in (side, count, word) if part)
    return _english(" ".join(part if part.endswith(("!", "?")) else _sentence(part) for part in map(str.strip, parts)))


def _english_question(about: str, short: bool) -> Phrase:
    ask, scale = {
        "pain": ("How much pain do you feel?", "Zero is none, ten is the worst pain there can be."),
        "effort": ("How hard was it?", "Zero is no effort, ten is all that you can do."),
    }[about]
    how = "Press the button when you hear your number. If the wrong one is read back, press again."
    return _english(ask if short else f"{ask} {scale} {how}")


def _english_last_done(days: int) -> Phrase:
    if days < 2:
        return _english("The last time was yesterday." if days else "You have done it today.")
    if days < 14:
        return _english(f"The last time was {english_number(days)} days ago.")
    # Nobody counts further, and each of these is a clip.
    return _english("It has been a while. Welcome back.")


def _english_streak(days: int) -> Phrase:
    if days == 1:
        return _english("One day so far.")
    if days <= 30:
        return _english(f"{english_number(days).capitalize()} days in a row.")
    if days < 365:
        return _english(f"More than {english_number(days // 7)} weeks in a row.")
    return _english("More than a year in a row.")


_ACCENTED = chain(range(0xC0, 0xD7), range(0xD8, 0xF7), range(0xF8, 0x130), range(0x132, 0x149), range(0x14A, 0x17F))
"""Of Latin-1 and Latin Extended-A those that are spoken as in "café", or as without their accent: all letters but the dotless i
and what goes with it, and the n with an apostrophe, which are read out as "letter one three one"."""
_PAUSES = " .,;:!?'\"()-\N{EN DASH}\N{EM DASH}\N{HORIZONTAL ELLIPSIS}\u2018\u2019\u201c\u201d"
"""Heard as a pause or a tone, if at all; without them a text means the same (but see `speech.speakable` for dashes)."""
_SYMBOLS = "%&+=/°±÷\N{MULTIPLICATION SIGN}\N{MINUS SIGN}"
"""Spoken as anybody would read them, wherever they stand. Not: "½" ("1½" is "one a half"), "²" ("m two"), "$5" ("dollar five"),
"~5" ("tilde five"), and "<", ">", "_", "|", "^", "[", "]", "{", "}", of which nothing is heard."""

ENGLISH = Phrases(
    countdown=(_english("Three."), _english("Two."), _english("One.")),
    half_way=_english("Half-way."),
    about_minutes=lambda n: _english(f"About {english_number(n)} minute{'s' * (n != 1)}."),
    signals=_english("Two quick beeps: get into position. One long beep: begin. Two or three slower beeps: it is over."),
    exercise=_english_exercise,
    again=lambda name: _english(_sentence(name)),
    set_number=lambda n, count: _english(
        f"Set {english_number(n)} of {english_number(count)}." if n < count else f"The last set, set {english_number(n)}."
    ),
    hold_length=lambda length: _english(_sentence(_english_length(length))),
    repetitions=_english_repetitions,
    repetition=_english_repetition,
    own_pace=_english("Press the button when you are done."),
    are_you_done=_english("Are you done? Then press the button."),
    question=_english_question,
    rating=lambda n: _english(_sentence(english_number(n))),
    rated=lambda n: _english(f"You said {english_number(n)}."),
    too_much_pain=_english("That is too much pain. Stop for today, and ask your therapist before you go on."),
    # Alone, "fourteen minutes left" is heard as "forty"; in a sentence it is not (Whisper, over both routines).
    time_left=lambda length: _english(f"There {'is' if length == MINUTE else 'are'} {_english_length(length)} left."),
    rest=_english("Rest."),
    nothing_today=_english("There are no exercises for today."),
    preparing=_english("One moment. The voice is still being prepared."),
    paused=_english("The session is paused."),
    stop=_english("Stop."),
    stopped=_english("The session is stopped."),
    volumes=_english("Volume."),
    volume=lambda n: _english(_sentence(english_number(n))),
    pair=_english("Let go to pair a phone."),
    code=_english("The code is:"),
    code_again=_english("Once more:"),
    digit=lambda n: _english(_sentence(english_number(n))),
    program=lambda title, *who: _english(f"{_sentence(title)} For {_english_who(*who)}."),
    whose=lambda title, *who: _english(_sentence(f"{title}, for {_english_who(*who)}")),
    card=lambda n: _english(f"This is card {english_number(n)}."),
    sound_lost=_english("The speaker is back. Press the button to continue."),
    go_on=lambda n: _english(f"Press the button to continue{f' with exercise {english_number(n)}' if n else ''}."),
    no_pins=_english("The button does not work. The trainer cannot use its pins."),
    bad_settings=_english("There is a mistake in the settings. Please ask for help."),
    reminder=lambda title, profile, person: _english(
        f"{_sentence(f'It is time to exercise, {person}' if person else 'It is time to exercise')} "
        f"{_sentence(f'{title}, for children' if profile == 'child' and not person else title)} "
        "Press the button when you are ready."
    ),
    later=lambda n: _english(f"I will remind you again in {english_number(n)} minute{'s' * (n != 1)}."),
    not_today=_english("All right. That was the last reminder for today."),
    repeat=lambda name, person: _english(
        f"{f'{person}, press' if person else 'Press'} the button to repeat the {name[:1].lower()}{name[1:]} exercise."
    ),
    last_done=_english_last_done,
    streak=_english_streak,
    sample=_english("Sit upright, with both feet on the floor. Breathe out slowly, and let your shoulders sink."),
    pace=14,  # of Piper's joe, measured over the neck routine
    spoken=frozenset(ascii_letters + digits + _PAUSES + _SYMBOLS).union(map(chr, _ACCENTED)),
)

LONGEST_AGO, LONGEST_STREAK = 14, 365
"""From so many days on, `last_done` and `streak` are always the same."""

LANGUAGES = {"en": ENGLISH}
