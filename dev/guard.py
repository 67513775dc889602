"""Ends what its parent started when the parent is gone, even after kill -9, on any Unix.

The parent holds the other end of our standard input and names each process group on a line of its
own; the end of the input without a farewell means that the parent died."""

import contextlib
import os
import signal
import subprocess
import sys
import time


def start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", __file__], stdin=subprocess.PIPE, start_new_session=True
    )


def watch() -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        word = line.strip()
        if word == "bye":
            return
        groups.add(int(word))
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, number)
        time.sleep(3 if number == signal.SIGTERM else 0)


if __name__ == "__main__":
    watch()
