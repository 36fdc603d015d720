"""What PortAudio plays to: the device of the card that is meant, and a form in which it takes sound.

A card is opened directly ("hw:"), not through ALSA's plugins, where it can be: one of them ended this process after an xrun
("pcm_plugin.c:572: snd_pcm_plugin_status: Assertion ... failed", alsa-lib 1.2.8). PortAudio fits the sample's format and the
number of channels itself. The rate is ours to fit, and so are the clips.

A Pi's HDMI (vc4) takes no samples but IEC 958 frames, directly and by `plughw:` too (pi-gen#742). ALSA makes them in the device
`hdmi` of its own configuration for that driver. PortAudio opens what it has listed, by no other name, but "hdmi" is listed, and
takes its card from $ALSA_CARD: so no configuration of ours has to be written anywhere, and none of theirs is replaced.
"""

import ctypes
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..core.text import shown
from ..errors import SoundError
from .cards import WORDS, Card, choose, holder, read_cards
from .tones import RATE

NO_PORTAUDIO = "no sound: libportaudio2 is missing; sudo apt-get install libportaudio2"
NO_DEVICE = "no sound: there is no sound device; plug one in, or see `aplay -l`"
RATES = (RATE, 44_100, 96_000, 32_000, 24_000, 22_050, 16_000)
"""Hz, in the order in which they are tried: telephones and conference speakers have 16,000."""
SERVERS = ("pulse", "pipewire", "jack")
"""ALSA's names of sound servers. They are listed where one runs, and it shares the card with the other programs."""
CONFIGURATIONS = ("/etc/asound.conf", "~/.asoundrc")
"""Where a person says what ALSA's default device is; HATs' instructions do."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Output:
    """A device that can be opened."""

    index: int | None
    """PortAudio's; None is the default one."""
    name: str
    why: str
    """Why this one."""
    card: Card | None = None
    """If it is one, rather than a way to it."""


def find(wanted: str, before: Card | None = None, root: Path = Path("/")) -> Output:
    """Start PortAudio, and return the device that is meant.

    Args:
        wanted: a card's id, or part of the name of a card or device; empty for the card that is most likely meant.
        before: was played on, and is waited for (see `choose`).
        root: the folder in which `proc` and `sys` are.

    Raises:
        SoundError: if there is none, or it cannot be had.
    """
    cards = read_cards(root)
    card, why = choose(wanted, cards, before)
    configured = _own_default()  # looked at in any case: ALSA reads it, whatever is wanted
    own = "" if wanted else configured
    if card and not card.raw and not own:
        os.environ["ALSA_CARD"] = card.id
    try:
        import sounddevice
    except OSError:
        raise SoundError(NO_PORTAUDIO) from None
    # PortAudio starts with the import, and has its own exception for a start that fails, not importable then.
    except Exception as error:
        raise SoundError(f"no sound: {one_line(error)}") from error
    try:
        if not sounddevice._initialized:
            sounddevice._initialize()
        outputs = [device for device in sounddevice.query_devices() if device["max_output_channels"]]
        _quieten_alsa()
        if not wanted and (server := next((name for name in SERVERS if any(name in one["name"] for one in outputs)), "")):
            default = sounddevice.query_devices(None, "output")["name"]
            return Output(None, default, f"the default device, as {server} runs here")
    except sounddevice.PortAudioError as error:
        raise SoundError(f"no sound: {one_line(error)}; see `aplay -l` for the cards") from error
    if own:
        return _default_of(own, outputs)
    if why:
        raise SoundError(why)
    if card:
        return _output_of(card, outputs, f"sound.device is {shown(wanted)}" if wanted else WORDS[card.kind], root)
    if wanted:
        return _named(wanted, outputs, cards)
    if outputs:
        return Output(outputs[0]["index"], outputs[0]["name"], "the first that PortAudio has")
    raise SoundError(NO_DEVICE)


def _own_default() -> str:
    """Return the file in which a person has told ALSA what its default device is, if there is one.

    Raises:
        SoundError: if there is one that ALSA could not read.
    """
    for file in CONFIGURATIONS:
        with suppress(OSError, RuntimeError):  # RuntimeError: there is no home
            path = Path(file).expanduser()
            if path.is_fifo():
                raise SoundError(f"no sound: {file} is a pipe, for which ALSA would wait; remove it")
            if re.search(r"^[^#]*default", path.read_text(errors="replace"), re.MULTILINE):
                return file
    return ""


def _default_of(file: str, outputs: Sequence[Any]) -> Output:
    """Return ALSA's default device. PortAudio's own is another one where this one cannot be opened."""
    for device in outputs:
        if device["name"] == "default":
            return Output(device["index"], "default", f"the default device, as {file} has it")
    raise SoundError(f"no sound: the default device of {file} cannot be opened; `aplay -d 1 /dev/zero` may say why")


def _output_of(card: Card, outputs: Sequence[Any], why: str, root: Path) -> Output:
    """Return the device of a card. PortAudio leaves out those that it cannot open."""
    for device in outputs:
        if card.hw in device["name"] if card.raw else device["name"] == "hdmi":
            return Output(device["index"], str(card), why, card)
    if used := holder(card, root):
        raise SoundError(f"no sound: {card} is {used}; it is taken as soon as it is free")
    node = root / f"dev/snd/pcmC{card.number}D{card.device}p"
    if node.exists() and not os.access(node, os.R_OK | os.W_OK):
        remedy = "sudo usermod -aG audio $USER, then log out and back in"
        raise SoundError(f"no sound: {card} may not be used by this user; {remedy}")
    if card.kind == "dark hdmi":
        remedy = "switch it on, or choose another card: pitrainer sound"
        raise SoundError(f"no sound: no display with sound is connected to {card}; {remedy}")
    device = f"plughw:{card.id}" if card.raw else f"hdmi:{card.id} -f dat"  # it fits no form, as plughw does
    raise SoundError(f"no sound: {card} cannot be opened; `aplay -D {device} -d 1 /dev/zero` may say why")


def _named(wanted: str, outputs: Sequence[Any], cards: Sequence[Card]) -> Output:
    """Return the first device with a text in its name: a sound server, bluealsa, one of /etc/asound.conf, a card's second."""
    text = wanted.lower()
    named = [device for device in outputs if text in device["name"].lower()]
    for device in sorted(named, key=lambda device: device["name"].lower() != text):  # "pulse" is not "pulse_monitor"
        card = next((card for card in cards if f"(hw:{card.number}," in device["name"]), None)
        return Output(device["index"], device["name"], f"sound.device is {shown(wanted)}", card)
    if text == "bluealsa":
        raise SoundError("no sound: no Bluetooth speaker is connected (sound.device is bluealsa); switch it on")
    there = ", ".join(f'"{name}"' for name in [card.id for card in cards] or [device["name"] for device in outputs])
    raise SoundError(
        f'no sound: no card or device has "{wanted}" in its name (sound.device); there are {there}' if there else NO_DEVICE
    )


@dataclass(frozen=True)
class Form:
    """How a device takes sound."""

    rate: int
    """Hz."""
    channels: int


def form_of(output: Output) -> Form:
    """Return how a device takes sound: at our own rate and in stereo, if it can.

    Raises:
        SoundError: if it takes none that we have.
    """
    import sounddevice

    try:
        about = sounddevice.query_devices(output.index, "output")
    except sounddevice.PortAudioError as error:
        raise SoundError(f"no sound: {one_line(error)}; see `aplay -l` for the cards") from error
    channels = min(2, about["max_output_channels"])
    refused: list[str] = []
    for rate in dict.fromkeys((*RATES, round(about["default_samplerate"]))):
        try:
            with _without_stderr():
                sounddevice.check_output_settings(device=output.index, channels=channels, dtype="int16", samplerate=rate)
        except sounddevice.PortAudioError as error:
            refused.append(one_line(error))
            if "format" in refused[0]:  # at any rate
                break
        else:
            return Form(rate, channels)
    raise SoundError(
        f"no sound: {output.name} accepts IEC 958 frames only, no PCM; for HDMI, write the card's id (sound.device)"
        if "format" in refused[0]
        else f"no sound: {output.name} takes none of the rates {', '.join(map(str, RATES))} Hz: {refused[0]}"
    )


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Keep off the journal what PortAudio prints about what it is merely asked, as sounddevice does while it starts."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def open_stream(output: Output, form: Form, latency: float, callback: Callable[..., None]) -> Any:
    """Return a stream that runs; `callback` fills it with int16.

    Raises:
        SoundError: if it cannot be opened.
    """
    import sounddevice

    stream = None
    try:
        stream = sounddevice.OutputStream(
            samplerate=form.rate,
            channels=form.channels,
            dtype="int16",
            device=output.index,
            latency=latency,
            callback=callback,
        )
        stream.start()
    except sounddevice.PortAudioError as error:
        if stream:
            close_stream(stream)
        raise SoundError(
            f"no sound: {output.name}: {one_line(error)}; see `aplay -l` for the cards, and who else uses them"
        ) from error
    return stream


def close_stream(stream: Any) -> None:
    """Close a stream, whatever has become of its card."""
    try:
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)
    # A card that is gone makes PortAudio raise whatever it likes here; there is nothing left to save.
    except Exception as error:  # noqa: BLE001 - see above
        log.debug("closing the stream: %s", error)


def end_portaudio() -> None:
    """End PortAudio until it is wanted again: it looks for devices only when it starts, and holds 11 MB (measured)."""
    sounddevice = sys.modules.get("sounddevice")
    if sounddevice and sounddevice._initialized:
        try:
            sounddevice._terminate()
        except sounddevice.PortAudioError as error:
            log.debug("ending PortAudio: %s", error)


_ALSA_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)


_ignore_alsa = _ALSA_HANDLER(lambda *_: None)
"""What matters comes as PortAudio's errors and xruns. Kept here, for ALSA calls it as long as the program runs."""


@cache
def _quieten_alsa() -> None:
    """Keep ALSA's library from writing into the panel and the journal by itself, a line an xrun."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_ignore_alsa)


def one_line(error: Exception) -> str:
    """Return what an exception says, without line ends."""
    return " ".join(str(error).split())
