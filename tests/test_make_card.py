"""`systemd/make-card.sh`: a card that is prepared is whole, and one that cannot be is as it was."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
IMAGER = "#cloud-config\nhostname: kitchen\nusers:\n- name: pi\n  passwd: '$5$x'\nruncmd:\n- [rfkill, unblock, wifi]\n"
PIP = """#!/bin/sh
echo "$*" >>"$0.asked"
[ -z "$PIP_FAILS" ] || { echo "ERROR: no network" >&2; exit 1; }
while [ $# -gt 0 ]; do
    case $1 in
        -w) echo wheel >"$2/pitrainer-0.1.0-py3-none-any.whl" ;;
        -d) echo wheel >"$2/numpy-2.5.5-cp313-cp313-manylinux_2_28_aarch64.whl"; cp "$2"/../../../pitrainer-*.whl "$2" ;;
    esac
    shift
done
"""


class Desk:
    """A PC with a card in it, and a pip that fetches nothing."""

    def __init__(self, folder: Path) -> None:
        self.card, self.bin = folder / "bootfs", folder / "bin"
        self.card.mkdir()
        self.bin.mkdir()
        for name in ("config.txt", "cmdline.txt", "meta-data"):
            (self.card / name).write_text(f"{name}\n")
        (self.card / "user-data").write_text(IMAGER)
        self.command("pip", PIP)
        self.clips = folder / "clips.zip"
        with zipfile.ZipFile(self.clips, "w") as archive:
            archive.writestr("a.wav", "sound")
        self.env = os.environ | {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PIP": str(self.bin / "pip"),
            "PITRAINER": str(self.command("own", "#!/bin/sh\nexit 0\n")),
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "TMPDIR": str(folder),
        }

    def command(self, name: str, text: str) -> Path:
        file = self.bin / name
        file.write_text(text)
        file.chmod(0o755)
        return file

    def make(self, *arguments: str | Path, **env: str) -> tuple[int, str]:
        """Return the exit code, and what was complained about."""
        command = [ROOT / "systemd" / "make-card.sh", *(arguments or ("--clips", self.clips, self.card))]
        done = subprocess.run(command, env=self.env | env, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stderr

    def there(self) -> dict[str, bytes]:
        """Return all that is on the card."""
        return {str(file.relative_to(self.card)): file.read_bytes() for file in self.card.rglob("*") if file.is_file()}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_card(desk: Desk) -> None:
    """The program, the packages for the Pi, the phrases and the settings are on it; what was there stays."""
    folder = desk.card.parent / "mine"
    (folder / "routines").mkdir(parents=True)
    (folder / "pitrainer.toml").write_text("# mine\n")
    (folder / "routines" / "morning.toml").write_text("# morning\n")
    before = desk.there()
    assert desk.make("--clips", desk.clips, "--settings", folder / "pitrainer.toml", desk.card) == (0, "")
    there = desk.there()
    assert {name: there.pop(name) for name in before if name != "user-data"} == {
        name: data for name, data in before.items() if name != "user-data"
    }
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "systemd/install.sh",
        "systemd/first-boot.sh",
        "pitrainer/__init__.py",
    ):
        assert there[f"pitrainer/{name}"] == (ROOT / name).read_bytes()
    assert there["pitrainer/config/pitrainer.toml"] == (ROOT / "config" / "pitrainer.toml").read_bytes()
    card = {name.removeprefix("pitrainer/card/") for name in there if name.startswith("pitrainer/card/")}
    assert card == {
        *("clips.zip", "id", "settings/pitrainer.toml", "settings/routines/morning.toml"),
        "wheels/numpy-2.5.5-cp313-cp313-manylinux_2_28_aarch64.whl",
    }
    assert not [name for name in there if "__pycache__" in name]
    assert {name for name in there if not name.startswith("pitrainer/")} == {"user-data"}
    asked = (desk.bin / "pip.asked").read_text()
    assert "--only-binary=:all: --implementation=cp --python-version=3.13 --abi=cp313" in asked
    assert "--platform=manylinux_2_28_aarch64" in asked
    assert asked.rstrip().endswith("hatchling>=1.26")
    assert [*desk.card.parent.glob("pitrainer-card.*")] == [], "nothing is left behind on the PC"


def test_routines_alone(desk: Desk) -> None:
    """Routines of one's own are carried without settings, too."""
    own = desk.card.parent / "pitrainer"
    (own / "routines").mkdir(parents=True)
    (own / "routines" / "neck.toml").write_text("# mine\n")
    assert desk.make() == (0, "")
    settings = {name: data for name, data in desk.there().items() if "card/settings" in name}
    assert settings == {"pitrainer/card/settings/routines/neck.toml": b"# mine\n"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[paths]\nroutines = \"/srv/routines\"\nvoices = '/srv/voices'\n", "/srv/routines, /srv/voices"),
        ("paths.routines='~/mine'", "~/mine"),
        ("[mqtt]\nca = \"ca.pem\"\npassword_file = '/etc/word' # mine\n", "ca.pem, /etc/word"),
        ('[voice]\nmodel = \'/srv/joe.onnx\'\n[voice.models]\n"en" = "/srv/amy.onnx"\n', "/srv/joe.onnx, /srv/amy.onnx"),
        ('paths.routines = "routines"\nvoice.model = "voices/a.onnx"\n', ""),
        ('voice = { models = { en = "a.onnx" } }', "a.onnx"),
        ('[voice]\nmodel = "en_US-amy-low"\n[paths]\nroutines = ""\n# voices = "/srv/voices"\n[mqtt]\nca = \'\'\n', ""),
    ],
)
def test_what_is_not_copied(desk: Desk, text: str, names: str) -> None:
    """What the settings name elsewhere is not on the card, and that is said."""
    own = desk.card.parent / "pitrainer"
    own.mkdir()
    (own / "pitrainer.toml").write_text(text)
    why = f"make-card.sh: CAUTION: not copied, put it on the Pi yourself: {names}\n"
    assert desk.make() == (0, why if names else "")


def test_user_data(desk: Desk) -> None:
    """What Imager has written comes first, whole; a second run changes nothing."""
    assert desk.make() == (0, "")
    text = (desk.card / "user-data").read_text()
    first, second, *rest = text.splitlines()
    assert (first, second) == ("#cloud-config-archive", "# pitrainer installs itself (systemd/make-card.sh)")
    assert rest == [
        "- content: |",
        *(f"    {line}" for line in IMAGER.splitlines()),
        "- content: |",
        "    #cloud-boothook",
        "    #!/bin/sh",
        "    mountpoint -q /boot/firmware || systemctl start boot-firmware.mount",
        "    exec bash /boot/firmware/pitrainer/systemd/first-boot.sh --enable",
    ]
    assert desk.make() == (0, "")
    assert (desk.card / "user-data").read_text() == text


@pytest.mark.parametrize("kept", ["", "#!/bin/sh\necho hello\n", "#cloud-config\r\nhostname: kitchen\r\n", "#cloud-config\n"])
def test_other_user_data(desk: Desk, kept: str) -> None:
    """It may be empty, a script, or written on Windows."""
    (desk.card / "user-data").write_bytes(kept.encode())
    assert desk.make() == (0, "")
    lines = (desk.card / "user-data").read_bytes().decode().splitlines()
    parts = [[]] if not kept else [kept.split(), []]
    assert lines.count("- content: |") == len(parts)
    assert [word for line in lines[3:-5] for word in line.split()] == (parts[0] if kept else [])


def test_interrupted(desk: Desk) -> None:
    """A card on which an earlier attempt was interrupted, at whatever place, is made whole."""
    assert desk.make() == (0, "")
    whole = desk.there()
    (desk.card / "user-data").write_text(IMAGER)
    (desk.card / "user-data.part").write_text("#cloud")
    (desk.card / "pitrainer").rename(desk.card / "pitrainer.part")
    shutil.rmtree(desk.card / "pitrainer.part" / "card")
    assert desk.make() == (0, "")
    assert desk.there() == whole


def test_an_update(desk: Desk) -> None:
    """Made again with other phrases, the card has another id, by which the Pi knows that there is something new."""
    assert desk.make() == (0, "")
    before = (desk.card / "pitrainer/card/id").read_text()
    assert desk.make() == (0, "")
    assert (desk.card / "pitrainer/card/id").read_text() == before
    desk.clips.write_bytes(b"others")
    (desk.card / "pitrainer/card/removed").touch()  # by uninstall.sh
    assert desk.make() == (0, "")
    assert (desk.card / "pitrainer/card/clips.zip").read_bytes() == b"others"
    assert (desk.card / "pitrainer/card/id").read_text() != before
    assert not (desk.card / "pitrainer/card/removed").exists()


DF = "#!/bin/sh\necho Avail\necho 1000\n"
NOTHING = "could not be written (the line above says why); nothing was left on it"
CP = '#!/bin/sh\ncase "$*" in *.part) mkdir "$3"; echo "cp: No space left on device" >&2; exit 1 ;; esac\nexec /bin/cp "$@"\n'
SYNC = '#!/bin/sh\ncase "$*" in *user-data.part) exit 1 ;; esac\n'


@pytest.mark.parametrize(
    ("stub", "text", "why"),
    [
        ("df", DF, "{card} is full: * MB are needed, 0 are free; rewrite the card, or use fewer voices"),
        (
            "cp",
            CP,
            f"cp: No space left on device\nmake-card.sh: {{card}} {NOTHING}",
        ),
        ("own", "#!/bin/sh\necho a.toml: no >&2\nexit 2\n", "a.toml: no\nmake-card.sh: {settings}: fix these first"),
    ],
)
def test_it_fails(desk: Desk, stub: str, text: str, why: str) -> None:
    """A card that is full, or that cannot be written to the end, is as it was; so it is where the settings are wrong."""
    desk.command(stub, text)
    settings = desk.card.parent / "pitrainer.toml"
    settings.write_text("")
    before = desk.there()
    code, said = desk.make("--clips", desk.clips, "--settings", settings, desk.card)
    begin, _, end = why.format(card=desk.card, settings=settings).partition("*")
    assert code == 2
    assert said.removeprefix("make-card.sh: ").startswith(begin)
    assert said.endswith(f"{end}\n")
    assert desk.there() == before


def test_user_data_that_cannot_be_written(desk: Desk) -> None:
    """The card was pulled out at the last moment: it starts as before."""
    desk.command("sync", SYNC)
    code, said = desk.make()
    assert (code, said) == (2, f"make-card.sh: {desk.card}/user-data could not be written; it is as before\n")
    assert (desk.card / "user-data").read_text() == IMAGER
    assert not (desk.card / "user-data.part").exists()


def test_no_network(desk: Desk) -> None:
    """Where the packages cannot be fetched, nothing is changed."""
    before = desk.there()
    code, said = desk.make(PIP_FAILS="yes")
    assert code == 2
    why = "the Python packages for the Pi could not be fetched (the lines above say why); nothing was changed on the card"
    assert said.splitlines() == ["ERROR: no network", f"make-card.sh: {why}"]
    assert desk.there() == before


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ("config.txt", "is not the boot partition of a Raspberry Pi OS card, it has no config.txt; look for one called bootfs"),
        (
            "cmdline.txt",
            "is not the boot partition of a Raspberry Pi OS card, it has no cmdline.txt; look for one called bootfs",
        ),
        (
            "meta-data",
            "this system has no cloud-init; write Raspberry Pi OS Lite (64-bit, trixie or newer) with Raspberry Pi Imager",
        ),
    ],
)
def test_not_a_card(desk: Desk, missing: str, why: str) -> None:
    """Another folder, or an older system, is one line."""
    (desk.card / missing).unlink()
    before = desk.there()
    code, said = desk.make()
    assert (code, said.count("\n")) == (2, 1)
    assert said.endswith(f"{why}\n")
    assert desk.there() == before


@pytest.mark.parametrize(
    "kept", ["Content-Type: multipart/mixed\n", "#cloud-config-archive\n- content: x\n", "#include\nhttp://x\n"]
)
def test_user_data_that_cannot_be_kept(desk: Desk, kept: str) -> None:
    """Somebody's own user-data of another kind is refused, not replaced."""
    (desk.card / "user-data").write_text(kept)
    code, said = desk.make()
    assert (code, said.count("\n")) == (2, 1)
    assert said.endswith("cannot be kept beside pitrainer's; rewrite the card\n")
    assert (desk.card / "user-data").read_text() == kept


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--clips", "/no/clips.zip", "."], "/no/clips.zip: there is no such file (asked for by --clips)"),
        (["--settings"], "(nothing): there is no such file (asked for by --settings)"),
        (["--help-me"], "unknown option: --help-me (see --help)"),
        (["/no/card"], "/no/card: there is no such folder; is the card mounted?"),
        (["a", "b"], "one card at a time, not also b"),
    ],
)
def test_wrong_arguments(desk: Desk, arguments: list[str], why: str) -> None:
    """Each is one line, with what would be right."""
    assert desk.make(*arguments) == (2, f"make-card.sh: {why}\n")


def test_read_only(desk: Desk) -> None:
    """A card that cannot be written is one line."""
    (desk.card / "user-data.part").mkdir()  # as root, who runs the tests too, may write anywhere else
    code, said = desk.make()
    assert code == 2
    assert said == f"make-card.sh: {desk.card} cannot be written; is the card's lock switch on, or is it mounted read-only?\n"
