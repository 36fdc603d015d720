"""Memory: as many speak at once as fit into it, and a long text takes no more than a short one."""

import subprocess
import sys
import tomllib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from piper.phonemize_espeak import EspeakPhonemizer

from pitrainer.config.routines import read_routine
from pitrainer.core.phrases import all_phrases
from pitrainer.core.routine import LEVELS, PROFILES, Program
from pitrainer.voice.memory import LITTLE, LOADED, LONGEST, SPARE, WORKER, available, parts, workers
from support.fakes import NECK, half_a_second


@pytest.mark.parametrize(
    ("free", "cores", "expected"),
    [
        (None, 4, 1),  # not known
        (0, 4, 1),
        (300, 4, 1),  # a Pi Zero 2 W
        (LITTLE - 1, 4, 1),  # a Pi 3
        (LITTLE, 1, 1),
        (LITTLE, 4, 4),  # a Pi 4 with 2 GB
        (LITTLE, 64, 8),
        (64_000, 64, 64),
    ],
)
def test_workers(free, cores, expected):
    """One speaks alone where there is little memory; else as many as there are cores, and as fit beside the trainer."""
    assert workers(free, cores) == expected
    assert expected == 1 or LOADED + expected * WORKER + SPARE <= free


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MemTotal:  436000 kB\nMemAvailable:     321987 kB\n", 321),
        ("MemTotal:  436000 kB\n", None),
        ("MemAvailable: lots kB\n", None),
        (None, None),
    ],
)
def test_available(tmp_path, text, expected):
    """The kernel's own estimate counts; where there is none, nothing is known."""
    if text is not None:
        (tmp_path / "proc").mkdir()
        (tmp_path / "proc" / "meminfo").write_text(text)
    assert available(tmp_path) == expected


def cut(sentence: str) -> list[str]:
    return ["".join(part) for part in parts(list(sentence))]


def test_where_a_sentence_is_cut():
    """A sentence that is short enough is spoken as it is; a longer one is cut at a comma, else between words, else anywhere."""
    clause, word = "a" * (LONGEST // 2) + ",", "b" * (LONGEST // 2)
    assert cut("a" * LONGEST) == ["a" * LONGEST]
    assert cut(f"{clause} {word} {word}") == [clause, f"{word}", f"{word}"]
    assert cut(f"{word} c {word}") == [f"{word} c", word]
    assert cut("a" * (LONGEST + 1)) == ["a" * LONGEST, "a"]
    assert cut("a" * LONGEST + " ") == ["a" * LONGEST]
    assert cut(" ".join(["bbb"] * 20) + " to.") == [" ".join(["bbb"] * 11), " ".join(["bbb"] * 9) + " to."]


@given(st.text("ab ,;.", max_size=600))
def test_nothing_is_lost(sentence):
    """All of a sentence is spoken, in its order, and never more of it at a time than fits."""
    found = cut(sentence)
    assert "".join(found).replace(" ", "") == sentence.replace(" ", "")
    assert all(0 < len(part) <= LONGEST for part in found)
    for before, _ in pairwise(found):
        assert before == before.rstrip(" ") or len(before) > LONGEST // 2


@pytest.mark.parametrize("file", sorted(NECK.parent.glob("*.toml")), ids=lambda file: file.stem)
def test_the_shipped_routines(file):
    """Whatever is said of them takes a breath only after a clause: a cut between two words would be heard."""
    phonemizer = EspeakPhonemizer()
    routine = read_routine(tomllib.loads(file.read_text()), file.name, [])
    assert routine
    programs = [Program(routine, profile, level) for profile in PROFILES for level in LEVELS]
    texts = [phrase.text for phrase in all_phrases(programs, half_a_second)]
    sentences = [sentence for text in texts for sentence in phonemizer.phonemize("en-us", text)]
    cuts = ["".join(part) for sentence in sentences for part in [*parts(sentence)][:-1]]
    assert [part for part in cuts if part[-1] not in ",;:"] == []


PEAKS = """
import sys
from pitrainer.voice.synthesis import Voice
voice = Voice(None)
for text in sys.argv[1:]:
    assert len(voice.say(text))
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
"""Prints the most memory that a process has had after each of these texts, in kB."""


def test_a_long_text_takes_no_more_memory():
    """600 characters without a full stop, the longest text there is, take as little memory as the model has for any."""
    line = "Sit upright and place both of your hands on your forehead, then press your head against your hands."
    texts = line, (line[:-1] + ", ") * 5 + line
    done = subprocess.run([sys.executable, "-c", PEAKS, *texts], capture_output=True, text=True, check=True)
    short, long = (int(peak) // 1000 for peak in done.stdout.split())
    assert LOADED < short <= long <= LOADED + WORKER + SPARE // 2
