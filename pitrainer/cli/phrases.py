"""`prepare` and `voices`: what is spoken, and by whom."""

import argparse
import gc
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..config import locate, validation
from ..config.owner import become_owner
from ..config.schema import Settings
from ..core.languages import LANGUAGES, Phrase
from ..core.phrases import language_of
from ..core.routine import Program
from ..core.speech import speakable
from ..core.text import counted, printable, shown
from ..errors import PitrainerError, VoiceError
from ..files import open_regular
from ..service.build import clips_of, phrases_of, speech_of, voice_parts_of
from ..service.ending import Interrupted, aside
from ..voice import models
from ..voice.clarity import CHAINS
from .common import all_in_force, asked_for, audible_volume, print_json, writing

if TYPE_CHECKING:
    from ..audio.clips import ClipCache
    from ..voice.models import VoiceFile

log = logging.getLogger(__name__)


def prepare(options: argparse.Namespace) -> int:
    """Synthesise the phrases that are missing; export or import clips."""
    in_force = all_in_force(options)
    loaded, programs = asked_for(options, in_force)
    if options.import_:
        return _import(options.import_, loaded, programs)
    clips = clips_of(loaded.settings)
    if options.phrases:
        wanted = _given()
    elif options.text is None:
        wanted = phrases_of(loaded, programs, clips)
    else:
        try:
            # Python 3.11 makes [] of "--text=--".
            language = language_of(programs[0])
            wanted = [Phrase(speakable(options.text or "--", language), language)]
        except ValueError as error:
            raise PitrainerError(f"--text: {error}") from error
    clips.verify(wanted)
    prepared = 0
    while missing := clips.missing(wanted):
        from ..voice.synthesis import piper_installed

        if not piper_installed():
            more = f" and {len(missing) - 1} more phrases" if len(missing) > 1 else ""
            raise PitrainerError(
                f"there is no clip of {shown(missing[0].text)}{more}, and Piper is not installed here; make them where it is: "
                "`pitrainer prepare --export FILE` there, with these settings and routines, then --import FILE here"
            )
        with suppress(OSError):
            # It takes 300 MB and more: where memory runs out, this is to end, and not the trainer, from which it inherits.
            Path("/proc/self/oom_score_adj").write_text("500")
        try:
            _synthesise(loaded.settings, clips, missing, quiet=options.phrases)
        except Interrupted as interrupted:
            interrupted.at_once = True
            raise
        prepared += len(missing)
        if options.text is None and not options.phrases:
            # With the clips' true lengths the session may take other minutes than was estimated.
            wanted = phrases_of(loaded, programs, clips)
    if not options.phrases:
        print(f"{counted(prepared, 'phrase')} prepared" if prepared else "every phrase has its clip")
    limit = loaded.settings.voice.clips_mb * 1_000_000
    if options.text is None and not options.phrases and (loaded, programs) == (in_force, in_force.programs):
        clips.prune(wanted, limit)
    elif clips.size() > limit:
        # This was somebody's whim (`say`), or what was missing; a press needs all of the settings' own programs, which take 2 s
        # to plan.
        clips.prune([*wanted, *phrases_of(in_force, in_force.programs, clips)], limit)
    if options.export:
        from ..voice.archive import export_clips

        with writing(options.export):
            count = export_clips(options.export, clips, wanted, voice_parts_of(loaded.settings))
        print(printable(f"{options.export}: {count} clips"))
    return 0


def _given() -> list[Phrase]:
    """Return the phrases that a running trainer gives on standard input: what it needs first comes first."""
    try:
        phrases = [Phrase(str(text), str(language)) for text, language in json.load(sys.stdin)]
        if not {phrase.language for phrase in phrases} <= LANGUAGES.keys():
            raise ValueError
    except (ValueError, TypeError, RecursionError) as error:
        raise PitrainerError("--phrases: standard input is not a list of phrases") from error
    return phrases


def _synthesise(settings: Settings, clips: "ClipCache", missing: Sequence[Phrase], *, quiet: bool) -> None:
    """Make each language's phrases with its voice, one voice after the other: each takes 95 MB."""
    from ..voice import memory
    from ..voice.prepare import synthesise
    from ..voice.synthesis import Voice
    from .tables import progress

    by_model: dict[Path | None, list[Phrase]] = {}
    for phrase in missing:
        by_model.setdefault(settings.voice.model_of(phrase.language), []).append(phrase)

    workers = memory.workers(memory.available(), os.cpu_count() or 1)

    def make(model: Path | None, phrases: Sequence[Phrase]) -> None:
        voice = aside(lambda: Voice(model, speech_of(settings)))
        with nullcontext(lambda: None) if quiet else progress("preparing the voice", len(phrases)) as done:
            synthesise(clips, voice, phrases, done, workers)

    failed: list[str] = []
    for model, phrases in by_model.items():
        try:
            make(model, phrases)
        except VoiceError as error:
            failed.extend(error.lines)
        gc.collect()  # a voice refers to itself
    if failed:
        raise VoiceError(*failed)


def _import(file: Path, loaded: validation.Loaded, programs: Sequence[Program]) -> int:
    from ..voice.archive import import_clips, open_archive, other_parts

    settings = loaded.settings
    folder = settings.cache_folder(os.environ)
    with ExitStack() as stack:
        try:
            archive = open_archive(file, stack.enter_context(open_regular(file)))
        except FileNotFoundError:
            raise PitrainerError(f"{file}: there is no such file") from None
        except OSError as error:
            raise PitrainerError(f"{file}: cannot be read: {error.strerror}") from error
        become_owner(folder)
        try:
            count, bad = import_clips(archive, folder)
        except OSError as error:
            raise PitrainerError(f"{folder}: clips cannot be written: {error.strerror}") from error
    for line in bad:
        print(printable(f"{file}: {line}; left out"), file=sys.stderr)
    print(f"{counted(count, 'clip')} imported")
    clips = clips_of(settings)
    if other := other_parts(archive, voice_parts_of(settings)):
        log.warning("%s: was made with another %s than here; its clips are kept, but not used", file, ", ".join(other))
    elif missing := clips.missing(phrases_of(loaded, programs, clips)):
        without = counted(len(missing), "phrase of the programs has", "phrases of the programs have")
        log.warning("%s no clip; was it exported for the same routines?", without)
    return PitrainerError.code if bad else 0


def list_voices(options: argparse.Namespace) -> int:
    """Print the voices that there are."""
    settings, warnings = validation.load(locate.find_settings_file(options.config, os.environ), os.environ)
    for warning in warnings:
        log.warning("%s", warning)
    if options.hear:
        _hear(settings)
        return 0

    from ..voice.synthesis import available

    in_use = set(settings.voice.by_key.values())
    embedded, *others = found = available(settings.voices_folder, in_use)
    chosen = [embedded] * (None in in_use) + [voice for voice in others if voice.model in in_use]
    if options.json:
        print_json([_voice_json(voice, voice in chosen) for voice in found])
    else:
        from .tables import print_voices

        print_voices(found, chosen)
    return 0


def _hear(settings: Settings) -> None:
    """Say a sentence at each clarity, with the usual voice; say how to choose one.

    Raises:
        PitrainerError: if it cannot be spoken, or not be heard.
    """
    from ..audio.clips import ClipCache
    from ..doctor.sound_check import try_sound
    from ..voice.synthesis import Voice

    volume = audible_volume(settings)
    language = models.language(settings.voice.model)
    sample = LANGUAGES[language if language in LANGUAGES else "en"].sample
    with TemporaryDirectory() as folder:
        clips = {clarity: ClipCache(Path(folder), clarity) for clarity in CHAINS}
        voice = aside(lambda: Voice(settings.voice.model, speech_of(settings)))
        spoken = aside(lambda: [voice.say(sample.text, clarity) for clarity in clips])
        for cache, samples in zip(clips.values(), spoken, strict=True):
            cache.write(sample, samples)
        for clarity, cache in clips.items():
            print(f"{clarity} (in use)" if clarity == settings.voice.clarity else clarity, flush=True)
            if why := try_sound(settings.sound, cache, [sample], volume).why:
                raise PitrainerError(why)
    shipped = settings.file.parent == locate.CONFIG_FILES
    file = "a copy of it at ~/.config/pitrainer/pitrainer.toml" if shipped else settings.file
    print(
        f'\nto choose one, write it below [voice] in {printable(str(file))}, such as: clarity = "natural"\n'
        "a service takes it up after: sudo systemctl reload pitrainer"
    )


def _voice_json(voice: "VoiceFile", in_use: bool) -> dict[str, Any]:
    return {
        "name": voice.name,
        "file": str(voice.model),
        "language": voice.language or None,
        "quality": voice.quality or None,
        "sample_rate": voice.sample_rate or None,
        "size_bytes": voice.size or None,
        "licence": voice.licence or None,
        "in_use": in_use,
        "problem": voice.problem or None,
    }
