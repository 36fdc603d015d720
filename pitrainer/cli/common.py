"""What several commands need: what the options choose of settings and routines, children, files that the person named."""

import argparse
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..config import locate, routines, validation
from ..config.owner import user_name
from ..config.quiet import volume_at
from ..config.schema import Settings
from ..core.languages import Phrase
from ..core.routine import Program
from ..core.text import shown
from ..errors import PitrainerError, SoundError
from ..service.build import clips_of, phrases_of
from ..service.ending import GRACE, Children, aside
from ..service.saved_state import read_state
from ..wallclock import set_zone

if TYPE_CHECKING:
    from ..audio.clips import ClipCache

log = logging.getLogger(__name__)

LONGEST_NUMBER = 4
"""Digits of a program's."""


def load_programs(options: argparse.Namespace) -> tuple[validation.Loaded, tuple[Program, ...]]:
    """Read settings and routines; return them, and the programs that the options ask for."""
    return asked_for(options, all_in_force(options))


def all_in_force(options: argparse.Namespace) -> validation.Loaded:
    """Read the settings in force, with their routines."""
    loaded = validation.load_all(locate.find_settings_file(options.config, os.environ), os.environ)
    set_zone(loaded.settings.clock.zone)
    for warning in loaded.warnings:
        log.warning("%s", warning)
    return loaded


def asked_for(options: argparse.Namespace, loaded: validation.Loaded) -> tuple[validation.Loaded, tuple[Program, ...]]:
    """Return the settings and programs that the options ask for."""
    programs = loaded.programs
    if getattr(options, "routine", None) or getattr(options, "person", None):
        startable = (*programs, *loaded.reminders.values())
        programs = (_meant(options, startable, loaded),)
        # What is asked for is this session alone; all that may be started tell whose it is.
        loaded = replace(loaded, programs=startable, reminders={})
    spoken = (program.routine for program in [*programs, *loaded.reminders.values()])
    for warning in validation.language_warnings(loaded.settings, spoken):
        log.warning("%s", warning)
    wanted = {key: value for key in ("profile", "level") if (value := getattr(options, key, None))}
    return loaded, tuple(replace(program, **wanted) for program in programs)


def _meant(options: argparse.Namespace, startable: Sequence[Program], loaded: validation.Loaded) -> Program:
    """Return the program that is meant: by its number, its routine or its person; or the routine, where it is in none."""
    named, person = options.routine, options.person
    if (number := number_of(named or "")) is not None:
        many = len(loaded.programs)
        if not 1 <= number <= many:
            raise PitrainerError(f"there is no program {named}: there {'is' if many == 1 else 'are'} {many}")
        found, what = [loaded.programs[number - 1]], f"program {named} is not"
    else:
        found = [program for program in startable if named in (None, program.routine.id)]
        what = f"no program with the routine {shown(named)} is" if named else "no program is"
    if not person and not found:
        return Program(routines.load_routine(named, loaded.settings), "adult", "standard")
    hers = [program for program in found if not person or program.person.casefold() == person.casefold()]
    if not hers:
        there = ", ".join(dict.fromkeys(f"{of.routine.id} {of.person}" for of in startable if of.person)) or "none"
        raise PitrainerError(f"{what} for {shown(person)}; there are: {there}")
    return next((program for program in hers if program.profile == options.profile), hers[0])


def number_of(named: str) -> int | None:
    """Return the number by which a program was named; None for a name."""
    if not (named.isascii() and named.isdigit()):
        return None
    if len(named) > LONGEST_NUMBER:
        raise PitrainerError(f"there is no program {shown(named)}")
    return int(named)


def volume_now(settings: Settings) -> int:
    """Return the volume at which a trainer would play now: what was set is kept, by `practice` in a file of its own."""
    volume = settings.sound.volume
    names = ["state.json"] if settings.means_services_state(os.environ) else ["state.json", "practice.json"]
    with suppress(OSError, ValueError, PitrainerError):
        files = [settings.state_folder(os.environ) / name for name in names]
        last = max(files, key=lambda file: file.stat().st_mtime if file.exists() else 0)
        volume = read_state(last).volume_after(volume)
    set_zone(settings.clock.zone)  # the quiet hours go by it
    return volume_at(datetime.now().astimezone().time(), settings.sound, volume, softly=False)


def audible_volume(settings: Settings) -> int:
    """Return `volume_now`.

    Raises:
        SoundError: if it is 0.
    """
    volume = volume_now(settings)
    if volume == 0:
        raise SoundError("the volume is 0 now; turn it up: pitrainer volume N (sound.volume, sound.quiet_volume)")
    return volume


def print_json(data: object) -> None:
    """Print data as JSON in which nothing is an order to the terminal."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    print("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))


def prepared(options: argparse.Namespace, loaded: validation.Loaded, programs: Sequence[Program]) -> "ClipCache":
    """Return the clips, after another process has made those that are missing: this one never loads Piper."""
    clips = clips_of(loaded.settings)
    phrases = phrases_of(loaded, programs, clips)
    clips.use(phrases)
    if clips.missing(phrases) and _run(prepare_command(options)):
        log.warning("going on with the phrases that are there")
    return clips


def prepare_these(options: argparse.Namespace, phrases: Sequence[Phrase]) -> bool:
    """Have another process make the clips of these phrases; tell whether it could."""
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps(phrases).encode())
        given.seek(0)
        return _run([*prepare_command(options), "--phrases"], given) == 0


def _run(command: Sequence[str], given: IO[bytes] | None = None) -> int:
    children = Children()
    try:
        return aside(lambda: children.run(command, given=given))
    finally:
        children.end(GRACE)


def prepare_command(options: argparse.Namespace) -> list[str]:
    """Return the command that prepares what these options need, at the lowest priority: the service's own is -10."""
    chosen = {name: getattr(options, name, None) for name in ("config", "profile", "level", "person")}
    arguments = [str(part) for name, value in chosen.items() if value for part in (f"--{name}", value)]
    if routine := getattr(options, "routine", None):
        arguments.append(routine)
    # It dies with who waits for it: beside the one of the next start, it filled 512 MB in the rig after a watchdog's kill.
    return ["setpriv", "--pdeathsig", "KILL", "nice", "-n", "29", *locate.own_command("prepare", *arguments)]


def doctor_command(file: Path) -> list[str]:
    """Return the command that checks all but the pins, in a process of its own."""
    return locate.own_command("doctor", "--json", "--rest", "--config", str(file))


def check_command(file: Path) -> list[str]:
    """Return the command that reads settings and routines as `run` does, and prints the mistakes, beside a session."""
    return ["nice", "-n", "29", *locate.own_command("check", "--load", "--config", str(file))]


def sound_command(file: Path) -> list[str]:
    """Return what begins the command that has a sound card say its number, in a process of its own."""
    return locate.own_command("sound", "--config", str(file))


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Turn what can go wrong with a file that the person named into a clear line."""
    try:
        yield
    except PermissionError as error:  # with the name: root may have become another
        raise PitrainerError(f"{file}: cannot be written by {user_name()}: {error.strerror}") from error
    except OSError as error:
        raise PitrainerError(f"{file}: cannot be written: {error.strerror}") from error
