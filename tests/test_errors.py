"""The errors that end a command, and the remedies in them."""

import os

import pytest

from pitrainer.errors import pip


@pytest.mark.parametrize(("mine", "sudo"), [(True, ""), (False, "sudo ")])
def test_pip(monkeypatch: pytest.MonkeyPatch, mine: bool, sudo: str) -> None:
    """What installs a package does so where the program is, with sudo where that is needed."""
    monkeypatch.setattr("sys.prefix", "/opt/pitrainer")
    monkeypatch.setattr(os, "access", lambda *_: mine)
    assert pip("soxr") == f"{sudo}/opt/pitrainer/bin/pip install soxr"
