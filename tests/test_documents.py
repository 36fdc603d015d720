"""What is written about the repository is true of it: the map has every room, and each file that is named is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README, CONTRIBUTING = ROOT / "README.md", ROOT / ".github" / "CONTRIBUTING.md"


def section(title: str) -> str:
    return CONTRIBUTING.read_text().split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_map() -> None:
    """The map for contributors has a line for each room."""
    rooms = {path.parent.name for path in (ROOT / "pitrainer").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)/`", section("The map"), re.MULTILINE)) == rooms


def test_press_to_sound() -> None:
    """From the pin's edge to the sample of the answer it is eight modules at most."""
    way = section("From a press to the sound").partition("1. ")[2].partition("\n\n")[0]
    modules = re.findall(r"`([\w/]+\.py)`", way)
    assert 1 < len(modules) <= 8
    assert [file for file in modules if not (ROOT / "pitrainer" / file).is_file()] == []


@pytest.mark.parametrize("document", [README, CONTRIBUTING], ids=lambda path: path.name)
def test_named_files(document: Path) -> None:
    """Every file that is linked or named by its path is in the repository."""
    text = document.read_text()
    linked = {link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link}
    assert linked or document == CONTRIBUTING
    assert [link for link in linked if not (document.parent / link).exists()] == []
    named = {name for name in re.findall(r"`([\w.-]+/[\w./-]+)", text) if name.endswith((".py", ".sh", ".toml"))}
    assert named
    assert [name for name in named if not any((base / name).exists() for base in (ROOT, ROOT / "pitrainer"))] == []


def test_commands() -> None:
    """The commands that install something work for root where there is no sudo: each asks for it only where it is there."""
    commands = [line for line in README.read_text().splitlines() if line.startswith("    ") and "apt-get" in line]
    assert len(commands) == 3
    for command in commands:
        assert command.count("apt-get") == command.count("$(command -v sudo) apt-get") == 2
