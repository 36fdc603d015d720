"""What `check` lets pass is spoken: by the real phonemiser and the embedded voice's own list of phonemes."""

# ruff: noqa: RUF001 - letters that look alike are its subject

import json
import string
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from piper.phonemize_espeak import EspeakPhonemizer

from pitrainer.core.languages import LANGUAGES
from pitrainer.core.speech import LONGEST_TEXT, speakable
from pitrainer.voice.synthesis import embedded_model

SPOKEN = LANGUAGES["en"].spoken
LETTERS = sorted(filter(str.isalnum, SPOKEN))
SYMBOLS = sorted(SPOKEN & set("%&+=/°±÷×−"))
PAUSES = sorted(SPOKEN - set(LETTERS) - set(SYMBOLS))
READ_OUT = ("lˌɛɾɚ", "sɪmbəl")
"""How espeak-ng begins when it reads out the code of a character that it does not know: "letter", "symbol"."""

Phonemes = Callable[[str], str]


@pytest.fixture(scope="module")
def phonemes() -> Phonemes:
    """The embedded voice's phonemes of a text; each must be one that its model knows."""
    config = json.loads(Path(f"{embedded_model()}.json").read_text())
    phonemiser = EspeakPhonemizer()

    def of(text: str) -> str:
        said = "".join(phoneme for sentence in phonemiser.phonemize(config["espeak"]["voice"], text) for phoneme in sentence)
        assert set(said) <= set(config["phoneme_id_map"]), text
        return said

    return of


def words(said: str) -> str:
    """What is left of phonemes without pauses and tone."""
    return "".join(filter(str.isalpha, said))


def test_the_alphabet() -> None:
    """Plain English can be written, and the usual accents; also a letter that a phrase writes large or small."""
    assert set(string.ascii_letters + string.digits + ".,;:!?'\"()- éèüöäßñçåøœŁž’“”…") <= SPOKEN
    for letter in LETTERS:
        assert set(letter.upper() + letter.lower()) <= SPOKEN
    assert len(LETTERS) == 26 * 2 + 10 + 186
    assert len(SYMBOLS) == 10


def test_letters_are_spoken(phonemes: Phonemes) -> None:
    """Every letter and digit is heard, alone and in a word, as a letter and not as the code of one."""
    for letter in LETTERS:
        assert speakable(letter, "en") == letter
        assert words(phonemes(letter)), letter
        assert words(phonemes(f"{letter}onda")) != words(phonemes("onda")), letter
        for text in (letter, f"{letter}onda", f"po{letter}a"):
            assert not any(code in phonemes(text) for code in READ_OUT), text


def test_symbols_are_spoken(phonemes: Phonemes) -> None:
    """Every symbol that may be written is heard as a word of its own, between numbers and between words."""
    for symbol in SYMBOLS:
        for text in (f"5{symbol}6", f"5 {symbol} 6", f"push {symbol} go"):
            assert speakable(text, "en") == text
            assert len(words(phonemes(text))) > len(words(phonemes(text.replace(symbol, " ")))), text


def test_pauses_change_no_word(phonemes: Phonemes) -> None:
    """Punctuation that may be written is heard as a pause, or not at all: the words around it are the same."""
    assert PAUSES
    for pause in PAUSES:
        text = f"push{pause} go"
        assert speakable(text, "en") == " ".join(text.split())
        assert words(phonemes(text)) == words(phonemes("push go")), pause


def test_an_accent_written_apart(phonemes: Phonemes) -> None:
    """A "café" is spoken alike however an editor keeps it; as two characters the voice makes it rhyme with "safe"."""
    apart = unicodedata.normalize("NFD", "café")
    assert len(apart) == 5
    assert speakable(apart, "en") == "café"
    assert phonemes(speakable(apart, "en")) != phonemes(apart)


@pytest.mark.parametrize("text", ["٣", "①", "१२३", "ꝏ", "２", "20℃", "a < b", "a_b", "a|b", "x^b", "{ b }"])
def test_silence_is_refused(phonemes: Phonemes, text: str) -> None:
    """A text of which the voice leaves out something without a word does not pass; the message shows what, and what to do."""
    unknown = next(letter for letter in text if letter not in SPOKEN)
    assert words(phonemes(text)) == words(phonemes(text.replace(unknown, " ")))
    with pytest.raises(ValueError, match=r'" cannot be spoken by .*; write it in words$') as caught:
        speakable(text, "en")
    assert str(caught.value).isprintable()


WRONG = ["1½", "m²", "¼", "ŉ", "ı", "Ⅳ", "Ω", "ǎ", "x\u0323", "$5", "~5", "[[x]]", "a\xadb", "x\u200b", "• x", "x\ud800"]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_read_wrongly_is_refused(text: str) -> None:
    """What the voice would read out as a code, or not as it is meant, is to be written in words."""
    with pytest.raises(ValueError, match=r'" cannot be spoken by .*; write it in words$'):
        speakable(text, "en")


@pytest.mark.parametrize("text", ["10–12", "10 – 12", "10 - 12", "–5", "Hold —5"])
def test_dashes_between_numbers(phonemes: Phonemes, text: str) -> None:
    """A dash that means "to" or "minus", of which only a pause would be heard, does not pass."""
    dash = next(letter for letter in text if letter in "-–—")
    assert words(phonemes(text)) == words(phonemes(text.replace(dash, " ")))
    with pytest.raises(ValueError, match=r"^the dash in .* is not spoken; write it in words$"):
        speakable(text, "en")


DASHES = ["10 to 12", "Push – then rest", "Push – 10 times", "For 10 – then rest", "Ten—or 12", "-5", "L5-S1", "well-known"]


@pytest.mark.parametrize("text", DASHES)
def test_other_dashes(text: str) -> None:
    """Every other dash is a pause as it is meant, or is spoken."""
    assert speakable(text, "en") == text


def test_length() -> None:
    """What nobody could follow is refused; spaces do not count."""
    text = "x" * LONGEST_TEXT
    assert LONGEST_TEXT == 600
    assert speakable(f"  {text}\n", "en") == text
    with pytest.raises(ValueError, match="601 characters are too many to follow by ear; at most 600"):
        speakable(f"{text}x", "en")
