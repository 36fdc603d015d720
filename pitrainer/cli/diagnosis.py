"""`doctor` and `wiring`: what is wrong, or right."""

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..config import locate, schema, validation
from ..config.owner import become_owner
from ..core.boards import BOARDS, board_of
from ..core.languages import Phrase
from ..core.phrases import announcement
from ..errors import BadInput, NotRunningError, PinsError, PitrainerError, Problem
from ..service.build import clips_of, phrases_of, pins_of
from ..wallclock import WallClock, set_zone
from . import broker
from .common import print_json, volume_now
from .orders import ask_trainer

if TYPE_CHECKING:
    from ..audio.clips import ClipCache
    from ..doctor.report import Check


def doctor(options: argparse.Namespace) -> int:
    """Check everything; print a table or JSON."""
    # What is wrong is in the table.
    logging.getLogger().setLevel(logging.CRITICAL)

    from ..doctor import report

    found = _checks(options)
    if options.json:
        checks = list(found)
        print_json({"ok": not report.failed(checks), "checks": report.as_json(checks)})
    else:
        from .tables import print_checks

        checks = print_checks(found)
    return 1 if report.failed(checks) else 0


def _checks(options: argparse.Namespace) -> "Iterator[Check]":
    """Have the running trainer check everything; where there is none, do it as its user, or in this process."""
    from ..doctor import checks, pin_checks, report

    # Other folders become the current one.
    options.config = locate.find_settings_file(options.config, os.environ).absolute()
    if options.rest:
        yield from _other_checks(options, service=True)
        return
    try:
        answer = ask_trainer({"command": "doctor", "quiet": options.quiet}, report.CHILD_PATIENCE)
    except NotRunningError:
        unit = checks.unit(checks.systemctl_show())
        yield unit
        if as_service := unit.state != "ok" and os.geteuid() == 0:
            become_owner(locate.SERVICE_STATE)
            os.chdir("/")  # out of root's home
            os.environ |= {"STATE_DIRECTORY": str(locate.SERVICE_STATE), "CACHE_DIRECTORY": str(locate.SERVICE_CACHE)}
        yield from _own_checks(options, service=as_service)
        return
    yield from report.checks_from_json(answer.get("checks"))
    if answer.get("button") is True and not options.quiet:
        print(f"press the button within {pin_checks.PATIENCE:.0f} seconds", file=sys.stderr)
        yield from report.checks_from_json(ask_trainer({"command": "watch_button"}, pin_checks.PATIENCE).get("checks"))


def _own_checks(options: argparse.Namespace, *, service: bool) -> "Iterator[Check]":
    """Check everything, in this process."""
    from queue import Queue

    from ..core.messages import Edge
    from ..doctor import machine, pin_checks, report
    from ..gpio.backends import is_pi
    from ..gpio.keys import Keys

    settings = _doctor_settings(options)
    edges: Queue[Edge] = Queue()
    pins, keys, why = None, None, ""
    # lgpio makes files where one is, which may not be one's own folder.
    with TemporaryDirectory() as folder, chdir(folder), ExitStack() as stack:
        try:
            pins = pins_of(settings, edges.put)
            stack.callback(pins.close)
        except PinsError as error:
            why = str(error)
        if settings.button.input:
            keys = Keys(settings.button.input, edges.put, settings.button.keys)
            stack.callback(keys.close)
        yield from pin_checks.examine_pins(settings, pins, why, keys, quiet=options.quiet, is_pi=is_pi())
        if ((pins and not pins.mock) or (keys and keys.names)) and not options.quiet:
            print(f"press the button within {pin_checks.PATIENCE:.0f} seconds", file=sys.stderr)
            yield pin_checks.press(pin_checks.watch(edges), settings.button.debounce)
    set_zone(settings.clock.zone)
    yield report.carefully("clock", lambda: machine.clock(settings.clock.zone or machine.time_zone(), WallClock()))
    yield from _other_checks(options, service=service)


def _doctor_settings(options: argparse.Namespace) -> schema.Settings:
    """Return the settings; where they are wrong, what is right in them."""
    try:
        return validation.load(options.config, os.environ)[0]
    except BadInput:
        return validation.load_defaults(options.config, os.environ)


def _other_checks(options: argparse.Namespace, *, service: bool) -> "Iterator[Check]":
    """Check everything but the pins."""
    from ..doctor import checks

    file, settings = options.config, _doctor_settings(options)
    set_zone(settings.clock.zone)
    for folder in (settings.state_folder(os.environ), settings.cache_folder(os.environ)):
        become_owner(folder)
    cache: ClipCache | str
    phrases: list[Phrase] = []
    try:
        cache = clips_of(settings)
        loaded = validation.load_all(file, os.environ)
        programs = loaded.programs
        phrases = phrases_of(loaded, programs, cache)
        # The first that fits is said, and a program's name is the least strange to hear.
        names = set(map(announcement, programs))
        phrases.sort(key=lambda phrase: phrase not in names)
    except BadInput:
        pass  # `settings` is not "ok"
    except PitrainerError as error:
        cache = str(error)
    yield from checks.examine(
        settings,
        validation.check_files([file], os.environ),
        cache,
        phrases,
        os.environ,
        volume=volume_now(settings),
        quiet=options.quiet,
        service=service,
    )
    if checked := broker.check(settings.mqtt):
        yield checked


def wiring(options: argparse.Namespace) -> int:
    """Draw the header."""
    settings, _ = validation.load(locate.find_settings_file(options.config, os.environ), os.environ)

    from .wiring import print_wiring

    print_wiring(settings.pins, settings.buzzer, BOARDS.get(settings.gpio.board))
    return 0


def on_this_board(file: Path) -> Iterator[Problem]:
    """Yield what is right in a settings file, and does not work on this board."""
    from ..gpio.backends import hat_product, no_tone

    settings = validation.load_defaults(file, os.environ)
    if settings.buzzer.kind == "passive" and (why := no_tone(settings.gpio.backend)):
        yield Problem(locate.file_name(file), "buzzer.kind", why, warning=True)
    board = board_of(hat_product())
    if board and not settings.gpio.board:
        for key, gpio in schema.wired(settings.pins, settings.buzzer).items():
            if (use := board.use(gpio)) and board.parts.get(key) != gpio:
                why = f"GPIO {gpio} is used by {board.name} ({use}), which sits on this Pi; choose another"
                yield Problem(locate.file_name(file), f"pins.{key}", why, warning=True)
