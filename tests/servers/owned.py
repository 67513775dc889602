"""Processes of a server that a test started: ended with the test, and also when the tests are killed."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from dev import guard


class Owned:
    """Process groups, ended in the reverse order of their start."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []
        self.guard = guard.start()

    def start(
        self,
        words: list[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> "subprocess.Popen[bytes]":
        with log.open("ab") as out:
            child = subprocess.Popen(
                words, stdout=out, stderr=out, env=env, cwd=cwd, start_new_session=True
            )
        self.children.append(child)
        self._tell(f"{child.pid}\n")
        return child

    def stop(self) -> None:
        for child in reversed(self.children):
            self._end(child)
        self._tell("bye\n")
        self.guard.wait(5)

    def _tell(self, word: str) -> None:
        assert self.guard.stdin
        self.guard.stdin.write(word.encode())
        self.guard.stdin.flush()

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        if child.poll() is not None:
            return
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
