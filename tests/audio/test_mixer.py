"""The mixer puts every cue on its sample, and the clock knows when that is heard; what it mixes can be kept in a file."""

import itertools
import random
import threading
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitrainer.audio.clips import ClipCache
from pitrainer.audio.mixer import FADE, LATEST, DacClock, Mixer
from pitrainer.audio.recorder import recording, render
from pitrainer.audio.tones import RATE, tone
from pitrainer.core.languages import ENGLISH
from pitrainer.core.planner import make_plan
from pitrainer.core.speech import estimate
from pitrainer.core.units import Ms
from support.fakes import BEGUN, SMALL

MS = RATE // 1000
FULL = Path("/dev/full")


def play(mixer: Mixer, frames: int, begin: float = 0.0, sizes: Iterable[int] = (240,)) -> np.ndarray:
    """Let a mixer fill blocks of the sizes, again and again, on a perfect clock; return one channel."""
    parts = []
    done = 0
    for size in itertools.cycle(sizes):
        if done == frames:
            break
        block = np.full((min(size, frames - done), 2), np.nan, np.float32)
        mixer.fill(block, begin + done / RATE)
        assert np.array_equal(block[:, 0], block[:, 1]), "both speakers have the same"
        parts.append(block[:, 0])
        done += len(block)
    return np.concatenate(parts)


def cue(frames: int, seed: int = 1) -> np.ndarray:
    """A cue in which every sample is another, and none is 0."""
    return np.random.default_rng(seed).integers(1_000, 9_000, frames, dtype=np.int16)


def heard(samples: np.ndarray) -> np.ndarray:
    """A cue as the mixer gives it."""
    return samples.astype(np.float32) / 32768


def placed(frames: int, *cues: tuple[int, np.ndarray]) -> np.ndarray:
    """What must come out: each cue from its sample."""
    out = np.zeros(frames, np.float32)
    for at, samples in cues:
        part = heard(samples)[max(0, -at) : max(0, frames - at)]
        out[max(0, at) : max(0, at) + len(part)] += part
    return out


@pytest.mark.parametrize("sizes", [(1,), (7, 240, 1, 1024), (240,), (100_000,)], ids=str)
def test_a_cue_is_whole_and_on_its_sample(sizes):
    """A cue is heard whole, from exactly its sample, however the sound system cuts the time into blocks."""
    mixer = Mixer()
    samples = cue(5_000)
    mixer.add(samples, Ms(50))
    out = play(mixer, 12_000, sizes=sizes)
    assert np.array_equal(out, placed(12_000, (50 * MS, samples)))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 1_600)), min_size=1, max_size=5),
    st.lists(st.integers(1, 800), min_size=1, max_size=6),
    st.floats(0, 1e6),
)
@settings(max_examples=100)
def test_the_sum_of_the_parts(cues, sizes, begin):
    """Cues that overlap add up, and neither the blocks' sizes nor how long the computer has been on makes a difference."""
    mixer = Mixer()
    begin = round(begin * 1000) / 1000
    wanted = []
    for number, (at, frames) in enumerate(cues):
        mixer.add(cue(frames, number), Ms(round(begin * 1000) + at))
        wanted.append((at * MS, cue(frames, number)))
    out = play(mixer, 4_000, begin, sizes)
    assert np.allclose(out, np.clip(placed(4_000, *wanted), -1, 1), atol=1e-6)


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (48_000, 1), (16_000, 1)])
def test_another_form(rate, channels):
    """At another rate a cue begins at that rate's sample, and one channel is enough."""
    mixer = Mixer()
    mixer.rate = rate
    mixer.add(cue(500), Ms(50))
    block = np.full((rate // 10, channels), np.nan, np.float32)
    mixer.fill(block, 0)
    for channel in range(channels):
        assert np.array_equal(block[:, channel], placed(len(block), (rate // 20, cue(500))))


def test_full_scale():
    """Cues that add up to more than full scale are cut there: a wrapped sample cracks."""
    mixer = Mixer()
    for _ in range(3):
        mixer.add(np.full(1_000, 30_000, np.int16), Ms(1))
        mixer.add(np.full(1_000, -30_000, np.int16), Ms(50))
    out = play(mixer, 4_800)
    assert (out.min(), out.max()) == (-1, 1)


@pytest.mark.parametrize("late", [0.001, 0.01, LATEST - 0.002])
def test_a_little_late(late):
    """A cue that is a little late is heard whole, at once."""
    mixer = Mixer()
    samples = cue(3_000)
    mixer.add(samples, Ms(1_000))
    out = play(mixer, 4_800, 1 + late)
    assert np.array_equal(out, placed(4_800, (0, samples)))
    assert mixer.late == 0


def test_too_late():
    """A cue that is later confuses: it is not heard at all, and counted."""
    mixer = Mixer()
    mixer.add(cue(3_000), Ms(1_000))
    mixer.add(cue(3_000), Ms(1_300))
    out = play(mixer, 20_000, 1 + LATEST + 0.002)
    assert mixer.late == 1
    assert np.array_equal(out, placed(20_000, (round((0.3 - LATEST - 0.002) * RATE), cue(3_000))))


def test_a_cue_between_two_blocks():
    """The clock may lean between two blocks: a cue in the gap is neither lost nor cut."""
    mixer = Mixer()
    samples = cue(1_000)
    mixer.add(samples, Ms(5))
    first, second = np.zeros((240, 2), np.float32), np.zeros((2_000, 2), np.float32)
    mixer.fill(first, -0.0001)
    mixer.fill(second, 0.0052)
    assert not first.any()
    assert np.array_equal(second[:, 0], placed(2_000, (0, samples)))


LOUD = np.full(20_000, 22_000, np.int16)
"""The worst for a fade: never near 0."""


def test_hush_fades():
    """What is taken back ends within 8 ms and without a click."""
    mixer = Mixer()
    mixer.add(LOUD, Ms(0))
    before = play(mixer, 4_801, sizes=(333, 240))
    mixer.hush()
    after = play(mixer, 10_000, begin=4_801 / RATE, sizes=(100, 7, 240))
    out = np.concatenate([before[1:], after])
    assert np.abs(np.diff(out)).max() <= 22_000 / 32768 / FADE * 1.01
    assert FADE <= 8 * MS
    assert not after[FADE:].any()
    assert after[FADE // 2] > 0.2, "it fades, it is not cut"


def test_two_hushes_fade_once():
    """A second hush does not begin the fading anew: the sound would swell."""
    mixer = Mixer()
    mixer.add(LOUD, Ms(0))
    play(mixer, 480)
    mixer.hush()
    first = play(mixer, FADE // 2, begin=0.01)
    mixer.hush()
    second = play(mixer, FADE, begin=0.01 + FADE / 2 / RATE)
    assert (np.diff(np.concatenate([first, second])) <= 0).all()
    assert not second[FADE // 2 :].any()


def test_hush_takes_back_what_waits():
    """What was handed over and not yet heard is never heard, nor counted as late; what comes after the hush is."""
    mixer = Mixer()
    mixer.add(cue(500, 1), Ms(2))
    mixer.add(cue(500, 2), Ms(40))
    mixer.hush()
    mixer.add(cue(500, 3), Ms(40))
    assert np.array_equal(play(mixer, 10_000), placed(10_000, (40 * MS, cue(500, 3))))
    assert mixer.late == 0


def test_a_cue_in_the_block_of_the_hush():
    """The blip that answers a press is whole, while in the same block what was heard fades."""
    mixer = Mixer()
    mixer.add(LOUD, Ms(0))
    play(mixer, 4_800)
    mixer.hush()
    mixer.add(cue(2_000), Ms(101))
    out = play(mixer, 4_800, begin=0.1)
    alone = Mixer()
    alone.add(LOUD, Ms(0))
    play(alone, 4_800)
    alone.hush()
    fading = play(alone, 4_800, begin=0.1)
    assert np.allclose(out - fading, placed(4_800, (MS, cue(2_000))), atol=1e-6)


def test_cut():
    """When the stream is gone in the middle of a cue, the rest of it does not come out of the next stream."""
    mixer = Mixer()
    mixer.add(LOUD, Ms(0))
    assert play(mixer, 480).all()
    mixer.cut()
    mixer.add(cue(500), Ms(1_000))
    assert np.array_equal(play(mixer, 10_000, begin=0.95), placed(10_000, (50 * MS, cue(500))))


def test_empty():
    """What was handed over for a stream that never came, or has ended, does not come out of the next one."""
    mixer = Mixer()
    mixer.add(cue(500, 1), Ms(1_000))
    assert not play(mixer, 480).any()
    mixer.add(cue(500, 2), Ms(1_000))
    mixer.empty()
    mixer.add(cue(500, 3), Ms(1_000))
    assert np.array_equal(play(mixer, 10_000, begin=0.95), placed(10_000, (50 * MS, cue(500, 3))))


def test_clips_are_not_changed():
    """A clip is heard as it is the second time too, though the first was faded."""
    mixer = Mixer()
    samples = LOUD.copy()
    mixer.add(samples, Ms(0))
    play(mixer, 480)
    mixer.hush()
    play(mixer, 4_800, begin=0.01)
    assert np.array_equal(samples, LOUD)


def test_cues_from_another_thread():
    """The loop hands cues over while the callback mixes: each is heard, exactly once."""
    mixer = Mixer()
    samples = np.full(1, 100, np.int16)

    def hand_over() -> None:
        for number in range(900):
            mixer.add(samples, Ms(1_000 + number))

    thread = threading.Thread(target=hand_over)
    thread.start()
    early = play(mixer, RATE // 2, sizes=(48,))
    thread.join()
    late = play(mixer, 2 * RATE, begin=0.5, sizes=(48,))
    assert not early.any()
    assert np.count_nonzero(late) == 900


# The clock


class Dac:
    """A simulated device: takes blocks at the pace of its own crystal, and says when each is heard only roughly."""

    def __init__(self, *, drift: float = 0, jitter: float = 0, delay: float = 0.02, seed: int = 1) -> None:
        self.rate = RATE * (1 + drift)
        self.jitter = jitter
        self.time = 100 + delay
        """When the next block is truly heard."""
        self.random = random.Random(seed)

    def block(self, frames: int) -> tuple[float, float]:
        """Return when a block is truly heard, and when the device says it is."""
        true = self.time
        self.time += frames / self.rate
        return true, true + self.random.uniform(-self.jitter, self.jitter)


@pytest.mark.parametrize("drift", [0, 100e-6, -100e-6, 500e-6], ids=str)
@pytest.mark.parametrize("jitter", [0, 0.001, 0.003], ids=str)
@pytest.mark.parametrize("sizes", [(240,), (64, 1024, 480)], ids=str)
def test_cues_are_on_time_on_a_real_card(drift, jitter, sizes):
    """Over ten minutes, with a crystal that drifts and measurements that jitter, cues are heard within a millisecond."""
    dac, clock = Dac(drift=drift, jitter=jitter), DacClock()
    worst = 0.0
    for size in itertools.cycle(sizes):
        true, measured = dac.block(size)
        off = abs(clock.begin(size, measured) - true)
        if true > 101:
            worst = max(worst, off)
        if true > 700:
            break
    assert worst < 0.001


def test_the_clock_soon_settles():
    """The first cue comes 0.7 s after the stream opens: by then the jitter of the first blocks is forgiven."""
    for seed in range(50):
        dac, clock = Dac(jitter=0.004, seed=seed), DacClock()
        for _ in range(100):  # half a second
            true, measured = dac.block(240)
            begin = clock.begin(240, measured)
        assert abs(begin - true) < 0.0015


def test_a_gap_is_believed_and_a_slip_is_not():
    """After an interruption the cues are on time again within four blocks; one wrong measurement moves none of them."""
    dac, clock = Dac(jitter=0.001), DacClock()
    for _ in range(1_000):
        clock.begin(240, dac.block(240)[1])
    true, measured = dac.block(240)
    assert abs(clock.begin(240, measured + 0.03) - true) <= 0.001
    true, measured = dac.block(240)
    assert abs(clock.begin(240, measured) - true) <= 0.001
    dac.time += 0.2
    for _ in range(3):
        clock.begin(240, dac.block(240)[1])
    true, measured = dac.block(240)
    assert abs(clock.begin(240, measured) - true) <= 0.002


def test_sound_at_the_device():
    """Clock and mixer together: each of a minute's cues starts within a millisecond of its time, and none has a hole."""
    dac, clock, mixer = Dac(drift=80e-6, jitter=0.003), DacClock(), Mixer()
    moments = [Ms(101_000 + 977 * number) for number in range(60)]
    click = np.full(480, 10_000, np.int16)
    starts = []
    last = 0.0
    waiting = list(moments)
    while dac.time < 162:
        while waiting and waiting[0] / 1000 < dac.time + 0.4:
            mixer.add(click, waiting.pop(0))
        true, measured = dac.block(200)
        block = np.zeros((200, 2), np.float32)
        mixer.fill(block, clock.begin(200, measured))
        edges = np.flatnonzero(np.diff(block[:, 0] != 0, prepend=last != 0))
        starts += [(true + edge / dac.rate, bool(block[edge, 0])) for edge in edges]
        last = block[-1, 0]
    begun = [at for at, on in starts if on]
    assert len(begun) == len(moments), "each cue is one piece"
    assert max(abs(at - moment / 1000) for at, moment in zip(begun, moments, strict=True)) < 0.001


# What is kept in files


def read(file) -> np.ndarray:
    with wave.open(str(file), "rb") as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, RATE)
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2")


def test_recording(tmp_path):
    """A recording has every block that was played, in order."""
    blocks = [np.full((100, 2), number / 100, np.float32) for number in range(-100, 101)]
    with recording(tmp_path / "x.wav") as tap:
        for block in blocks:
            tap(block, RATE)
    assert np.allclose(read(tmp_path / "x.wav") / 32767, np.concatenate(blocks)[:, 0], atol=1 / 32767)


def test_recording_at_another_rate(tmp_path):
    """A recording of what a card of another rate played has that rate: the voice keeps its pitch."""
    with recording(tmp_path / "x.wav") as tap:
        for _ in range(10):
            tap(np.ones((441, 1), np.float32), 44_100)
    with wave.open(str(tmp_path / "x.wav"), "rb") as wav:
        assert (wav.getnchannels(), wav.getframerate(), wav.getnframes()) == (1, 44_100, 4_410)


def test_recording_of_nothing(tmp_path):
    """A recording of a session without sound is an empty sound file, not a broken one."""
    with recording(tmp_path / "x.wav"):
        pass
    assert len(read(tmp_path / "x.wav")) == 0


def test_recording_ends_with_the_session(tmp_path):
    """A session that fails leaves a readable recording and no thread."""
    with pytest.raises(ZeroDivisionError), recording(tmp_path / "x.wav") as tap:  # noqa: PT012 - it has to fail inside
        tap(np.ones((10, 2), np.float32), RATE)
        raise ZeroDivisionError
    assert len(read(tmp_path / "x.wav")) == 10
    assert "recorder" not in {thread.name for thread in threading.enumerate()}


def test_recording_to_a_full_disk(caplog):
    """A disk that is full ends the recording with a line that says so, never the session."""
    with recording(FULL) as tap:
        for _ in range(50):
            tap(np.ones((RATE, 2), np.float32), RATE)
    (line,) = caplog.messages
    assert "/dev/full" in line
    assert "No space left" in line


def test_recording_to_nowhere(tmp_path):
    """A place where no file can be is known before the session begins."""
    with pytest.raises(OSError, match="No such file"), recording(tmp_path / "no folder" / "x.wav"):
        pytest.fail("the session began")


def test_render_is_the_plan(tmp_path):
    """A rendered session has each cue at its sample and is as long as the plan, with a little silence after it."""
    clips = ClipCache(tmp_path / "clips", "voice")
    estimated = make_plan(SMALL, "adult", "standard", estimate, learned=BEGUN)
    phrases = [*estimated.phrases(), *estimated.spare]
    phrases += [ENGLISH.about_minutes(minutes) for minutes in range(1, 9)]  # it is not known yet how many it will take
    for number, phrase in enumerate(dict.fromkeys(phrases)):
        clips.write(phrase, cue(20_000 + 997 * number, number))
    plan = make_plan(SMALL, "adult", "standard", clips.length, learned=BEGUN)
    render(plan, clips, tmp_path / "x.wav")
    out = read(tmp_path / "x.wav")
    assert 0 <= len(out) / RATE - plan.length / 1000 - 1 <= 1
    cues = [cue for step in plan.steps for cue in step.cues]
    assert len(cues) > 20
    wanted = [(c.at * MS, clips.samples(c.phrase) if hasattr(c, "phrase") else tone(c.signal)) for c in cues]
    assert np.abs(out / 32767 - placed(len(out), *wanted)).max() < 2 / 32767
    assert [file.name for file in tmp_path.iterdir() if file.suffix != ""] == ["x.wav"]
