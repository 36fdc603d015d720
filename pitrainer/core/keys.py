"""The names of keys that shutters, pedals and keypads send: the kernel's, without "KEY_" and in small letters."""

_ROWS = {
    1: "esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace tab",
    16: "q w e r t y u i o p leftbrace rightbrace enter leftctrl",
    30: "a s d f g h j k l semicolon apostrophe grave leftshift backslash",
    44: "z x c v b n m comma dot slash rightshift kpasterisk leftalt space capslock f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 numlock",
    71: "kp7 kp8 kp9 kpminus kp4 kp5 kp6 kpplus kp1 kp2 kp3 kp0 kpdot",
    87: "f11 f12",
    96: "kpenter rightctrl kpslash",
    102: "home up pageup left right end down pagedown insert delete",
    113: "mute volumedown volumeup power",
    158: "back forward",
    163: "nextsong playpause previoussong stopcd",
    183: "f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 f24",
    200: "playcd pausecd",
    212: "camera",
    256: "btn_0 btn_1 btn_2 btn_3 btn_4 btn_5 btn_6 btn_7 btn_8 btn_9",
    272: "btn_left btn_right btn_middle btn_side btn_extra",
}
"""Names in a row, from a code on (linux/input-event-codes.h)."""
KEYS = {name: first + number for first, row in _ROWS.items() for number, name in enumerate(row.split())}
"""Their codes, by their names."""
_NAMES = {code: name for name, code in KEYS.items()}


MOST = 0x300
"""Codes end there (KEY_MAX)."""


def key_name(code: int) -> str:
    """Name a key; one that has no name here has its number."""
    return _NAMES.get(code, str(code))
