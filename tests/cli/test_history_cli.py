"""`pitrainer history`: the calendar, the exports, the import and the picture, as a person calls them."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pitrainer.cli import chart
from pitrainer.cli.calendar import print_history
from pitrainer.cli.main import main
from pitrainer.config import locate, schema
from pitrainer.control.protocol import socket_file
from pitrainer.control.server import Control
from pitrainer.core.progression import Reached
from pitrainer.core.routine import Regimen
from pitrainer.core.session_record import SessionRecord
from pitrainer.core.statistics import Overview, Past, Rating, Skips, calendar, overviews
from pitrainer.core.units import MINUTE, Ms
from pitrainer.errors import pip
from pitrainer.history.store import History
from pitrainer.history.transfer import write_json
from support.histories import TAPER, invented, tapered

TODAY = date(2026, 11, 19)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A person with a home of their own, and no service."""
    monkeypatch.setattr(locate, "SYSTEM_FILE", tmp_path / "etc" / "pitrainer.toml")
    monkeypatch.setattr(locate, "SERVICE_STATE", tmp_path / "var")
    for name, folder in {"HOME": "", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"}.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("PITRAINER_CONFIG", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def file(home):
    return home / "state" / "pitrainer" / "history.db"


def sessions(last: date, count: int) -> list[SessionRecord]:
    return list(invented(last, count, daily=False))


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(["history", *arguments])
    done = capsys.readouterr()
    assert "Traceback" not in done.out + done.err
    return code, done.out, done.err


def test_nothing_yet(home, capsys):
    """The first call tells that there is nothing, and makes no file."""
    assert run(capsys) == (0, "no sessions yet\n", "")
    assert run(capsys, "--csv")[1].count("\n") == 1
    assert json.loads(run(capsys, "--json")[1])["sessions"] == []
    assert not (home / "state").exists()


def test_days_off(home, file, capsys):
    """Days on which nothing is due in the person's next session break no streak."""
    History(file, 80).add(tapered(TODAY))
    routine = home / "config" / "pitrainer" / "routines" / "taper.toml"
    routine.parent.mkdir(parents=True)
    routine.write_text(TAPER)
    assert "longest streak: 16 days\n" in run(capsys)[1]


CALENDAR = """\
adult
week             Mo  Tu  We  Th  Fr  Sa  Su    done  minutes
 2 Nov -  8 Nov  ·   ·   ●   ●   ○   ●   ·        3       37
 9 Nov - 15 Nov  ●   ●   ·   ●   ●   ●   ●        6       72
16 Nov - 22 Nov  ●   ●   ○   ·                    2       25

● done   ○ begun   · no session

11 sessions done since 4 Nov 2026; longest streak: 6 days
skipped most in these weeks: chin-to-chest (neck), 3 of 31 holds
"""


ANSWERS = """\
adult
week             Mo  Tu  We  Th  Fr  Sa  Su    done  minutes  pain  effort
 2 Nov -  8 Nov  ·   ·   ●   ·   ·   ·   ·        1       12     2
 9 Nov - 15 Nov  ·   ●   ·   ●   ·   ·   ·        2       24   0-6       4
16 Nov - 22 Nov  ·   ·   ·   ·

● done   ○ begun   · no session

3 sessions done since 4 Nov 2026
pain after press: 0, on 12 Nov
effort after the session: 4, on 10 Nov
press: 12s, step 1 of 10; it waits, because of pain
tap: 8 repetitions, step 3 of 3
"""
NECK = Regimen("neck", "adult")


def overview() -> Overview:
    done = (4, 5, 7, 9, 10, 12, 13, 14, 15, 16, 17)
    pasts = [
        Past(datetime(2026, 11, day, 19, tzinfo=UTC), Ms(minutes * MINUTE), NECK, share, frozenset(), "completed")
        for days, minutes, share in ((done, 12, 10_000), ((6, 18), 1, 2_000))
        for day in days
    ]
    weeks = calendar(pasts, 80, TODAY, 3)
    return Overview("adult", TODAY, weeks, 0, 6, 11, date(2026, 11, 4), Skips(NECK, "chin-to-chest", 3, 31))


def test_calendar(capsys, monkeypatch):
    """Readable without colour, in 80 columns; what is only begun is told from what is done; the future is empty."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    print_history([overview()], {})
    assert re.sub(r" +\n", "\n", capsys.readouterr().out) == CALENDAR


def test_answers(capsys, monkeypatch):
    """Each week has the least and the most that was answered; below is the last answer of each kind, and what has grown."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    given = {
        4: (Rating(9, "press", "pain", 2),),
        10: (Rating(9, "press", "pain", 6), Rating(14, "", "effort", 4)),
        12: (Rating(9, "press", "pain", 0),),
    }
    pasts = [
        Past(datetime(2026, 11, day, 19, tzinfo=UTC), Ms(12 * MINUTE), NECK, 10_000, frozenset(), "completed", ratings)
        for day, ratings in given.items()
    ]
    (found,) = overviews(pasts, lambda _: [], 80, TODAY, 3)
    print_history(
        [found], {"adult": [Reached("press", "12s", 1, 10, waits=True), Reached("tap", "8 repetitions", 3, 3, waits=True)]}
    )
    assert re.sub(r" +\n", "\n", capsys.readouterr().out) == ANSWERS


def test_history(file, capsys):
    """The calendar of the weeks asked for, up to today."""
    History(file, 80).add(sessions(date.today(), 60))
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert len(re.findall(r"(?m)^[ 123]\d \w{3} - [ 123]\d \w{3} ", out)) == 12
    assert max(map(len, out.splitlines())) <= 80
    assert " sessions done since " in out
    assert len(re.findall(r"(?m)^[ 123]\d \w{3} - ", run(capsys, "--weeks", "3")[1])) == 3


def test_today_is_the_trainers(file, home, capsys, monkeypatch):
    """Where a running trainer was told the time, the weeks go up to its day, though the system's clock is behind."""
    ahead = date.today() + timedelta(days=70)
    History(file, 80).add(sessions(ahead, 3))
    week = f"{(monday := ahead - timedelta(days=ahead.weekday())).day:2} {monday:%b} - "
    assert week not in run(capsys, "--weeks", "1")[1]
    monkeypatch.setattr(locate, "service_folder", lambda _: home / "run")
    told = {"clock": {"at": f"{ahead.isoformat()}T12:00:00+00:00", "zone": "UTC", "source": "hand"}}
    control = Control(socket_file(home / "run"), {"clock": lambda _: told})
    control.serve()
    with closing(control):
        assert week in run(capsys, "--weeks", "1")[1]


def test_what_counts_as_done_is_a_setting(file, home, capsys):
    """Who asks for every hold has fewer sessions done."""
    History(file, 80).add(sessions(date.today(), 300))
    counts = []
    for done in (1, 80, 100):
        (home / "config" / "pitrainer").mkdir(parents=True, exist_ok=True)
        (home / "config" / "pitrainer" / "pitrainer.toml").write_text(f"history.done = {done}\n")
        counts.append(int(re.search(r"(\d+) sessions done", run(capsys)[1]).group(1)))
    assert counts[0] > counts[1] > counts[2]


def test_there_and_back(file, home, capsys, monkeypatch):
    """Exported here, imported there, exported there: the same; and again: nothing to add."""
    History(file, 80).add(sessions(date.today(), 30))
    first = run(capsys, "--json")[1]
    (home / "export.json").write_text(first)
    count = len(json.loads(first)["sessions"])
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "elsewhere"))
    assert run(capsys, "import", "export.json") == (0, f"{count} sessions added\n", "")
    assert run(capsys, "import", "export.json") == (0, f"{count} sessions were there already\n", "")
    assert run(capsys, "--json")[1] == first
    rows = run(capsys, "--csv")[1].splitlines()
    assert len(rows) == 1 + 25 * count


def test_what_an_import_tells(file, home, capsys):
    """How many sessions were added, completed, and there already, in whole words; what there was none of is left out."""
    many = list(invented(date.today(), 20))

    def told(*records: SessionRecord) -> str:
        with (home / "x.json").open("w") as export:
            write_json(records, export)
        code, out, err = run(capsys, "import", "x.json")
        assert (code, err) == (0, "")
        return out.removesuffix("\n")

    assert told() == "there are no sessions in it"
    assert told(replace(many[0], result="running", holds=many[0].holds[:3])) == "1 session added"
    assert told(many[0]) == "1 session completed"
    assert told(many[0]) == "1 session was there already"
    assert told(*many[:3], replace(many[3], result="running")) == "3 sessions added, 1 was there already"
    assert told(*many) == "16 sessions added, 1 completed, 3 were there already"
    assert History(file, 80).records() == many


def test_skipped_and_never_begun(home, capsys):
    """An export that says both of a hold is carried on, and the calendar goes by the holds that were begun."""
    (one,) = invented(date.today(), 1, holds=1)
    with (home / "x.json").open("w") as export:
        write_json([replace(one, holds=(replace(one.holds[0], held=None, skipped=True),))], export)
    assert run(capsys, "import", "x.json") == (0, "1 session added\n", "")
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert "skipped" not in out


def test_interrupted(file, home):
    """Ctrl-C in an import, at whatever moment: all of the export is there or nothing, and the history is sound."""
    History(file, 80).add(invented(date(2000, 1, 1), 5, seed=2))
    with (home / "x.json").open("w") as export:
        write_json(invented(date.today(), 700), export)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "pitrainer", "history", "import", "x.json"]
    journal = file.with_name("history.db-journal")
    codes = []
    for wait in (0, 0.02, 0.1):
        importing = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with importing:
            # It is writing as soon as there is something in SQLite's journal.
            while importing.poll() is None and not journal.stat().st_size:
                time.sleep(0.001)
            time.sleep(wait)
            importing.send_signal(signal.SIGINT)
            _, err = importing.communicate(timeout=60)
        codes.append(importing.returncode)
        assert err == ""
        assert importing.returncode in (130, 0, -signal.SIGINT)  # the latter two where it was done, and Python was ending
        with closing(sqlite3.connect(file)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            (count,) = database.execute("SELECT count(*) FROM sessions").fetchone()
        assert count in ((5, 705) if importing.returncode == 130 else (705,))
        if count == 705:
            break
    assert codes[0] == 130


def test_import_of_something_else(home, capsys):
    """A file that is none of ours is one line and code 2."""
    (home / "x.json").write_text("{}")
    assert run(capsys, "import", "x.json") == (2, "", "x.json: was not written by `pitrainer history --json`\n")
    assert run(capsys, "import", "no.json") == (2, "", "no.json: there is no such file\n")


def test_settings_by_name(home, capsys):
    """`--config` is read before and after `import`."""
    (home / "my.toml").write_text(f'paths.state = "{home}/mine"\n')
    (home / "export.json").write_text(json.dumps({"format": "pitrainer history", "version": 1, "sessions": []}))
    assert run(capsys, "--config", "my.toml", "import", "export.json")[0] == 0
    assert (home / "mine" / "history.db").exists()
    assert run(capsys, "import", "export.json", "--config", "no.toml")[0] == 2


@pytest.mark.parametrize("arguments", ["--weeks 0", "--weeks x", "--weeks 521", "--csv --json", "import", "export"])
@pytest.mark.usefixtures("home")
def test_slips(capsys, arguments):
    """What cannot be meant is answered by the usage."""
    with pytest.raises(SystemExit) as ended:
        main(["history", *arguments.split()])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: pitrainer history")


def test_damaged(file, capsys):
    """A history that cannot be read is one line and code 2, in every form; the file stays."""
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database " * 1000)
    for arguments in ([], ["--csv"], ["--json"], ["--picture", "x.svg"]):
        assert run(capsys, *arguments) == (2, "", f"pitrainer: {file}: cannot be read: file is not a database\n")
    assert file.read_bytes() == b"no database " * 1000


def test_import_into_a_damaged_history(file, home, capsys):
    """An import says that the history is damaged, and what to do; it changes nothing. Done so, it works."""
    History(file, 80).add(sessions(date.today(), 30))
    (home / "x.json").write_text(run(capsys, "--json")[1])
    content = file.read_bytes()[:-5_000]
    file.write_bytes(content)
    what = f"pitrainer: {file}: is damaged (database disk image is malformed), and nothing was imported; "
    todo = "move it elsewhere and import again: that begins a new one\n"
    assert run(capsys, "import", "x.json") == (2, "", what + todo)
    assert file.read_bytes() == content
    file.rename(home / "elsewhere.db")
    assert re.fullmatch(r"\d+ sessions added\n", run(capsys, "import", "x.json")[1])


@pytest.mark.parametrize(("started", "offset"), [(253_402_300_799_999, 60), (-(2**63), 0), (10**15, 0), (0, 10**12)])
def test_absurd_times(file, capsys, started, offset):
    """A time that cannot be is one line and code 2, in every form."""
    History(file, 80).add(sessions(date.today(), 3))
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE sessions SET started = ?, ended = ?, offset = ? WHERE id = 2", (started, started, offset))
    for arguments in ([], ["--csv"], ["--json"], ["--picture", "x.svg"]):
        assert run(capsys, *arguments) == (2, "", f"pitrainer: {file}: cannot be read: it contains an invalid time\n")


def test_newer(file, capsys):
    """The same for one of a newer version."""
    History(file, 80).add(sessions(date.today(), 3))
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version = 5")
    database.close()
    message = f"pitrainer: {file}: is from a newer version of pitrainer (its format is 5, known is 4)\n"
    assert run(capsys) == (2, "", message)
    (file.parent / "x.json").write_text(json.dumps({"format": "pitrainer history", "version": 1, "sessions": []}))
    assert run(capsys, "import", str(file.parent / "x.json")) == (2, "", message)


def test_reader_that_leaves(file):
    """`pitrainer history --csv | head -1` ends well."""
    History(file, 80).add(sessions(date.today(), 100))
    command = f"{sys.executable} -m pitrainer history --csv | head -1"
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("session,start,")


# whose history it is


def test_the_services_history(home, capsys):
    """Where the service's settings are in force, a person who may read its history sees that one."""
    (home / "etc").mkdir()
    (home / "etc" / "pitrainer.toml").write_text("")
    assert schema.Settings(file=locate.SYSTEM_FILE).state_folder(os.environ) == home / "state" / "pitrainer"
    History(home / "var" / "history.db", 80).add(sessions(date.today(), 20))
    assert schema.Settings(file=locate.SYSTEM_FILE).state_folder(os.environ) == home / "var"
    assert " done since " in run(capsys, "--config", str(locate.SYSTEM_FILE))[1]
    # With settings of their own it is their own; and the service itself goes by what systemd says.
    assert schema.Settings(file=home / "my.toml").state_folder(os.environ) == home / "state" / "pitrainer"
    assert schema.Settings(file=locate.SYSTEM_FILE).state_folder({"STATE_DIRECTORY": "/s"}) == Path("/s")


@pytest.mark.parametrize("arguments", [[], ["--json"], ["import", "export.json"]])
def test_the_services_history_for_its_group_only(home, capsys, monkeypatch, arguments):
    """Who may not read the service's history is told how to, instead of being shown an empty one of their own."""
    (home / "etc").mkdir()
    (home / "etc" / "pitrainer.toml").write_text("")
    with (home / "export.json").open("w") as export:
        write_json(sessions(date.today(), 3), export)
    History(home / "var" / "history.db", 80).add(sessions(date.today(), 20))
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != home / "var" and may(path, mode))
    code, out, err = run(capsys, "--config", str(locate.SYSTEM_FILE), *arguments)
    assert (code, out) == (2, "")
    assert err == (
        f"pitrainer: {home}/var: only the group pitrainer may read it; "
        "sudo usermod -aG pitrainer $USER, then log out and back in; or use sudo\n"
    )
    assert not (home / "state").exists()


# the picture


@pytest.mark.parametrize("name", ["history.svg", "history.PNG"])
def test_picture(file, home, capsys, name):
    """A picture of the kind that its name asks for, the same each time."""
    History(file, 80).add(sessions(date.today(), 60))
    assert run(capsys, "--picture", name) == (0, "", "")
    first = (home / name).read_bytes()
    assert first.startswith(b"<?xml" if name.endswith("svg") else b"\x89PNG")
    assert run(capsys, "--picture", name)[0] == 0
    assert (home / name).read_bytes() == first


def test_picture_tells_what_the_calendar_does(home):
    """Every day up to today has its square, in the colour of what was done; every week its bar."""
    chart.draw([overview()], home / "x.svg")
    text = (home / "x.svg").read_text()
    colours = [text.count(f"fill: {colour}") for colour in (chart.BEGUN, chart.NONE)]
    assert colours == [2 + 1, 5 + 1]  # each once more in the key
    assert "adult: 11 sessions done since 4 Nov 2026" in text
    chart.draw([replace(overview(), done=1)], home / "x.svg")
    assert "adult: 1 session done since 4 Nov 2026" in (home / "x.svg").read_text()


def test_picture_of_nothing(home, capsys):
    """A picture of no history says so."""
    assert run(capsys, "--picture", "x.svg")[0] == 0
    assert "no sessions yet" in (home / "x.svg").read_text()


@pytest.mark.parametrize("name", ["history.jpg", "history", "folder.svg", "no/such/folder/x.svg"])
def test_picture_that_cannot_be(home, capsys, name):
    """A kind that there is not, and a place that cannot be written, are one line."""
    (home / "folder.svg").mkdir()
    code, out, err = run(capsys, "--picture", name)
    assert (code, out) == (2, "")
    assert re.fullmatch(rf"(pitrainer: )?{name}: .+\n", err)


def test_picture_without_matplotlib(home, capsys, monkeypatch):
    """Where matplotlib is not installed, it says how to get it; the calendar works without."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = run(capsys, "--picture", "x.svg")
    assert code == 2
    assert err.startswith(f"pitrainer: a picture needs matplotlib: {pip('matplotlib')} (")
    assert run(capsys)[0] == 0
    assert not (home / "x.svg").exists()
