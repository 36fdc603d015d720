"""Whose folder it is. Root works in a folder of somebody else's as that user: it would follow whatever link they put there."""

import errno
import fcntl
import os
import pwd
import stat
import termios
from contextlib import suppress
from pathlib import Path

from ..errors import PitrainerError

NOBODY = 65534
MOST_LINKS = 40
"""On the way to one folder, as for the kernel."""


def become_owner(folder: Path) -> None:
    """Where root is to work in somebody else's folder, be that owner from here on, for good. Others stay who they are.

    What only root may read is to be opened before.

    Raises:
        PitrainerError: if not only root and the owner could change the way to it, or its owner cannot be become.
    """
    if os.geteuid() != 0:
        return
    try:
        owner = _owner(folder)
        if owner.st_uid != 0:
            _become(owner)
    except OSError as error:
        raise PitrainerError(f"{folder}: root cannot become its owner: {error.strerror}") from error
    for module in (__file__, os.__file__):  # more of the program, and of Python, is imported later
        if not os.access(module, os.R_OK):
            raise PitrainerError(f"{folder}: belongs to {user_name()}, who may not read the program in {Path(module).parent}")


def user_name() -> str:
    """Return the name of the user who this is; a number where there is none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _owner(folder: Path) -> os.stat_result:
    """Return the first part of the way to a folder, from the top, that is not root's; the last there is, where all are.

    Links are followed by hand: each part of the way to where they lead counts as well.
    """
    at, ahead, links = Path("/"), list(reversed(folder.absolute().parts[1:])), 0
    found = at.lstat()
    while found.st_uid == 0:
        if stat.S_ISLNK(found.st_mode):
            if (links := links + 1) > MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target = os.readlink(at)
            ahead += reversed(target.split("/"))
            at = Path("/") if target.startswith("/") else at.parent
            found = at.lstat()
        shared = bool(found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and found.st_gid != 0))
        there = at / ahead[-1] if ahead else None
        # In a folder such as /tmp, what is root's already cannot be replaced, but what is not there yet can be made by anybody.
        if shared and not (found.st_mode & stat.S_ISVTX and there and os.path.lexists(there)):
            raise PitrainerError(f"{folder}: root does not work there, as other users can change {at}")
        if not ahead:
            break
        part = ahead.pop()
        at = at.parent if part == ".." else at / part
        try:
            found = at.lstat()
        except (FileNotFoundError, NotADirectoryError):
            break  # it will be made by root, in root's
    return found


def _become(owner: os.stat_result) -> None:
    with suppress(OSError):
        # Through root's terminal a process of the owner could type commands (TIOCSTI). The session's leader cannot leave it
        # without ending, and no shell waits behind it.
        if os.getsid(0) != os.getpid():
            with open("/dev/tty", "rb", buffering=0) as terminal:
                fcntl.ioctl(terminal, termios.TIOCNOTTY)
    groups: list[int] = []
    try:
        user = pwd.getpwuid(owner.st_uid)
    except KeyError:
        group = owner.st_gid or NOBODY  # never root's
    else:
        group = user.pw_gid
        groups = os.getgrouplist(user.pw_name, group)
        os.environ["HOME"] = user.pw_dir
    os.setgroups(groups)
    os.setgid(group)
    os.setuid(owner.st_uid)
