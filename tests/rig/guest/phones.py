"""Phones and a flood, in the guest itself: what they see of the page, in seconds since boot.

phones.py first                      asks for the view that pairs, and prints how long the answer took
phones.py token                      pairs a device, as the page's user, and prints its token
phones.py follow TOKEN COUNT FILE    follows with so many phones, and writes 'SECONDS STATE' when the first sees another state
phones.py views TOKEN                opens what each of the views opens
phones.py flood COUNT                keeps so many connections open that send a byte now and then; those that are cut off anew
"""

import http.client
import json
import socket
import sys
import threading
import time
from contextlib import suppress
from datetime import date

PORT = 80


def connect(source: str, patience: float = 60) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", PORT, timeout=patience, source_address=(source, 0))


def first() -> None:
    """Print how long the first answer takes, from the connection to its last byte."""
    begin = time.monotonic()
    connection = connect("127.0.0.1")
    connection.request("GET", "/pair")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    print(f"{time.monotonic() - begin:.2f}")


def token() -> None:
    """Pair a device; runs in pitrainer's Python."""
    from pitrainer.page.pairing import Tokens
    from pitrainer.page.place import SERVICE

    print(Tokens(SERVICE.state).add("the rig", date.today()))


def views(secret: str) -> None:
    """Ask for what each of the views asks for."""
    for path in ("days", "routines", "routines/neck", "settings", "health", "log"):
        connection = connect("127.0.0.2")
        connection.request("GET", f"/api/{path}", headers={"Cookie": f"pitrainer={secret}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)


def follow(secret: str, source: str, file: str = "") -> None:
    """Follow as one phone does; end with the stream."""
    connection = connect(source)
    connection.request("GET", "/api/events", headers={"Cookie": f"pitrainer={secret}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    seen = None
    while line := answer.readline():
        if not file or not line.startswith(b"data: "):
            continue
        now, status = time.monotonic(), json.loads(line[6:]).get("status")
        if status and status["state"] != seen:
            seen = status["state"]
            with open(file, "a") as out:
                out.write(f"{now:.3f} {seen}\n")


def flood(count: int) -> None:
    """Keep connections open, until killed."""
    open_: list[socket.socket] = []
    while True:
        for one in open_[:]:
            try:
                one.sendall(b"x")
            except OSError:
                one.close()
                open_.remove(one)
        while len(open_) < count:
            one = socket.socket()
            one.settimeout(0.2)
            with suppress(OSError):
                one.bind((f"127.0.1.{1 + len(open_) % 200}", 0))
                one.connect(("127.0.0.1", PORT))
            open_.append(one)
        time.sleep(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["first"]:
            first()
        case ["token"]:
            token()
        case ["follow", secret, count, file]:
            others = [threading.Thread(target=follow, args=(secret, f"127.0.0.{2 + n}")) for n in range(1, int(count))]
            for other in others:
                other.start()
            follow(secret, "127.0.0.2", file)
        case ["views", secret]:
            views(secret)
        case ["flood", count]:
            flood(int(count))
        case _:
            sys.exit(__doc__)
