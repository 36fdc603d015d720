"""The picture of the header: every part at its pin, as README's table has it, readable anywhere."""

from dataclasses import replace

import pytest
from gpiozero.pins.pi import PiBoardInfo

from pitrainer.cli import wiring
from pitrainer.cli.main import main
from pitrainer.cli.wiring import PI_4, board, header, occupied, parts, print_wiring, warnings
from pitrainer.config.schema import BuzzerSettings, PinSettings
from pitrainer.core.boards import BOARDS
from pitrainer.gpio import backends

FORTY = header(PiBoardInfo.from_revision(PI_4))
ACTIVE = BuzzerSettings()


def connected(pins: PinSettings, buzzer: BuzzerSettings = ACTIVE, head=FORTY) -> dict[int, str]:
    """What goes to which pin of the header."""
    return {pin: label for part in parts(head, pins, buzzer) for pin, label in part.labels.items()}


def test_as_in_the_readme():
    """With the default settings everything is where README's table and the settings file say."""
    assert connected(PinSettings()) == {
        11: "button",
        9: "button's other leg",
        2: "buzzer +",
        13: "1 kΩ, transistor's base",
        14: "transistor's emitter",
        15: "330 Ω, LED's long leg",
        20: "LED's short leg",
    }


def test_further_buttons_and_no_buzzer():
    """What is set is there, what is not wired is not, and no two parts share a pin."""
    pins = PinSettings(led=None, next=5, back=6)
    assert connected(pins, BuzzerSettings("speaker")) == {
        11: "button",
        9: "button's other leg",
        29: "next button",
        30: "next button's other leg",
        31: "back button",
        34: "back button's other leg",
    }


@pytest.mark.parametrize("number", range(28))
def test_every_gpio(number):
    """Each GPIO from 0 to 27 is on the header under its own name, with a ground that is one."""
    (part,) = parts(FORTY, PinSettings(button=number, led=None), BuzzerSettings("none"))
    assert FORTY.pins[part.pin].name == f"GPIO{number}"
    assert [FORTY.pins[pin].name for pin in part.labels if pin != part.pin] == ["GND"]


def test_the_first_pi():
    """The 26-pin header of the first Pis has its own picture; a GPIO that it lacks is said, not drawn."""
    head = header(PiBoardInfo.from_revision(0x0002))
    wired = parts(head, PinSettings(led=26), ACTIVE)
    assert [part.words for part in wired if not part.pin] == [
        "buzzer: GPIO 27 is not on this board's header; choose another",
        "LED: GPIO 26 is not on this board's header; choose another",
    ]
    assert connected(PinSettings(led=26), head=head) == {11: "button", 9: "button's other leg"}


def test_warnings():
    """Pins that something else may want, and a buzzer that is loud at boot, are warned of, each once."""
    pins = PinSettings(button=0, buzzer=14, led=3, next=9, back=21)
    assert list(warnings(parts(FORTY, pins, ACTIVE))) == [
        "button: GPIO 0 identifies add-on boards (HATs), also before Linux starts",
        "buzzer: GPIO 14 belongs to the serial port; where that is on, the buzzer sounds until pitrainer starts",
        "LED: GPIO 3 is for I2C; where an add-on board or a clock module uses it, take another",
        "next button: GPIO 9 is for SPI; where that is on (a display, say), take another",
        "back button: GPIO 21 is for I2S; where a sound card sits on the header, take another",
    ]
    assert list(warnings(parts(FORTY, PinSettings(), ACTIVE))) == []


@pytest.mark.parametrize(
    ("revision", "name"),
    [
        ("c03111", "Raspberry Pi 4B rev 1.1"),
        ("902120", "Raspberry Pi Zero2W rev 1.0"),
        ("c04170", "Raspberry Pi 5B rev 1.0"),
        ("00ff", "Raspberry Pi 4B rev 1.1"),
    ],
)
def test_the_board(tmp_path, monkeypatch, revision, name):
    """On a Pi it is the Pi's own board; on one that gpiozero does not know, a Pi 4's."""
    model = tmp_path / "model"
    model.write_text("Raspberry Pi\0")
    monkeypatch.setattr(backends, "MODEL_FILE", model)
    monkeypatch.setattr(wiring, "get_pi_revision", lambda: int(revision, 16))
    assert board().description == name


def test_the_picture(capsys, monkeypatch):
    """At 80 columns and without colour: pins in their rows, used ones with a filled dot, no line too long, none cut."""
    monkeypatch.setenv("COLUMNS", "80")
    print_wiring(PinSettings(next=2, back=19), ACTIVE)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in "".join(lines)
    assert not any("…" in line for line in lines)
    begin = next(number for number, line in enumerate(lines) if " 1 ○" in line)
    rows = [line.strip() for line in lines[begin : begin + 20]]
    assert rows[4:10] == [
        "button's other leg ──    GND  9 ● ○ 10 GPIO15",
        "button ── GPIO17 11 ● ○ 12 GPIO18",
        "1 kΩ, transistor's base ── GPIO27 13 ● ● 14 GND    ── transistor's emitter",
        "330 Ω, LED's long leg ── GPIO22 15 ● ○ 16 GPIO23",
        "3V3 17 ○ ○ 18 GPIO24",
        "GPIO10 19 ○ ● 20 GND    ── LED's short leg",
    ]
    assert rows[-1] == "GND 39 ○ ○ 40 GPIO21"
    assert sum(row.count("●") for row in rows) == 11
    assert "back button: between GPIO 19 (pin 35) and ground (pin 34); no resistor" in lines


def test_command(tmp_path, capsys):
    """`pitrainer wiring` draws what the settings say, and needs neither a Pi nor pins."""
    file = tmp_path / "pitrainer.toml"
    file.write_text('[pins]\nbutton = 26\nled = "none"\n[buzzer]\nkind = "speaker"\n')
    assert main(["wiring", "--config", str(file)]) == 0
    out = capsys.readouterr().out
    assert "button ── GPIO26 37 ● ○ 38 GPIO20" in out
    assert 'no buzzer: buzzer.kind is "speaker"' in out


def test_wrong_settings(tmp_path, capsys):
    """Wrong pins are named instead of drawn."""
    file = tmp_path / "pitrainer.toml"
    file.write_text("[pins]\nbutton = 27\n")
    assert main(["wiring", "--config", str(file)]) == 2
    assert "button and buzzer are on the same pin, 27" in capsys.readouterr().err


def test_a_board(capsys):
    """What is on a board needs no wire; what it uses besides is named at its pin, and is not warned of."""
    codec = BOARDS["codec-zero"]
    pins = PinSettings(button=27, led=23, buzzer=26)
    found = parts(FORTY, pins, ACTIVE, codec)
    assert {pin: label for part in found for pin, label in part.labels.items()} == {
        13: "button (board)",
        16: "LED (board)",
        37: "1 kΩ, transistor's base",
        39: "transistor's emitter",
        2: "buzzer +",
    }
    assert occupied(FORTY, codec) == {3: "I2C", 5: "I2C", 12: "I2S", 18: "red LED", 35: "I2S", 38: "I2S", 40: "I2S"}
    assert list(warnings(found, codec)) == []
    print_wiring(pins, ACTIVE, codec)
    printed = capsys.readouterr().out
    assert "with the Codec Zero" in " ".join(printed.split())
    assert "button: on the Codec Zero, GPIO 27 (pin 13)" in printed
    assert "I2C ──  GPIO2  3 ●" in printed
    assert "sound: the Codec Zero is silent until its mixer is set: sudo alsactl restore" in " ".join(printed.split())


def test_no_line_is_cut_with_any_board(capsys):
    """Every board's picture fits into 80 columns."""
    for on_top in BOARDS.values():
        pins = replace(PinSettings(buzzer=on_top.free([22])[-1]), **on_top.parts)
        print_wiring(pins, ACTIVE, on_top)
        assert "…" not in capsys.readouterr().out, on_top.name
