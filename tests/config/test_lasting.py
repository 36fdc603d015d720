"""What forgets is told from what lasts."""

from pathlib import Path

import pytest

from pitrainer.config.lasting import forgetting, journal_forgets

ROOT = "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw"
RUN = "25 22 0:24 / /run rw,nosuid shared:13 - tmpfs tmpfs rw,size=186624k"
OVERLAYROOT = "22 1 0:28 / / rw shared:1 - overlay overlayroot rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/o"
OVERLAYROOT_UPPER = "30 22 0:27 / /media/root-rw rw shared:2 - tmpfs tmpfs-root rw"
BOOT_OVERLAY = "22 1 0:28 / / rw shared:1 - overlay overlay rw,lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work"
CONTAINER = "22 1 0:28 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/var/lib/docker/overlay2/1/diff,workdir=/w"
STATE = "40 22 179:3 /pitrainer /var/lib/pitrainer rw - ext4 /dev/mmcblk0p3 rw"
SPACES = "41 22 0:30 / /var/lib/pi\\040trainer rw - tmpfs tmpfs rw"


@pytest.mark.parametrize(
    ("mounts", "line", "folder", "what"),
    [
        ([ROOT, RUN], "", "/var/lib/pitrainer", ""),
        ([ROOT, RUN], "", "/run/pitrainer/not/yet", "tmpfs"),
        ([ROOT, SPACES], "", "/var/lib/pi trainer/x", "tmpfs"),
        ([OVERLAYROOT, OVERLAYROOT_UPPER], "", "/var/lib/pitrainer", "an overlay in memory"),
        ([BOOT_OVERLAY], "console=tty1 boot=overlay", "/var/lib/pitrainer", "an overlay in memory"),
        ([BOOT_OVERLAY], "overlayroot=tmpfs", "/var/lib/pitrainer", "an overlay in memory"),
        ([CONTAINER], "overlayroot=disabled", "/var/lib/pitrainer", ""),
        ([OVERLAYROOT, OVERLAYROOT_UPPER, STATE], "overlayroot=tmpfs", "/var/lib/pitrainer", ""),
        ([RUN.replace("/run", "/var/lib/pitrainer"), STATE], "", "/var/lib/pitrainer", ""),
        (["", "1 2 3", "a b c d e - "], "", "/var/lib/pitrainer", ""),
    ],
)
def test_forgetting(tmp_path: Path, mounts: list[str], line: str, folder: str, what: str) -> None:
    """Memory forgets, and so does an overlay whose changes are in memory; what is mounted on it does not."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text("\n".join(mounts))
    (tmp_path / "proc/cmdline").write_text(f"{line}\n")
    assert forgetting(Path(folder), tmp_path) == what


def test_this_machine() -> None:
    """The kernel's own list is read."""
    assert forgetting(Path("/dev/shm/x")) == "tmpfs"
    assert forgetting(Path("/proc/self")) == ""


def test_journal(tmp_path: Path) -> None:
    """The journal is in memory where journald has its folder there, into which the service may not look."""
    assert not journal_forgets(tmp_path)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("0123\n")
    assert not journal_forgets(tmp_path)
    (tmp_path / "run/log/journal").mkdir(parents=True)
    assert not journal_forgets(tmp_path)
    (tmp_path / "run/log/journal/0123").mkdir(mode=0o000)
    assert journal_forgets(tmp_path)


def test_journal_on_an_overlay(tmp_path: Path) -> None:
    """A journal that is written to an overlay in memory is forgotten as well."""
    for folder in ("etc", "proc/self", "var/log/journal/0123"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/machine-id").write_text("0123\n")
    (tmp_path / "proc/self/mountinfo").write_text(ROOT)
    assert not journal_forgets(tmp_path)
    (tmp_path / "proc/self/mountinfo").write_text(f"{OVERLAYROOT}\n{OVERLAYROOT_UPPER}")
    assert journal_forgets(tmp_path)
