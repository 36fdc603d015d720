"""`sound`: the sound cards that there are, each by ear, and the one that the person keeps."""

import argparse
import os
import select
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ..audio.cards import Card, about, choose, read_cards
from ..config import locate, schema, validation
from ..config.keep import file_to_change, keep
from ..config.owner import become_owner
from ..control.protocol import CHECK_PATIENCE
from ..core.text import printable, shown
from ..errors import NotRunningError, PinsError, PitrainerError, SoundError
from ..service.build import pins_of
from ..service.ending import Interrupted
from .common import audible_volume, print_json, sound_command, writing
from .orders import ask_trainer

if TYPE_CHECKING:
    from ..core.messages import Edge

ROUNDS = 3
"""How often each card says its number."""

Try = Callable[[Card, int], tuple[str, bool]]
"""Has a card say its number; returns what is wrong, and whether the button was pressed."""


def sound(options: argparse.Namespace) -> int:
    """List the cards; have each say its number until one is kept."""
    if options.number:
        return _say_number(options)
    found = locate.find_settings_file(options.config, os.environ)
    settings, _ = validation.load(found, os.environ)
    cards = read_cards()
    if not cards:
        raise SoundError("there is no sound card; plug the speaker in")
    _print(cards, settings)
    if options.keep:
        chosen: Card | None = card_named(options.keep, cards)
        file = _file_to_change(found)
    elif _at_terminal():
        file = _file_to_change(found)
        with _trial(settings, found.absolute()) as (try_card, hint):
            print("\nEach card says its number.", end=" ")
            print(f"When you hear the right one, {hint}type its number and press Enter. Ctrl-C quits.")
            chosen = _listen(cards, try_card)
    else:
        print("\npitrainer sound --keep NUMBER keeps one of them")
        return 0
    if not chosen:
        print("no card was chosen; nothing has changed")
        return 0
    _keep(file, chosen)
    return 0


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _print(cards: Sequence[Card], settings: schema.Settings) -> None:
    """Print a line for each card."""
    now = _in_force(settings, cards)
    for number, card in enumerate(cards, 1):
        print(printable(f"{number}  {card}: {about(card)}{'; in force now' if card.id == now else ''}"))


def _in_force(settings: schema.Settings, cards: Sequence[Card]) -> str:
    """Return the id of the card that sound comes out of; a running trainer knows which it waits for instead."""
    try:
        told = ask_trainer({"command": "cards"})["cards"]
    except PitrainerError:
        card, _ = choose(settings.sound.device, cards)
        return card.id if card else ""
    return next((card["id"] for card in told if card["in_force"]), "")


def card_named(wanted: str, cards: Sequence[Card]) -> Card:
    """Return the card that a number of the list, or an id, means."""
    numbered = {str(number): card for number, card in enumerate(cards, 1)} | {card.id: card for card in cards}
    if wanted in numbered:
        return numbered[wanted]
    # "2" is a part of many names.
    card, why = choose(wanted, cards) if wanted and not wanted.isdigit() else (None, "")
    if card:
        return card
    there = ", ".join(f"{number} {card.id}" for number, card in enumerate(cards, 1))
    raise SoundError(why or f"there is no sound card {shown(wanted)}; there are {there}")


def _listen(cards: Sequence[Card], try_card: Try) -> Card | None:
    """Have one card after the other say its number until one is chosen; None where none is."""
    worker = ThreadPoolExecutor(1, "card")
    try:
        chosen = _chosen(cards, lambda card, number: worker.submit(try_card, card, number))
        worker.shutdown()  # a trainer that takes over the choice wants the card
    except Interrupted as interrupted:
        worker.shutdown(wait=False)  # the card may speak for seconds
        interrupted.at_once = True
        raise
    return chosen


def _chosen(cards: Sequence[Card], begin: Callable[[Card, int], Future[tuple[str, bool]]]) -> Card | None:
    for _ in range(ROUNDS):
        for number, card in enumerate(cards, 1):
            if card.kind in ("dark hdmi", "dummy"):
                continue  # nobody would hear it
            print(printable(f"{number}  {card} ..."), flush=True)
            trial = begin(card, number)
            while not trial.done():
                if typed := _typed():
                    try:
                        return card_named(typed, cards)
                    except SoundError as error:
                        print(printable(str(error)))
            why, pressed = trial.result()
            if why:
                print(printable(f"   {why}"))
            elif pressed:
                return card
    return None


def _typed() -> str:
    """Return the line that was typed, if there is one, within a moment."""
    if select.select([sys.stdin], [], [], 0.1)[0]:
        if line := sys.stdin.readline():
            return line.strip()
        time.sleep(0.1)  # it has ended; the button is left
    return ""


@contextmanager
def _trial(settings: schema.Settings, file: Path) -> Iterator[tuple[Try, str]]:
    """Yield what tries a card: the running trainer, which holds the button and maybe the card; else this process.

    With it comes how a card is chosen by the button, if it can be.
    """
    from ..doctor.card_trial import CHILD_PATIENCE, try_card
    from ..doctor.pin_checks import CHOOSE, chosen

    def ask(card: Card, number: int) -> tuple[str, bool]:
        answer = ask_trainer({"command": "try_card", "card": card.id, "number": number}, CHILD_PATIENCE + CHOOSE)
        return str(answer.get("why", "")), answer.get("pressed") is True

    try:
        ask_trainer({"command": "status"})
    except NotRunningError:
        with _own_button(settings) as edges:
            command = ["env", *_folders(), *sound_command(file)]

            def try_here(card: Card, number: int) -> tuple[str, bool]:
                why = try_card(command, card.id, number)
                return why, not why and chosen(edges)

            yield try_here, "press the button, or " if edges else ""
    else:
        yield ask, "press the button, or "


def _folders() -> list[str]:
    """Return where the clips are, for root: the service's own."""
    return [f"CACHE_DIRECTORY={locate.SERVICE_CACHE}"] if os.geteuid() == 0 and locate.SERVICE_CACHE.is_dir() else []


@contextmanager
def _own_button(settings: schema.Settings) -> "Iterator[Queue[Edge] | None]":
    """Take the pins; yield where the button's edges come, or None where there is no button."""
    edges: Queue[Edge] = Queue()
    with TemporaryDirectory() as folder, chdir(folder), ExitStack() as stack:  # lgpio makes files where one is
        try:
            pins = pins_of(settings, edges.put)
            stack.callback(pins.close)
        except PinsError:
            yield None
        else:
            yield None if pins.mock else edges


def _file_to_change(found: Path) -> Path:
    """Return where the card is kept.

    Raises:
        PitrainerError: if this user may not change it.
    """
    file = file_to_change(found, os.environ)
    folder = next(folder for folder in file.absolute().parents if folder.is_dir())
    if not os.access(folder, os.W_OK):
        raise PitrainerError(f"{file}: you may not change it; sudo pitrainer sound")
    return file


def _keep(file: Path, card: Card) -> None:
    """Write the card's id into the settings."""
    link = file.is_symlink()
    become_owner(file if link else file.parent)
    if link:
        file = file.resolve()  # it leads to where the person keeps it, and stays a link
    with writing(file):
        keep(file, "sound", "device", card.id)
    print(printable(f'{file}: [sound] device = "{card.id}"'))
    try:
        # Not by systemctl: this process is the settings' owner from here on, who is not root where the page is installed.
        answer = ask_trainer({"command": "reload"}, CHECK_PATIENCE)
    except NotRunningError:
        return
    if why := answer.get("not_taken"):
        print(printable(f"the running trainer does not use it yet: {why}"))
    elif answer.get("after_session") is True:
        print("the running trainer uses it after this session")
    else:
        print("the running trainer now uses it")


def _say_number(options: argparse.Namespace) -> int:
    """Have one card say its number, as a child of who wants that."""
    from ..core.phrases import words_of
    from ..doctor.sound_check import try_sound
    from ..service.build import clips_of

    settings = validation.load_defaults(locate.find_settings_file(options.config, os.environ), os.environ)
    phrase = words_of(None).card(options.number)
    try:
        clips, volume = clips_of(settings), audible_volume(settings)
        trial = try_sound(replace(settings.sound, device=options.card), clips, [phrase], volume, tones=options.number)
    except PitrainerError as error:
        print_json({"why": str(error)})
    else:
        print_json({"why": trial.why})
    return 0
