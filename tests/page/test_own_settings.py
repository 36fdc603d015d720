"""Settings are changed on the page: one by one, with the comments kept, checked as a whole, and undone where refused."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from pitrainer.config.locate import CONFIG_FILES
from pitrainer.config.validation import load
from pitrainer.errors import BadInput, PitrainerError, Problem
from pitrainer.page.refused import Refused
from pitrainer.page.routines import Routines
from pitrainer.page.settings import OwnSettings
from pitrainer.page.trainer import Trainer
from support.answering import Answering, answering
from support.appliance import TINY

MINE = """\
# mine
[sound]
volume = 80 # loud
device = ""   # any

# the programs
[[program]]
routine = "neck" # the usual
profile = "adult"

# reminders are explained here
"""
NECK = {"routine": "neck", "profile": "adult", "level": "standard", "person": ""}
ANNA = {"routine": "desk", "profile": "adult", "level": "full", "person": "Anna"}
EIGHT = {"at": "08:00", "routine": "neck", "profile": "adult", "level": "standard", "person": "", "days": ["mon", "fri"]}
CARD = {"number": 1, "id": "Device", "name": "USB Audio", "kind": "usb", "why": "a USB card", "in_force": True}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "pitrainer.toml"
    file.write_text(MINE)
    return file


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Answering]:
    with answering(tmp_path) as trainer:
        yield trainer


@pytest.fixture
def settings(file: Path, trainer: Answering) -> OwnSettings:
    return OwnSettings(file, {}, trainer.trainer)


@pytest.fixture
def nobody(tmp_path: Path) -> Trainer:
    """No trainer runs."""
    return Trainer(tmp_path / "nobody" / "control.sock")


def refused(settings: OwnSettings, values: Any, base: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        settings.change(settings.read()["base"] if base is None else base, values)
    return caught.value


def reloads(trainer: Answering) -> int:
    return len([asked for asked in trainer.asked if asked["command"] == "reload"])


def test_what_is_set(settings, trainer):
    """The values in force are told, those that are left out too, with all that may be chosen instead."""
    trainer.answers["cards"] = lambda _: {"cards": [CARD]}
    trainer.answers["status"] = lambda _: {"status": {"volume": 40}}
    read = settings.read()
    assert read["values"] == {
        "volume": 80,
        "soft_max": 100,
        "quiet": ["22:00", "07:00"],
        "quiet_volume": 60,
        "card": "",
        "voice": "en_US-joe-medium",
        "clarity": "clear",
        "programs": [NECK],
        "reminders": [],
    }
    choices = read["choices"]
    assert choices["cards"] == [CARD]
    assert choices["volume_now"] == 40
    assert choices["voices"] == ["en_US-joe-medium"]
    assert choices["clarities"] == ["natural", "clear", "noisy room"]
    assert choices["days"] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert {
        "id": "neck",
        "name": "Neck exercises",
        "profiles": ["adult", "child"],
        "levels": ["gentle", "standard", "full"],
    } in (choices["routines"])
    assert read["mistakes"] == []


def test_all_as_it_is(settings, file, trainer):
    """What is sent back as it came changes nothing, and asks nobody to read it anew."""
    read = settings.read()
    after = settings.change(read["base"], read["values"])
    assert file.read_text() == MINE
    assert (after["base"], after["not_taken"], reloads(trainer)) == (read["base"], [], 0)


@pytest.mark.parametrize(
    ("values", "after"),
    [
        ({"volume": 60}, MINE.replace("80", "60")),
        ({"card": "Device"}, MINE.replace('device = ""', 'device = "Device"')),
        ({"soft_max": 90}, MINE.replace('""   # any\n', '""   # any\nsoft_max = 90\n')),
        ({"quiet": ["21:30", "06:00"]}, MINE.replace("# any\n", '# any\nquiet_from = "21:30"\nquiet_to = "06:00"\n')),
        ({"quiet": None}, MINE.replace("# any\n", '# any\nquiet_from = "22:00"\nquiet_to = "22:00"\n')),
        ({"clarity": "natural"}, MINE + '\n[voice]\nclarity = "natural"\n'),
        (
            {"programs": [NECK, ANNA]},
            MINE.replace(
                '"adult"\n', '"adult"\n\n[[program]]\nroutine = "desk"\nprofile = "adult"\nlevel = "full"\nperson = "Anna"\n'
            ),
        ),
        (
            {"reminders": [EIGHT]},
            MINE + '\n[[reminder]]\ntime = "08:00"\nroutine = "neck"\nprofile = "adult"\nlevel = "standard"\n'
            'days = ["mon", "fri"]\n',
        ),
    ],
)
def test_one_change(settings, file, trainer, values, after):
    """Only what changes is written, with every comment in its place; the trainer takes it over, and it is told as it is now."""
    changed = settings.change(settings.read()["base"], values)
    assert file.read_text() == after
    assert {name: changed["values"][name] for name in values} == values
    assert (changed["not_taken"], changed["mistakes"], reloads(trainer)) == ([], [], 1)
    assert load(file, {})


def test_a_reminder_comes_and_goes(settings, file):
    """After a reminder was set and taken away, the file is as it was."""
    read = settings.change(settings.read()["base"], {"reminders": [EIGHT, EIGHT | {"at": "19:00", "days": None}]})
    assert [one["days"] for one in read["values"]["reminders"]] == [["mon", "fri"], read["choices"]["days"]]
    settings.change(read["base"], {"reminders": []})
    assert file.read_text().rstrip("\n") == MINE.rstrip("\n")


def test_the_last_reminder_of_a_list_goes(settings, file):
    """Also where the person has written it as a list, which must not be empty."""
    file.write_text('reminder = [{ time = "08:00", routine = "neck", profile = "adult" }]\n' + MINE)
    assert settings.change(settings.read()["base"], {"reminders": []})["values"]["reminders"] == []
    assert file.read_text() == MINE


def test_while_a_session_runs(settings, file, trainer):
    """A running session goes on as it began; that the change comes after it is told."""
    trainer.answers["reload"] = lambda _: {"after_session": True}
    after = settings.change(settings.read()["base"], {"volume": 60})
    assert (after["not_taken"], after["after_session"]) == ([], True)
    assert file.read_text() == MINE.replace("80", "60")


def test_the_usual_programs(settings, file):
    """Without programs of one's own, those that ship are told; with the first of one's own, these are written, too."""
    file.write_text("# mine\n")
    read = settings.read()
    assert len(read["values"]["programs"]) == 3
    after = settings.change(read["base"], {"programs": [*read["values"]["programs"], ANNA]})
    assert after["values"]["programs"] == [*read["values"]["programs"], ANNA]
    assert file.read_text().count("[[program]]") == 4


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"volume": 101}, ["{file}: sound.volume: 101 is outside 0 to 100"]),
        ({"volume": "x"}, ['{file}: sound.volume: "x" is not a whole number']),
        ({"volume": True}, ["{file}: sound.volume: true is not a whole number"]),
        ({"quiet": ["7", "8"]}, 2),
        (
            {"quiet": ["22:00", "22:00"]},
            ["quiet hours cannot begin and end at the same time; choose another time, or switch them off"],
        ),
        ({"clarity": "loud", "volume": -1}, 2),
        ({"voice": "nobody"}, 1),
        ({"reminders": [EIGHT | {"at": "23:00"}]}, 1),
        ({"reminders": [EIGHT | {"routine": "nothing"}]}, 1),
        ({"programs": [NECK | {"person": "42"}]}, 1),
        ({"programs": [NECK] * 10}, 1),
        ({"volume": 1.5}, ["1.5 is not what volume can be"]),
        ({"quiet": "x"}, ['"x" is not what quiet can be']),
        ({"programs": [{"routine": "neck"}]}, 1),
        ({"programs": [NECK | {"x": "y"}]}, 1),
        ({"programs": [NECK | {"level": {}}]}, 1),
        ({"programs": {}}, 1),
        ({"reminders": [EIGHT | {"days": ["x"]}]}, 1),
        (
            {"reminders": [EIGHT | {"days": []}]},
            ["{file}: reminder[1].days: the list is empty; it must have at least one entry"],
        ),
        ({"programs": []}, ["at least one program must be left"]),
        ({"pins": 3, "volume": 70}, ['"pins" cannot be set here']),
    ],
)
def test_wrong_values(settings, file, trainer, values, told):
    """What is wrong is told, all of it; nothing is written, and the trainer hears nothing of it."""
    error = refused(settings, values)
    assert error.status == 422
    mistakes = [one["text"] for one in error.data["mistakes"]]
    assert len(mistakes) == told if isinstance(told, int) else mistakes == [one.format(file=file) for one in told]
    assert file.read_text() == MINE
    assert reloads(trainer) == 0


def test_changed_by_hand(settings, file, trainer):
    """What somebody else has written meanwhile is not lost; the values as they are now are told."""
    base = settings.read()["base"]
    by_hand = MINE.replace("80", "70")
    file.write_text(by_hand)
    error = refused(settings, {"volume": 50}, base)
    assert (error.status, error.data["values"]["volume"], error.data["base"]) == (409, 70, settings.read()["base"])
    assert (file.read_text(), reloads(trainer)) == (by_hand, 0)


def test_the_trainer_refuses(settings, file, trainer):
    """Where the trainer finds mistakes that the page did not, the old file is back, and they are told."""

    def mistaken(_request: object) -> dict[str, Any]:
        assert file.read_text() == MINE.replace("80", "60"), "it reads the new file"
        raise BadInput([Problem("neck.toml", "id", "is wrong"), Problem("b.toml", "", "is wrong, too")])

    trainer.answers["reload"] = mistaken
    file.chmod(0o640)
    error = refused(settings, {"volume": 60})
    assert error.status == 422
    assert [one["text"] for one in error.data["mistakes"]] == ["neck.toml: id: is wrong", "b.toml: is wrong, too"]
    assert file.read_text() == MINE
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("when", ["checked", "taken over", "refused"])
def test_changed_by_hand_meanwhile(settings, file, trainer, monkeypatch, when):
    """What somebody writes while the page checks its change, or the trainer does, stays, and is told."""
    by_hand = MINE.replace("80", "70")

    def changed_meanwhile(_request: object) -> dict[str, Any]:
        file.write_text(by_hand)
        if when == "refused":
            raise BadInput([Problem("neck.toml", "id", "is wrong")])
        return {"after_session": False}

    trainer.answers["reload"] = changed_meanwhile
    if when == "checked":
        checked = OwnSettings._mistakes
        monkeypatch.setattr(OwnSettings, "_mistakes", lambda *of: file.write_text(by_hand) and checked(*of))
    base = settings.read()["base"]
    if when == "checked":
        file.write_text(MINE)
    if when == "taken over":
        assert settings.change(base, {"volume": 60})["values"]["volume"] == 70
    else:
        error = refused(settings, {"volume": 60}, base)
        assert (error.status, error.data["values"]["volume"]) == (409, 70)
    assert (file.read_text(), reloads(trainer)) == (by_hand, int(when != "checked"))


def test_the_trainer_refuses_without_a_reason(settings, file, trainer):
    """The same where it cannot do it at all, as one of an older version."""

    def cannot(_request: object) -> dict[str, Any]:
        raise PitrainerError("not understood")

    trainer.answers["reload"] = cannot
    assert [one["text"] for one in refused(settings, {"volume": 60}).data["mistakes"]] == ["not understood"]
    assert file.read_text() == MINE


def test_no_trainer(file, nobody):
    """Where none runs, what was checked is saved, for the next start; that is told."""
    settings = OwnSettings(file, {}, nobody)
    after = settings.change(settings.read()["base"], {"volume": 60})
    assert (file.read_text(), after["choices"]["cards"]) == (MINE.replace("80", "60"), None)
    assert after["not_taken"] == ["the trainer is not running"]


def test_practice_keeps_what_it_began_with(settings, file, trainer):
    """Beside practice, what was checked is saved, for the next start; that is told."""
    trainer.answers["reload"] = lambda _: {"not_taken": "restart it to apply the change"}
    after = settings.change(settings.read()["base"], {"volume": 60})
    assert (file.read_text(), after["not_taken"]) == (MINE.replace("80", "60"), ["restart it to apply the change"])


def test_mistakes_that_are_there(settings, file):
    """Mistakes of before are told with their lines, and the rest is shown; nothing is written over them."""
    wrong = MINE.replace("80", "800")
    file.write_text(wrong)
    read = settings.read()
    assert [(one["key"], one["line"]) for one in read["mistakes"]] == [("sound.volume", 3)]
    assert read["values"]["volume"] == 100
    assert refused(settings, {"clarity": "natural"}).status == 422
    assert file.read_text() == wrong
    file.write_text("[sound\n")
    assert len(settings.read()["mistakes"]) == 1
    assert refused(settings, {"clarity": "natural"}).status == 422
    assert file.read_text() == "[sound\n"
    settings.change(file.write_text(wrong) and settings.read()["base"], {"volume": 80})
    assert file.read_text() == MINE, "what mends it is taken"


@pytest.mark.usefixtures("plain_user")
def test_a_folder_that_may_not_be_written(settings, file):
    """Where nothing can be written, that is told in words."""
    file.parent.chmod(0o555)
    with pytest.raises(PitrainerError, match="cannot be saved: Permission denied"):
        settings.change(settings.read()["base"], {"volume": 60})
    file.parent.chmod(0o755)
    assert file.read_text() == MINE


def test_a_full_disk(settings, file, trainer, monkeypatch):
    """Where the disk is full, the old file is whole, and nothing else is left."""
    base = settings.read()["base"]

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    error = refused(settings, {"volume": 60}, base)
    assert str(error) == f"{file}: cannot be saved: No space left on device; it is as before"
    assert file.read_text() == MINE
    assert sorted(path.name for path in file.parent.iterdir()) == ["pitrainer.toml", "run"]
    assert reloads(trainer) == 0


def test_a_link(settings, file):
    """Where the settings are a link to where the person keeps them, they are changed there."""
    kept = file.parent / "kept.toml"
    file.rename(kept)
    file.symlink_to(kept)
    settings.change(settings.read()["base"], {"volume": 60})
    assert (file.is_symlink(), kept.read_text()) == (True, MINE.replace("80", "60"))


def test_the_first_of_ones_own(tmp_path, nobody, monkeypatch):
    """Who has no settings has some with the first change: all that the page shows from then on goes by them."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)  # root's would be the system's
    environ = {"HOME": str(tmp_path)}
    shipped = CONFIG_FILES / "pitrainer.toml"
    settings, routines = OwnSettings(shipped, environ, nobody), Routines(shipped, environ, nobody)
    own = tmp_path / ".config" / "pitrainer" / "pitrainer.toml"
    after = settings.change(settings.read()["base"], {"volume": 60})
    assert (after["file"], settings.read()["values"]["volume"]) == (str(own), 60)
    own.write_text('paths.routines = "mine"\n[sound]\nvolume = 60\n')
    (own.parent / "mine").mkdir()
    (own.parent / "mine" / "tiny.toml").write_text(TINY)
    assert routines.read("tiny")["own"]
    settings.change(settings.read()["base"], {"volume": 70})
    assert "volume = 70" in own.read_text()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["neck", "adult", "08:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
ENTRY = st.fixed_dictionaries(
    {"routine": st.just("neck") | JSON, "profile": st.just("child") | JSON},
    optional={
        "at": st.just("09:00") | JSON,
        "level": JSON,
        "person": st.text(max_size=5) | JSON,
        "days": st.just(["mon"]) | JSON,
    },
)
NAMES = ("volume", "soft_max", "quiet", "card", "voice", "clarity", "programs", "reminders", "x", "\ud800")
SENT = st.dictionaries(st.sampled_from(NAMES), JSON | st.lists(ENTRY, max_size=3), max_size=3)


@given(SENT)
@settings_of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_anything_that_a_browser_may_send(file, nobody, sent):
    """Whatever is sent is taken over whole, or refused in a way that can be sent back; the file is right afterwards."""
    settings = OwnSettings(file, {}, nobody)
    file.write_text(MINE)
    error: Refused | None = None
    try:
        settings.change(settings.read()["base"], sent)
    except Refused as refusal:
        error = refusal
    if error:
        assert (error.status, file.read_text()) == (422, MINE)
        json.dumps(error.data, ensure_ascii=False).encode()
    load(file, {})
    assert [line for line in file.read_text().splitlines() if line.startswith("#")] == [
        line for line in MINE.splitlines() if line.startswith("#")
    ]
