"""The units: what the page may, and that they say the same as the program."""

import configparser
import ipaddress
import re
from pathlib import Path

import pytest

from pitrainer.config import locate
from pitrainer.control.protocol import socket_file
from pitrainer.page.place import SERVICE

SYSTEMD = Path(__file__).parents[2] / "systemd"
INSTALL, UNINSTALL = ((SYSTEMD / f"{name}.sh").read_text() for name in ("install", "uninstall"))


def unit(name: str, section: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(SYSTEMD / name)
    return dict(parser[section])


def test_only_the_home_network() -> None:
    """The socket takes connections from private addresses alone: nobody on the internet reaches the page."""
    socket = unit("pitrainer-page.socket", "Socket")
    assert socket["IPAddressDeny"] == "any"
    words = socket["IPAddressAllow"].split()
    assert words[:2] == ["localhost", "link-local"]
    assert all(ipaddress.ip_network(word).is_private for word in words[2:])
    assert len(words) == 6


def test_its_sandbox() -> None:
    """It is nobody's user but its own, has no network but the socket, and no right of root; it ends before the trainer does."""
    service, trainer = unit("pitrainer-page.service", "Service"), unit("pitrainer.service", "Service")
    wanted = {"User": "pitrainer-page", "SupplementaryGroups": "pitrainer", "PrivateNetwork": "yes", "NoNewPrivileges": "yes"}
    wanted |= {
        "RestrictAddressFamilies": "AF_UNIX",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
    }
    wanted |= {"ReadWritePaths": "/etc/pitrainer", "PrivateDevices": "yes"}
    assert {key: service[key] for key in wanted} == wanted
    assert int(service["OOMScoreAdjust"]) > int(trainer["OOMScoreAdjust"])
    assert int(service["Nice"]) > int(trainer["Nice"])


def test_its_places() -> None:
    """The program looks where the units put things."""
    service = unit("pitrainer-page.service", "Service")
    assert SERVICE.control == socket_file(locate.SERVICE_FOLDER)
    assert (SERVICE.settings, SERVICE.history) == (locate.SYSTEM_FILE, locate.SERVICE_STATE)
    assert SERVICE.state == Path("/var/lib", service["StateDirectory"])
    assert service["ExecStart"] == "/opt/pitrainer/bin/python -P -m pitrainer.page"
    assert (SYSTEMD.parent / "pitrainer" / "page" / "__main__.py").is_file()


@pytest.mark.parametrize("what", ["pitrainer-page.socket", "pitrainer-page.service", "/etc/avahi/services/pitrainer.service"])
def test_taken_away(what: str) -> None:
    """What is installed is taken away again."""
    assert what in INSTALL
    assert what in UNINSTALL


def test_installed_for_the_card_too() -> None:
    """A card that is prepared has the packages that the installation asks for."""
    asked = {re.sub(r"\W", "", part) for part in re.findall(r"extras=(\w+)|extras\+=,(\w+)", INSTALL) for part in part if part}
    card = set(re.findall(r"extra='\[([\w,]+)\]'", (SYSTEMD / "make-card.sh").read_text())[-1].split(","))
    assert asked == card == {"mqtt", "page", "pi"}
