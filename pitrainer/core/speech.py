"""What is known of speech without a voice: what can be spoken at all, and about how long it takes."""

import re
import unicodedata

from .languages import LANGUAGES, Phrase
from .text import shown
from .units import Ms

LONGEST_TEXT = 600
"""Characters; about 45 s of speech. A longer instruction is a mistake, or nobody will remember it."""

_SILENT_DASH = re.compile(r"\d ?[\u2013\u2014] ?\d|\d - \d|(?<!\S)[\u2013\u2014]\d")
"""Where a dash means "to" or "minus", and the voice only pauses: "10 - 12" is "ten twelve"."""


def tidied(text: str) -> str:
    """Return a text as it is spoken: its spaces tidied, its accents composed (an editor may write an é as two characters).

    Raises:
        ValueError: if it has nothing that can be spoken in any language, or too much.
    """
    tidy = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(map(str.isalnum, tidy)):
        raise ValueError(f"{shown(text)} has nothing that can be spoken")
    if len(tidy) > LONGEST_TEXT:
        raise ValueError(f"{len(tidy)} characters are too many to follow by ear; at most {LONGEST_TEXT}")
    return tidy


def speakable(text: str, language: str) -> str:
    """Return a text, `tidied`, that a voice of this language can say.

    Raises:
        ValueError: if the voice would leave anything of it out, or if it is too long; the message shows what.
    """
    tidy = tidied(text)
    spoken = LANGUAGES[language].spoken
    unknown = next((letter for letter in tidy if letter not in spoken), "")
    if unknown:
        name = unicodedata.name(unknown, "").lower()
        what = f"{shown(unknown)} ({name})" if name and not unknown.isascii() else shown(unknown)
        raise ValueError(f"{what} in {shown(tidy)} cannot be spoken by this language's voice; write it in words")
    if dash := _SILENT_DASH.search(tidy):
        raise ValueError(f"the dash in {shown(dash[0])} is not spoken; write it in words")
    return tidy


def estimate(phrase: Phrase) -> Ms:
    """Estimate how long a phrase takes to say."""
    return Ms(300 + len(phrase.text) * 1000 // LANGUAGES[phrase.language].pace)
