"""What a phone is sent: little, nothing inline, and nothing from elsewhere."""

import gzip
import re
from pathlib import Path

import pytest

import pitrainer

FOLDER = Path(pitrainer.__file__).parent / "page" / "static"
FILES = sorted(FOLDER.iterdir())
MOST = 60_000
"""Bytes of all files together, as gzip sends them: three seconds at the pace of a poor Wi-Fi, 160 kbit/s."""


def test_small() -> None:
    """All views together are no more than a phone takes in at once."""
    assert sum(len(gzip.compress(file.read_bytes())) for file in FILES) <= MOST


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_from_elsewhere(file: Path) -> None:
    """No file names another machine; what names a format asks nobody."""
    text = file.read_text().replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"\w+://[^\s\"'`]+", text) == []


def test_nothing_inline() -> None:
    """The page holds no script, style or listener of its own: the browser is told to take none."""
    shell = (FOLDER / "shell.html").read_text()
    assert re.findall(r"<style|<script>|<script[^>]*>[^<]|\sstyle=|\son\w+=", shell) == []


@pytest.mark.parametrize("file", [file for file in FILES if file.suffix == ".js"], ids=lambda file: file.name)
def test_imports(file: Path) -> None:
    """What a module imports is there, and exported."""
    for names, other in re.findall(r"import \{([^}]+)\} from \"\./([^\"]+)\"", file.read_text()):
        exported = re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", (FOLDER / other).read_text(), re.MULTILINE)
        assert {name.strip() for name in names.split(",")} <= {*exported}


def test_no_innerhtml() -> None:
    """Whatever a routine or a person is called, it is shown as text."""
    dangerous = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function")
    assert [file.name for file in FILES if dangerous.search(file.read_text())] == []
