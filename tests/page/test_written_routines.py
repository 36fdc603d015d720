"""A therapist writes routines on the page: checked at each line, saved only when right, with the last versions kept."""

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
from pitrainer.config.routines import load_routine_file
from pitrainer.errors import BadInput, Problem
from pitrainer.page.refused import Refused
from pitrainer.page.routines import Routines
from pitrainer.page.trainer import Trainer
from support.answering import Answering, answering
from support.appliance import TINY

SHIPPED = ["back", "box-breathing", "desk", "neck", "rolling-pin", "seniors"]
DESK = (CONFIG_FILES / "routines" / "desk.toml").read_text()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings with a folder for routines beside them."""
    (tmp_path / "routines").mkdir()
    file = tmp_path / "pitrainer.toml"
    file.write_text("# mine\n")
    return file


@pytest.fixture
def routines(settings: Path) -> Routines:
    """No trainer runs."""
    return Routines(settings, {}, Trainer(settings.parent / "nobody" / "control.sock"))


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Answering]:
    with answering(tmp_path) as trainer:
        yield trainer


@pytest.fixture
def tiny(settings: Path) -> Path:
    file = settings.parent / "routines" / "tiny.toml"
    file.write_text(TINY)
    return file


def refused(act: Any, *arguments: object) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return caught.value


def test_all_are_listed(routines, tiny):
    """Those that ship and the person's own are told apart; a broken one is there too, with its number of mistakes."""
    (tiny.parent / "desk.toml").write_text(DESK.replace("schema = 1", "schema = 2").replace('title = "', 'titel = "'))
    (tiny.parent / "No Routine.toml").write_text("x")
    (tiny.parent / ".#tiny.toml").write_text("x")
    listed = {one["id"]: one for one in routines.listed()["routines"]}
    assert sorted(listed) == sorted([*SHIPPED, "tiny"])
    assert listed["tiny"] == {
        "id": "tiny",
        "name": "Tiny",
        "own": True,
        "profiles": ["adult", "child"],
        "levels": ["gentle", "standard", "full"],
        "exercises": ["Push"],
        "mistakes": 0,
    }
    assert (listed["neck"]["own"], listed["neck"]["name"]) == (False, "Neck exercises")
    assert (listed["desk"]["own"], listed["desk"]["mistakes"], listed["desk"]["profiles"]) == (True, 3, [])


@pytest.mark.usefixtures("tiny")
def test_a_routine_is_read(routines):
    """Its text comes as it is written, with its plan; there is no version of it yet."""
    read = routines.read("tiny")
    assert (read["id"], read["own"], read["text"], read["versions"]) == ("tiny", True, TINY, [])
    assert read["check"] == routines.check("tiny", TINY)
    assert routines.read("desk")["own"] is False
    assert routines.read("desk")["text"] == DESK


def test_windows_line_ends(routines, tiny):
    """A file with the line ends of Windows is as the browser shows it, so that nothing in it seems changed."""
    tiny.write_bytes(TINY.replace("\n", "\r\n").encode())
    read = routines.read("tiny")
    assert read["text"] == TINY
    after = routines.save("tiny", TINY + "# mine\n", read["base"])
    assert routines.version("tiny", 1) == {"text": TINY}
    assert routines.restore("tiny", 1, after["base"])["text"] == TINY


def test_the_plan(routines):
    """A right routine is shown as a session for each profile: every exercise with its steps, and what is said in each."""
    check = routines.check("tiny", TINY)
    assert check["mistakes"] == []
    adult, child = check["profiles"]
    assert (adult["profile"], child["profile"]) == ("adult", "child")
    (push,) = adult["exercises"]
    assert (push["number"], push["id"], push["name"]) == (1, "push", "Push")
    assert [step["kind"] for step in push["steps"]] == ["instruct", "instruct", "ready", "hold", "release"]
    hold = next(step for step in push["steps"] if step["kind"] == "hold")
    assert hold["seconds"] == 6
    assert hold["text"].endswith("three two one") or "three" in hold["text"].lower()
    assert push["seconds"] == pytest.approx(sum(step["seconds"] for step in push["steps"]), abs=0.5)
    assert [step["text"] for step in adult["outro"]] == ["Bye."]
    assert adult["intro"] == []
    assert adult["minutes"] == pytest.approx((push["seconds"] + adult["outro"][0]["seconds"]) / 60, abs=0.1)


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("schema = 1\nid = tiny\n", [(2, 6, 'the quotes are missing; write id = "tiny"')]),
        (
            TINY.replace('hold = "6s"', 'hold = "6x"').replace('name = "Push"\n', ""),
            [
                (8, None, "exercise[1].name: is missing"),
                (12, None, 'exercise[1].hold: \'6x\' is not a length; write for example "10s", "1m30s" or "500ms"'),
            ],
        ),
        (TINY.replace("prepare", "prepar"), [(12, None, 'exercise[1].prepar: is not a known key (did you mean "prepare"?)')]),
        ("\ud800", [(None, None, "is not text: it has half a character")]),
        ("x = " + ".".join("a" * 300), [(1, None, "has more than 200 dots in line 1")]),
        ("#" * 300_000, [(None, None, "is larger than 256 KiB; such a file is neither settings nor a routine")]),
    ],
)
def test_mistakes_at_their_lines(routines, text, mistakes):
    """Each mistake is told with its line, and with its column where the file is no TOML; there is no plan then."""
    check = routines.check("tiny", text)
    found = [(one["line"], one["column"], one["text"]) for one in check["mistakes"]]
    assert [(line, column) for line, column, _ in found] == [(line, column) for line, column, _ in mistakes]
    for (_, _, said), (_, _, wanted) in zip(found, mistakes, strict=True):
        assert said == wanted
    assert check["profiles"] == []


def test_a_name_of_its_own(routines):
    """A text whose id is that of another file is wrong, and its plan can be seen all the same."""
    check = routines.check("tiny", TINY.replace('"tiny"', '"other"'))
    assert [(one["line"], one["text"]) for one in check["mistakes"]] == [
        (3, 'id: "other" is not the file\'s name; call the file "other.toml"')
    ]
    assert len(check["profiles"]) == 2


def test_warnings(routines):
    """What a plan would leave out is told at its exercise, and keeps nobody from saving."""
    text = TINY.replace(
        'hold = "6s"', 'hold = "6s"\ncoach = [{ at = "90%", say = "This is much too long for so short a hold." }]'
    )
    check = routines.check("tiny", text)
    assert check["mistakes"] == []
    left_out, no_go = check["warnings"]
    assert (left_out["line"], no_go["line"]) == (8, 8)
    assert "is left out" in left_out["text"]
    assert 'has no "go"' in no_go["text"]


def test_saving(tiny, trainer):
    """A right routine is saved and taken over by the trainer; what was there before is a version, and can be had back."""
    routines = Routines(tiny.parent.parent / "pitrainer.toml", {}, trainer.trainer)
    before = routines.read("tiny")
    os.utime(tiny, (1_700_000_000, 1_700_000_000))
    text = TINY.replace('"6s"', '"7s"')
    after = routines.save("tiny", text, before["base"])
    assert tiny.read_text() == text
    assert (after["text"], after["not_taken"], after["after_session"]) == (text, [], False)
    assert after["base"] != before["base"]
    assert trainer.asked == [{"command": "reload"}]
    (version,) = after["versions"]
    assert version["number"] == 1
    assert version["at"].startswith("2023-11-1")
    assert routines.version("tiny", 1) == {"text": TINY}
    back = routines.restore("tiny", 1, after["base"])
    assert tiny.read_text() == TINY
    assert (back["base"], [one["number"] for one in back["versions"]]) == (before["base"], [2, 1])
    assert load_routine_file(tiny, []) is not None
    assert sorted(path.name for path in tiny.parent.iterdir()) == [".versions", "tiny.toml"]


def test_a_new_one(routines, settings):
    """A new id makes a file; what the page begins it with is right."""
    text = routines.new("knee")["text"].replace("new-routine", "knee")
    assert routines.check("knee", text)["mistakes"] == []
    saved = routines.save("knee", text, "")
    assert (saved["own"], saved["versions"]) == (True, [])
    assert (settings.parent / "routines" / "knee.toml").read_text() == text
    assert refused(routines.save, "knee", text + "#", "").status == 409


def test_removing(tiny, settings, trainer):
    """One of the person's own goes, and the trainer is told; its text is left to be saved anew, and is a version."""
    routines = Routines(settings, {}, trainer.trainer)
    left = routines.remove("tiny", routines.read("tiny")["base"])
    assert not tiny.exists()
    assert (left["text"], left["base"], left["own"], left["check"]["mistakes"]) == (TINY, "", True, [])
    assert (left["not_taken"], trainer.asked) == ([], [{"command": "reload"}])
    assert routines.version("tiny", 1) == {"text": TINY}
    assert refused(routines.read, "tiny").status == 404
    assert "tiny" not in [one["id"] for one in routines.listed()["routines"]]
    assert [one["number"] for one in routines.new("tiny")["versions"]] == [1]
    assert (routines.restore("tiny", 1, "")["text"], tiny.read_text()) == (TINY, TINY)


@pytest.mark.parametrize(
    ("more", "use"),
    [
        ('[[program]]\nroutine = "tiny"\nprofile = "adult"\n', "programs"),
        ('[[reminder]]\nat = "08:00"\nroutine = "tiny"\nprofile = "adult"\n', "reminders"),
    ],
)
def test_removing_what_is_in_use(routines, settings, tiny, more, use):
    """What a program or a reminder begins stays, for without it the trainer would not start."""
    settings.write_text(more)
    error = refused(routines.remove, "tiny", routines.read("tiny")["base"])
    assert str(error) == f"tiny is in use; take it out of the {use} in the settings first"
    assert tiny.read_text() == TINY


def test_removing_a_changed_one_that_ships(routines, settings):
    """What ships is in force again, also where a program begins it; it cannot be removed itself."""
    settings.write_text('[[program]]\nroutine = "desk"\nprofile = "adult"\n')
    shipped = routines.read("desk")
    assert refused(routines.remove, "desk", shipped["base"]).status == 409
    saved = routines.save("desk", DESK + "# mine\n", shipped["base"])
    back = routines.remove("desk", saved["base"])
    assert (back["own"], back["text"], back["base"]) == (False, DESK, shipped["base"])
    assert routines.version("desk", 2) == {"text": DESK + "# mine\n"}


def test_removing_what_was_changed_meanwhile(routines, tiny):
    """What somebody else has just written is not removed, and an id that is none leads to no file."""
    base = routines.read("tiny")["base"]
    tiny.write_text(TINY + "# by hand\n")
    assert refused(routines.remove, "tiny", base).data["text"] == TINY + "# by hand\n"
    assert tiny.exists()
    assert refused(routines.remove, "../pitrainer", "").status == 404
    assert refused(routines.remove, "nobody", "").status == 409


def test_one_that_ships(routines):
    """Changing one that ships makes an own one; what shipped is its first version."""
    base = routines.read("desk")["base"]
    saved = routines.save("desk", DESK + "# mine\n", base)
    assert (saved["own"], [one["number"] for one in saved["versions"]]) == (True, [1])
    assert routines.version("desk", 1) == {"text": DESK}
    assert (CONFIG_FILES / "routines" / "desk.toml").read_text() == DESK


def test_nothing_wrong_is_saved(routines, tiny):
    """With a mistake, nothing is written; all mistakes are told."""
    base = routines.read("tiny")["base"]
    error = refused(routines.save, "tiny", TINY.replace('"6s"', "6").replace("en", "xx"), base)
    assert error.status == 422
    assert len(error.data["mistakes"]) == 2
    assert str(refused(routines.save, "tiny", TINY.replace('"6s"', "6"), base)) == "1 mistake; nothing was saved"
    assert tiny.read_text() == TINY
    assert [path.name for path in tiny.parent.iterdir()] == ["tiny.toml"]


def test_changed_by_hand(routines, tiny):
    """What somebody else has written meanwhile is not lost: it is told, and what the therapist wrote stays with them."""
    base = routines.read("tiny")["base"]
    by_hand = TINY + "# by hand\n"
    tiny.write_text(by_hand)
    error = refused(routines.save, "tiny", TINY + "# on the phone\n", base)
    assert (error.status, error.data["text"], error.data["base"]) == (409, by_hand, routines.read("tiny")["base"])
    assert tiny.read_text() == by_hand
    routines.save("tiny", TINY + "# both\n", error.data["base"])
    assert routines.version("tiny", 1) == {"text": by_hand}


def test_taken_away_by_hand(routines, tiny):
    """The same where the file has gone."""
    base = routines.read("tiny")["base"]
    tiny.unlink()
    assert refused(routines.save, "tiny", TINY + "#\n", base).status == 409
    assert refused(routines.read, "tiny").status == 404


@pytest.mark.usefixtures("tiny")
def test_saved_twice(routines):
    """Who sends what is there already, as by a second press of Save, is told no conflict; nothing is written."""
    base, after = routines.read("tiny")["base"], f"{TINY}# after\n"
    once = routines.save("tiny", after, base)
    twice = routines.save("tiny", after, base)
    assert (twice["base"], twice["versions"]) == (once["base"], once["versions"])
    assert refused(routines.save, "tiny", TINY, base).status == 409


@pytest.mark.usefixtures("tiny")
def test_ten_versions(routines):
    """The last ten are kept, the newest first, with numbers that no other one ever had."""
    base = routines.read("tiny")["base"]
    for number in range(13):
        saved = routines.save("tiny", f"{TINY}# {number}\n", base)
        base = saved["base"]
    assert [one["number"] for one in saved["versions"]] == list(range(13, 3, -1))
    assert routines.version("tiny", 13)["text"] == f"{TINY}# 11\n"
    assert refused(routines.version, "tiny", 3).status == 404
    assert routines.save("tiny", f"{TINY}# 12\n", base)["versions"] == saved["versions"], "nothing was changed"


@pytest.mark.parametrize(
    "id_", ["", ".", "..", "../pitrainer", "a/b", "Tiny", "tiny.toml", ".versions", "tiny\n", "ü", "a" * 41, "tiny\0", "%2e"]
)
def test_odd_ids(routines, settings, id_):
    """What is no id leads to no file, wherever it would lead."""
    for act in (
        lambda: routines.read(id_),
        lambda: routines.check(id_, TINY),
        lambda: routines.save(id_, TINY, ""),
        lambda: routines.version(id_, 1),
        lambda: routines.restore(id_, 1, ""),
    ):
        assert refused(act).status == 404
    assert sorted(path.name for path in settings.parent.iterdir()) == ["pitrainer.toml", "routines"]


def test_links(routines, tiny, tmp_path):
    """A link in the folder is neither followed nor written through; it is listed as what cannot be used here."""
    secret = tmp_path / "secret.toml"
    secret.write_text(TINY)
    tiny.unlink()
    tiny.symlink_to(secret)
    assert [one["mistakes"] for one in routines.listed()["routines"] if one["id"] == "tiny"] == [1]
    assert refused(routines.read, "tiny").status == 409
    assert refused(routines.save, "tiny", TINY + "#", "").status == 409
    assert secret.read_text() == TINY
    assert tiny.is_symlink()


@pytest.mark.parametrize("place", [".versions", ".versions/tiny"])
def test_links_among_the_versions(routines, tiny, tmp_path, place):
    """The folder of the versions leads nowhere else, either; with something in its place, nothing is saved."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "tiny").mkdir(parents=True)
    (elsewhere / "1.toml").write_text("secret")
    (elsewhere / "tiny" / "1.toml").write_text("secret")
    link = tiny.parent / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    read = routines.read("tiny")
    assert read["versions"] == []
    assert refused(routines.version, "tiny", 1).status == 404
    assert refused(routines.save, "tiny", TINY + "#\n", read["base"]).status == 409
    assert tiny.read_text() == TINY
    assert (elsewhere / "1.toml").read_text() == "secret"


def test_a_link_as_a_version(routines, tiny, tmp_path):
    """A version that is a link is not read."""
    base = routines.read("tiny")["base"]
    routines.save("tiny", TINY + "#\n", base)
    version = tiny.parent / ".versions" / "tiny" / "1.toml"
    version.unlink()
    version.symlink_to(tmp_path / "pitrainer.toml")
    assert refused(routines.version, "tiny", 1).status == 409


def test_a_pipe(routines, tiny):
    """A pipe in a routine's place is not waited for."""
    tiny.unlink()
    os.mkfifo(tiny)
    assert refused(routines.read, "tiny").status == 409


@pytest.mark.usefixtures("plain_user")
def test_a_folder_that_may_not_be_written(routines, tiny):
    """Where nothing can be written, the old file is whole, and the reason is told."""
    base = routines.read("tiny")["base"]
    tiny.parent.chmod(0o555)
    error = refused(routines.save, "tiny", TINY + "#\n", base)
    tiny.parent.chmod(0o755)
    assert (error.status, str(error)) == (409, "tiny.toml: cannot be saved: Permission denied; it is as before")
    assert tiny.read_text() == TINY


def test_a_full_disk(routines, tiny, monkeypatch):
    """Where the disk is full in the middle of it, the old file is whole, and no part of the new one stays."""
    base = routines.read("tiny")["base"]

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    error = refused(routines.save, "tiny", TINY + "#\n", base)
    assert str(error) == "tiny.toml: cannot be saved: No space left on device; it is as before"
    assert tiny.read_text() == TINY
    assert [path for path in tiny.parent.rglob("*") if path.is_file()] == [tiny]


def test_the_rest_is_wrong(settings, tiny, trainer):
    """Where something else keeps the trainer from taking it over, the routine is saved, and that is told."""
    routines = Routines(settings, {}, trainer.trainer)

    def mistaken(_request: object) -> dict[str, Any]:
        raise BadInput([Problem("pitrainer.toml", "sound.volume", "is wrong")])

    trainer.answers["reload"] = mistaken
    saved = routines.save("tiny", TINY + "#\n", routines.read("tiny")["base"])
    assert saved["not_taken"] == ["pitrainer.toml: sound.volume: is wrong"]
    assert tiny.read_text() == TINY + "#\n"


@pytest.mark.usefixtures("tiny")
def test_no_trainer(routines):
    """Where none runs, it is saved all the same."""
    saved = routines.save("tiny", TINY + "#\n", routines.read("tiny")["base"])
    assert saved["not_taken"] == ["the trainer is not running"]


@given(st.data())
@settings_of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_anything_that_is_typed(routines, data):
    """However far a text has been typed, or whatever was pasted, the answer can be sent, with lines that there are."""
    at = data.draw(st.integers(0, len(DESK)))
    to = data.draw(st.integers(at, min(len(DESK), at + 40)))
    text = DESK[:at] + data.draw(st.text(max_size=12)) + DESK[to:]
    check = routines.check("desk", text)
    json.dumps(check, ensure_ascii=False).encode()
    lines = [one["line"] for one in (*check["mistakes"], *check["warnings"]) if one["line"]]
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)
    assert check["mistakes"] or check["profiles"]
