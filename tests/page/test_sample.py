"""An exercise is heard before it is saved: short, one at a time, in a process of its own, with the clips that are there."""

import io
import os
import tempfile
import threading
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from pitrainer.audio.clips import ClipCache
from pitrainer.audio.tones import RATE
from pitrainer.config.schema import Settings
from pitrainer.core.languages import Phrase
from pitrainer.core.plan import Say
from pitrainer.core.planner import make_plan
from pitrainer.core.routine import alone
from pitrainer.page import sample
from pitrainer.page.refused import Refused
from pitrainer.page.sample import Samples
from pitrainer.service.build import clips_of
from support.appliance import TINY
from support.fakes import TESTS, parse

TWO = TINY + '\n[[exercise]]\nid = "pull"\nname = "Pull"\nsay = "Pull."\nprepare = "1s"\nhold = "40s"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Settings whose trainer has clips in a folder beside them."""
    file = tmp_path / "pitrainer.toml"
    file.write_text('paths.cache = "clips"\n[voice]\nspeed = 90\n')
    return file


def samples(file: Path, patience: float = 120) -> Samples:
    environ = os.environ | {"PYTHONPATH": str(TESTS.parent), "HOME": str(file.parent)}
    return Samples(file, environ, file.parent / "own", patience)


def theirs(file: Path) -> ClipCache:
    """The trainer's clips."""
    from pitrainer.config.validation import load

    return clips_of(load(file, {})[0])


def fill(clips: ClipCache, text: str) -> None:
    """Give every phrase of a routine's exercises a third of a second of sound."""
    routine = parse(text)
    for exercise in routine.exercises:
        for _ in range(2):  # with true lengths, others may be said
            plan = make_plan(alone(routine, exercise), "adult", "standard", clips.length)
            for phrase in clips.missing([cue.phrase for step in plan.steps for cue in step.cues if isinstance(cue, Say)]):
                clips.write(phrase, np.full(RATE // 3, 9_000, np.int16))


def refused(of: Samples, text: object = TINY, exercise: object = 1, profile: object = "adult") -> Refused:
    with pytest.raises(Refused) as caught:
        of.make(text, exercise, profile)
    return caught.value


def test_a_sample(file):
    """It is a WAV file of the exercise alone, at most 20 s long, made of the trainer's clips, which are only read."""
    fill(theirs(file), TWO)
    before = sorted((path.name, path.stat().st_mtime_ns) for path in (file.parent / "clips").iterdir())
    sound = {exercise: samples(file).make(TWO, exercise, "adult") for exercise in (1, 2)}
    lengths = {}
    for exercise, data in sound.items():
        with wave.open(io.BytesIO(data)) as wav:
            assert (wav.getframerate(), wav.getnchannels()) == (RATE, 1)
            lengths[exercise] = wav.getnframes() / RATE
            heard = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
            assert np.abs(heard).max() > 5_000
    assert 8 <= lengths[1] < 20
    assert lengths[2] == sample.LONGEST
    assert np.abs(heard[-10:]).max() < 100, "it fades out"
    assert sorted((path.name, path.stat().st_mtime_ns) for path in (file.parent / "clips").iterdir()) == before
    kept = {path.name for path in (file.parent / "own").iterdir()}
    assert kept < {name for name, _ in before}, "what comes after 20 s was not needed"


def test_clips_that_are_missing(file):
    """What the trainer has not said before is synthesised, into the samples' own folder; the second time it is there."""
    text = TINY.replace("Push.", "Push now.")
    fill(theirs(file), TINY)
    before = sorted(path.name for path in (file.parent / "clips").iterdir())
    samples(file).make(text, 1, "child")
    assert sorted(path.name for path in (file.parent / "clips").iterdir()) == before
    own = ClipCache(file.parent / "own", theirs(file)._voice)
    assert Phrase("Push now.", "en") in own
    (file.parent / "clips").rename(file.parent / "away")
    times = sorted((path.name, path.read_bytes()) for path in (file.parent / "own").iterdir())
    samples(file).make(text, 1, "child")
    assert sorted((path.name, path.read_bytes()) for path in (file.parent / "own").iterdir()) == times


def test_one_at_a_time(file):
    """While one is made, another is refused; afterwards it is made."""
    fill(theirs(file), TINY)
    one = samples(file)
    made: list[bytes] = []
    making = threading.Thread(target=lambda: made.append(one.make(TINY, 1, "adult")))
    making.start()
    while not one._making.locked():
        time.sleep(0.01)
    error = refused(one)
    making.join()
    assert (error.status, str(error)) == (409, "another sample is being made; wait until it is heard")
    assert made == [one.make(TINY, 1, "adult")]


def test_too_slow(file, tmp_path, monkeypatch):
    """What takes too long is ended with all that it has started, and leaves nothing behind."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    error = refused(samples(file, patience=0.2))
    assert (error.status, str(error).partition(";")[0]) == (409, "the sample was not ready within 0 s")
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "exercise", "profile", "why"),
    [
        (TINY, 2, "adult", '"exercise" must be a number from 1 to 1'),
        (TINY, 0, "adult", '"exercise" must be a number from 1 to 1'),
        (TINY, True, "adult", '"exercise" must be a number from 1 to 1'),
        (TINY, "1", "adult", '"exercise" must be a number from 1 to 1'),
        (TINY, 1, "cat", '"profile" must be "adult" or "child"'),
        (TINY, 1, None, '"profile" must be "adult" or "child"'),
        ("x =", 1, "adult", "the routine has mistakes, and cannot be heard yet: routine: "),
        (3, 1, "adult", "the routine has mistakes, and cannot be heard yet: routine: "),
        ("\ud800", 1, "adult", "the routine has mistakes, and cannot be heard yet: it is no text"),
        (
            TINY.replace('"6s"', '"6h"'),
            1,
            "adult",
            "the routine has mistakes, and cannot be heard yet: routine: exercise[1].hold",
        ),
    ],
)
def test_nothing_to_hear(file, text, exercise, profile, why):
    """What is wrong is told before anything is begun."""
    error = refused(samples(file), text, exercise, profile)
    assert (error.status, str(error)[: len(why)]) == (422, why)
    assert not (file.parent / "own").exists()


def test_an_id_is_no_path(file):
    """No id that a routine may have leads out of the folder in which it is rendered."""
    assert refused(samples(file), TINY.replace('"tiny"', '"../x"')).status == 422


def test_a_full_disk(file, monkeypatch):
    """Where there is no room for it, that is told."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    error = refused(samples(file))
    assert (error.status, str(error)) == (409, "the sample could not be made: No space left on device")


@pytest.mark.usefixtures("plain_user")
def test_the_cause_is_told(file):
    """Where the child cannot do it, its last line is told."""
    fill(theirs(file), TINY)
    (file.parent / "own").write_text("a file")
    error = refused(samples(file))
    assert error.status == 409
    assert str(error).startswith("the sample could not be made: ")
    assert "there is no such folder" in str(error)


def test_the_voice_in_force():
    """The sample speaks as the trainer does: in its voice, as fast and as clear."""
    text = sample._voice_only(Settings(), Path("/var/cache/x"))
    assert text == (
        '[paths]\ncache = "/var/cache/x"\n[voice]\nmodel = ""\nspeed = 83\npause = "400ms"\nclarity = "clear"\nclips_mb = 50\n'
        "[voice.models]\n"
    )
