"""Phrases, and a second language: "xx" is English with another voice."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from pitrainer.core.languages import ENGLISH, Phrase, Phrases


def en(text: str) -> Phrase:
    return Phrase(text, "en")


def texts(phrases: Iterable[Phrase]) -> list[str]:
    return [phrase.text for phrase in phrases]


def other_language(code: str, pace: int = 7) -> Phrases:
    """Return everything that is said in English as phrases of another language, which is spoken at its own pace."""

    def translated(value: Any) -> Any:
        match value:
            case Phrase(text):
                return Phrase(text, code)
            case tuple():
                return tuple(map(translated, value))
            case frozenset() | int():
                return value
            case _:
                return lambda *about: translated(value(*about))

    said = {field.name: translated(getattr(ENGLISH, field.name)) for field in fields(Phrases)}
    return Phrases(**said | {"pace": pace})
