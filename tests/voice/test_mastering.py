"""The speech chain: every clip as loud as the next, its peaks where a tone has room beside it, its ends known."""

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from pitrainer.audio.tones import RATE, tone
from pitrainer.core.plan import GAP
from pitrainer.core.signals import Signal
from pitrainer.core.units import SECOND, Ms
from pitrainer.errors import VoiceError
from pitrainer.voice import mastering, memory
from pitrainer.voice.clarity import CHAINS, Clarity
from pitrainer.voice.synthesis import Speech, Voice

COUNTDOWN = ("Three.", "Two.", "One.")
TEXTS = (
    *COUNTDOWN,
    "Half-way.",
    "Rest.",
    "Head back",
    "Sss.",
    "Ten minutes left.",
    "Keep breathing. Keep your back straight.",
    "Rub your neck with both palms, left and right.",
    "Take your right ear. Pull gently in every direction, and above all the ear lobe.",
)
VOICE_RATE = 22_050
CLEAR = CHAINS["clear"]


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Voice(None)


@pytest.fixture(scope="module")
def clips(voice: Voice) -> dict[str, NDArray[np.int16]]:
    return {text: voice.say(text) for text in TEXTS}


def sentence(seconds: float = 1.0, level: float = 1.0, seed: int = 1) -> NDArray[np.float32]:
    """Something like speech: a vowel's harmonics, swelling four times a second, within silence."""
    time = np.arange(int(seconds * VOICE_RATE)) / VOICE_RATE
    pitches = 110 * np.arange(1, 40)
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(pitches))
    wave = np.sum(np.sin(2 * np.pi * np.outer(time, pitches) + phases) / np.arange(1, 40), axis=1)
    wave *= 0.1 + np.sin(4 * np.pi * time) ** 2
    return np.pad(level * wave / np.abs(wave).max(), VOICE_RATE // 10).astype(np.float32)


def decibels(factor: float) -> float:
    return 20 * np.log10(factor)


@pytest.mark.parametrize("text", TEXTS)
def test_even(clips, text):
    """Each text is as loud as the next, a single word as a whole sentence; no peak, between the samples either, is cut."""
    wave = clips[text] / 32767
    assert mastering.loudness(wave) == pytest.approx(CLEAR.target, abs=1)
    assert decibels(mastering.true_peak(wave)) < min(-1, mastering.CEILING + 0.1)


@pytest.mark.parametrize("clarity", CHAINS)
def test_clarities(voice, clips, clarity: Clarity):
    """Each clarity has its own loudness at the same peak, and says a text in the same time."""
    for text in ("Three.", "Keep breathing. Keep your back straight."):
        sentences = voice._sentences(text)
        wave = mastering.process(sentences, VOICE_RATE, Speech.pause, CHAINS[clarity]) / 32767
        assert mastering.loudness(wave) == pytest.approx(CHAINS[clarity].target, abs=1)
        assert decibels(mastering.true_peak(wave)) < mastering.CEILING + 0.1
        assert len(wave) == pytest.approx(len(clips[text]), abs=RATE // 50)


@pytest.mark.parametrize("higher", [0.85, 1.25, 1.6])
@pytest.mark.parametrize("clarity", CHAINS)
def test_another_voice(voice, clarity: Clarity, higher):
    """A bigger man's voice, a woman's and a child's come out as loud as the usual one, and no peak is cut either."""
    sentences = [
        [soxr.resample(part, VOICE_RATE * higher, VOICE_RATE) for part in parts]
        for parts in voice._sentences("Keep breathing. Rest.")
    ]
    wave = mastering.process(sentences, VOICE_RATE, Speech.pause, CHAINS[clarity]) / 32767
    assert mastering.loudness(wave) == pytest.approx(CHAINS[clarity].target, abs=1)
    assert decibels(mastering.true_peak(wave)) < mastering.CEILING + 0.1


@pytest.mark.parametrize("text", TEXTS)
def test_its_ends(clips, text):
    """A clip begins and ends with the same little silence, and without a click: a word is heard when its cue is due."""
    wave = np.abs(clips[text] / 32767)
    loud = np.flatnonzero(wave > mastering.SILENCE * wave.max())
    margin = mastering.MARGIN * RATE // 1000
    assert loud[0] == pytest.approx(margin, abs=2)
    assert len(wave) - 1 - loud[-1] == pytest.approx(margin, abs=2)
    assert wave[0] == wave[-1] == 0
    fade = mastering.FADE * RATE // 1000
    assert np.diff(wave[:fade]).max() < 0.005


@pytest.mark.parametrize("text", COUNTDOWN)
def test_the_countdown_fits(clips, text):
    """Each word of the countdown leaves a gap before the next second."""
    assert len(clips[text]) * 1000 / RATE <= SECOND - GAP


def test_a_voice_and_a_tone(clips):
    """A signal that comes in the middle of a word clips nothing, wherever their peaks meet; they are equally loud."""
    loudest = max(np.abs(clip.astype(int)).max() for clip in clips.values())
    for signal in Signal:
        assert loudest + np.abs(tone(signal).astype(int)).max() <= 32767
    steady = tone(Signal.STOPPED) / 32767
    assert mastering.loudness(steady) == pytest.approx(CLEAR.target, abs=0.5)
    both = clips["Ten minutes left."] / 32767
    both[RATE // 4 : RATE // 4 + len(tone(Signal.START))] += tone(Signal.START) / 32767
    assert mastering.true_peak(both) <= 1


def test_repeatable(voice, clips):
    """The same text gives the same clip, to the bit, so that a clip can be verified and made again."""
    for text in ("Rest.", "Keep breathing. Keep your back straight."):
        assert np.array_equal(voice.say(text), clips[text])


def test_the_level_it_gets():
    """Piper's own level does not count, nor that of one sentence against the other."""
    one = mastering.process([[sentence()]], VOICE_RATE, Ms(400), CLEAR)
    soft = mastering.process([[sentence(level=0.01)]], VOICE_RATE, Ms(400), CLEAR)
    assert np.abs(one.astype(int) - soft).max() <= 2
    two = mastering.process([[sentence(level=0.05)], [sentence()]], VOICE_RATE, Ms(400), CLEAR) / 32767
    half = len(two) // 2
    assert mastering.loudness(two[:half]) == pytest.approx(mastering.loudness(two[half:]), abs=0.3)


@pytest.mark.parametrize("pause", [300, 400, 1_000])
def test_the_pause(pause):
    """Between two sentences it is as silent, and for as long, as the person wants."""
    wave = np.abs(mastering.process([[sentence()], [sentence()]], VOICE_RATE, Ms(pause), CLEAR) / 32767)
    loud = np.flatnonzero(wave > mastering.SILENCE * wave.max())
    assert np.diff(loud).max() * 1000 / RATE == pytest.approx(pause, abs=10)
    middle = len(wave) // 2
    assert wave[middle - RATE // 20 : middle + RATE // 20].max() < 0.001


def test_no_pause_without_a_second_sentence():
    """A pause is between sentences: not after the last one, nor beside one that cannot be heard."""
    one = mastering.process([[sentence()]], VOICE_RATE, Ms(400), CLEAR)
    nothing = np.zeros(VOICE_RATE, np.float32)
    several = mastering.process([[nothing], [sentence()], [np.zeros(0, np.float32)]], VOICE_RATE, Ms(400), CLEAR)
    assert np.array_equal(one, several)


@pytest.mark.parametrize("pause", [0, 3_000])
def test_parts_of_a_sentence(pause):
    """A sentence that is spoken in parts is one sentence: a breath is where it was cut, not a pause, whatever its length."""
    parts = [np.pad(sentence(), VOICE_RATE // 2), np.pad(sentence(level=0.5), VOICE_RATE // 2)]
    wave = np.abs(mastering.process([parts], VOICE_RATE, Ms(pause), CLEAR) / 32767)
    loud = np.flatnonzero(wave > mastering.SILENCE * wave.max())
    assert np.diff(loud).max() * 1000 / RATE == pytest.approx(mastering.BREATH, abs=20)


def test_a_long_sentence(voice):
    """The voice pauses between sentences, not within one that it speaks in parts."""
    text = "When the long beep comes, your hands press, and your head resists just as hard, as hard as it can without any pain."
    assert len(list(memory.parts(voice._piper.phonemize(text)[0]))) > 1
    assert len(Voice(None, Speech(pause=Ms(3_000))).say(text)) == len(Voice(None, Speech(pause=Ms(0))).say(text))


@pytest.mark.parametrize("what", [[], [0], [1_000], [1_000, 0, 30_000]], ids=str)
def test_silence(what):
    """Where there is nothing to hear there is no clip, not a loud one of noise."""
    assert len(mastering.process([[np.zeros(count, np.float32)] for count in what], VOICE_RATE, Ms(400), CLEAR)) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_number(value):
    """A model that gives what is no number gives no sound: nothing of it reaches a speaker."""
    assert len(mastering.process([[np.full(5_000, value, np.float32)]], VOICE_RATE, Ms(400), CLEAR)) == 0


def test_a_silent_voice(voice, monkeypatch):
    """What the voice cannot say is an error with the text in it."""
    monkeypatch.setattr(voice._piper, "phonemize", lambda _: [[]])
    with pytest.raises(VoiceError, match=r"'Rest\.' cannot be spoken: the voice gives only silence"):
        voice.say("Rest.")


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
def test_any_rate(rate):
    """A voice of any rate comes out at the stream's: as long as it was, and no shorter."""
    wave = soxr.resample(sentence(), VOICE_RATE, rate)
    clip = mastering.process([[wave]], rate, Ms(400), CLEAR)
    usual = mastering.process([[sentence()]], VOICE_RATE, Ms(400), CLEAR)
    assert len(clip) == pytest.approx(len(usual), abs=RATE // 100)


def test_short():
    """A click, a hundredth of a second, is a clip too; it does not become louder than it may."""
    wave = np.zeros(2_000, np.float32)
    wave[900:1_100] = sentence()[4_000:4_200]
    clip = mastering.process([[wave]], VOICE_RATE, Ms(400), CLEAR) / 32767
    assert 2 * mastering.MARGIN < len(clip) * 1000 / RATE < 150
    assert decibels(mastering.true_peak(clip)) < mastering.CEILING + 0.1


def test_slower(clips):
    """The speed is the voice's pace: at more of it a text takes less time, at less of it more, and is as loud."""
    text = "Rub your neck with both palms, left and right."
    usual = len(clips[text]) / RATE * Speech.speed
    for speed in (1.3, 0.6):
        clip = Voice(None, Speech(speed=speed)).say(text)
        assert len(clip) / RATE == pytest.approx(usual / speed, rel=0.25)  # each phoneme takes whole frames
        assert mastering.loudness(clip / 32767) == pytest.approx(CLEAR.target, abs=1)
