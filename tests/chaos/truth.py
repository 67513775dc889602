"""What stands on the networks, whoever dies: files that are only appended to, one per account, beside
what each network knows of the account's keys and budget."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Line = dict[str, Any]
WORDS, DEEDS, MAILS = "words", "deeds", "mails"  # what is no account of a network


class Truth:
    """`note` appends a line; `lines` reads those of one account, or all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def note(self, account: str, **line: Any) -> None:
        text = json.dumps(line | {"account": account, "seen": time.monotonic_ns()}).encode() + b"\n"
        handle = os.open(self._file(account), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        os.write(handle, text)
        os.close(handle)

    def lines(self, account: str | None = None) -> list[Line]:
        files = [self._file(account)] if account else sorted(self.folder.glob("*.lines"))
        return [
            json.loads(line)
            for file in files
            if file.exists()
            for line in file.read_text().splitlines()
        ]

    def _file(self, account: str) -> Path:
        return self.folder / f"{account}.lines"

    @contextmanager
    def state(self, account: str) -> Iterator[dict[str, Any]]:
        """What the network knows of an account, for one caller at a time; kept at the end."""
        file = self.folder / f"{account}.state"
        with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            text = held.read()
            known: dict[str, Any] = json.loads(text) if text else {}
            yield known
            held.seek(0)
            held.truncate()
            held.write(json.dumps(known))
