"""The arrows of the design: who may import whom, read from the source."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pitrainer"

CORE = {
    "units": set(),
    "signals": {"units"},
    "phrases": {"units"},
    "button": {"units"},
    "fields": {"units"},
    "speech": {"units", "fields", "phrases"},
    "routine": {"units", "fields", "phrases", "speech"},
    "reminders": {"units", "routine"},
    "plan": {"units", "signals", "fields", "phrases", "routine"},
    "session": {"units", "signals", "plan"},
    "habit": {"units", "routine"},
    "record": {"units", "routine", "plan", "session", "habit"},
    "trainer": {"units", "signals", "phrases", "button", "routine", "plan", "session", "habit", "reminders"},
}
"""What each module of the core may import of the core; the later ones know the earlier ones only."""

NOT_PURE = {
    *(
        "asyncio",
        "concurrent",
        "glob",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "queue",
        "random",
        "select",
        "shutil",
    ),
    *("signal", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "tomllib", "warnings"),
}
"""Clocks, files, threads, the outside: none of it in the core."""

LAZY = ("gpiozero", "matplotlib", "numpy", "sounddevice", "sqlite3", "onnxruntime", "piper", "rich", "soxr")
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


MODULES = {name_of(path): imports(path) for path in sorted(PACKAGE.rglob("*.py"))}


def ours(name: str) -> set[str]:
    return {other for other in MODULES[name] if other == "pitrainer" or other.startswith("pitrainer.")}


def others(name: str) -> set[str]:
    return {other.split(".")[0] for other in MODULES[name]} - {"pitrainer"}


def inside(name: str, *parts: str) -> bool:
    return any(name == f"pitrainer.{part}" or name.startswith(f"pitrainer.{part}.") for part in parts)


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


def test_every_module_is_known() -> None:
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


MAY_USE: dict[str, tuple[str, ...]] = {
    "pitrainer.loop": ("core",),
    "pitrainer.clock": ("core",),
    "pitrainer.errors": ("core",),
}


@pytest.mark.parametrize("name", MAY_USE)
def test_low_modules(name: str) -> None:
    """Loop, clock and errors know the core and nothing else of ours; they need the standard library only."""
    assert {other for other in ours(name) if not inside(other, *MAY_USE[name])} == set()
    assert others(name) <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith("pitrainer.core")])
def test_only_the_top_looks_up(name: str) -> None:
    """The arrow goes cli -> service -> the rest: nothing imports cli but the package's own start, and only cli the service."""
    allowed = {"pitrainer.__main__": {"cli"}, "pitrainer.cli": {"service"}}.get(name, set())
    assert {top for top in ("cli", "service") if any(inside(other, top) for other in ours(name))} <= allowed


@pytest.mark.parametrize("name", [name for name in MODULES if inside(name, "devices")])
def test_devices(name: str) -> None:
    """Devices know neither the service nor the command line, and of the loop what they are to it, not its run."""
    assert not any(inside(other, "service", "cli", "__main__") for other in ours(name))
    path = ROOT.joinpath(*name.split("."))
    source = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()
    froms = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    from_loop = {alias.name for node in froms if (node.module or "").endswith("loop") for alias in node.names}
    assert "run" not in from_loop


@pytest.mark.parametrize("name", MODULES)
def test_third_parties(name: str) -> None:
    """Third parties are imported by the devices only."""
    foreign = others(name) - set(sys.stdlib_module_names)
    assert inside(name, "devices") or foreign == set()


def test_light_import() -> None:
    """The command line answers `--help` and a typing error at once: importing it loads nothing heavy."""
    code = f"import sys, pitrainer.cli; print(*[name for name in {LAZY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_one_place_starts_python() -> None:
    """Every child that runs Python gets its command from the one place that keeps the current folder out of it."""
    lines = [line.strip() for path in PACKAGE.rglob("*.py") for line in path.read_text().splitlines()]
    assert [line for line in lines if "sys.executable" in line] == [
        'return [sys.executable, "-P", "-m", "pitrainer", *arguments]'
    ]


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
