"""Every Python process that starts with this folder on its path writes down whom it speaks to: names
that it looks up and sockets that it opens (PEP 578), a line each, into the file OVERHEARD."""

import os
import sys

LOOKED_UP, CONNECTED = "socket.getaddrinfo", "socket.connect"


def _listen(event: str, args: tuple[object, ...]) -> None:
    if event == LOOKED_UP:
        _note(f"{_text(args[0])}:{_text(args[1])}")
    elif event == CONNECTED and isinstance(args[1], tuple):
        _note(f"{_text(args[1][0])}:{args[1][1]}")


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _note(line: str) -> None:
    written = os.open(os.environ["OVERHEARD"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(written, f"{line}\n".encode())
    os.close(written)


if "OVERHEARD" in os.environ:
    sys.addaudithook(_listen)
