"""Ports for servers of tests; no two processes of tests are given the same one."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from random import SystemRandom
from typing import IO

# Not the module's own state: whoever seeds that would hand the same ports to every process.
_random = SystemRandom()
_held: list[IO[bytes]] = []  # locks, until this process ends


def free_port() -> int:
    """Below the range that the system hands out for outgoing connections."""
    while True:
        port = _random.randint(12_000, 31_000)
        if _reserve(port) and is_free(port):
            return port


def _reserve(port: int) -> bool:
    folder = Path(tempfile.gettempdir()) / f"allstac-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    lock = (folder / str(port)).open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return False
    _held.append(lock)
    return True


def is_free(port: int) -> bool:
    """Does nobody listen there? Connections that are over don't count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
