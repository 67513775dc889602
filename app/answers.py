"""What is put into a request in parts, what comes back from a server, and what it means when nothing
does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotSent(Exception):
    """Nothing can have reached the other side. The text is a sentence for a person."""


class NoAnswer(Exception):
    """The request may have reached the other side; what became of it is unknown."""


class Unreadable(NoAnswer):
    """An answer came that is not what was promised."""


@dataclass(frozen=True)
class Part:
    """One part of a multipart body; a file when it has a file name."""

    name: str
    body: bytes | str
    filename: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class Answer:
    """What came back, whole. `headers` are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """The body as JSON; raises Unreadable."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Unreadable("The server's answer could not be read.") from None
