"""The command `pitrainer`, which is `python -m pitrainer` too: what must be right before our other modules are imported."""

import os
import sys


def run() -> int:
    """Run the command; return the exit code. Ctrl-C ends it with 130, also while the modules are imported."""
    try:
        _mend_streams()
        from .cli.main import main

        return main()
    except KeyboardInterrupt:
        # Not by way of Python's own end, where a second Ctrl-C would print a traceback; and where the first came within an
        # `exec`, as dataclasses are made by, Python would end by the signal all the same.
        os._exit(130)


def _mend_streams() -> None:
    """Point input, output and errors that are closed at nothing, and have what an encoding lacks written as `_escaped`.

    The next file to be opened would get a closed one's number: what is printed would go into the history.
    """
    import codecs
    from io import TextIOWrapper

    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115 - for good
    codecs.register_error("escaped", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="escaped")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Return what an encoding lacks as JSON has it, such as "\u00fc": the "\xfc" of "backslashreplace" is no JSON."""
    from json import dumps

    assert isinstance(error, UnicodeEncodeError)
    return dumps(error.object[error.start : error.end])[1:-1], error.end


if __name__ == "__main__":
    sys.exit(run())
