"""Ports for servers of tests."""

import random
import socket


def free_port() -> int:
    """Below the range that the system hands out for outgoing connections."""
    while True:
        port = random.randint(12_000, 31_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
