"""A reminder on days on which its routine has no exercise is told."""

from pathlib import Path

import pytest

from pitrainer.config.validation import check_files, load_all

ROUTINE = """
schema = 1
id = "desk-days"
title = "Desk"
language = "en"

[[exercise]]
id = "push"
name = "Push"
say = "Push."
hold = "6s"
days = ["mon", "wed"]
"""
REMINDER = '[[reminder]]\ntime = "{at}"\nroutine = "desk-days"\nprofile = "adult"\ndays = {days}\n'


def test_a_reminder_that_never_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings with a reminder on other days than the exercises' load, with a warning; one common day is enough."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "routines").mkdir()
    (tmp_path / "routines" / "desk-days.toml").write_text(ROUTINE)
    file = Path("s.toml")
    file.write_text(
        REMINDER.format(at="08:00", days='["tue", "wed"]')
        + REMINDER.format(at="09:00", days='["tue", "sun"]')
        + REMINDER.format(at="10:00", days='["mon", "tue", "wed", "thu", "fri", "sat", "sun"]')
    )
    warning = 's.toml: reminder[2].days: (warning) no exercise of "desk-days" is done on these days, so nobody is ever reminded'
    assert list(map(str, load_all(file, {}).warnings)) == [warning]
    assert warning in map(str, check_files([file], {}))
