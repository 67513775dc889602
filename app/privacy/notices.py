"""What people are asked, word for word and version by version (docs/policies/consents.toml)."""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from app import telemetry
from app.privacy.promises import ROOT

SOURCE = ROOT / "docs/policies/consents.toml"
NOWHERE = "a server that this instance has not set up yet"


@dataclass(frozen=True)
class Wording:
    """One version of a text; `template` has a gap for the host."""

    version: int
    published_on: date
    widens: bool
    template: str

    @property
    def text(self) -> str:
        """As a person of this instance reads it."""
        words = " ".join(self.template.split())
        return words.format(host=telemetry.recipients().product or NOWHERE)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Notice:
    """One thing that people are asked for, with all its wordings, the present one last."""

    purpose: str
    title: str
    recipient: str
    data: tuple[str, ...]
    kept: str
    wordings: tuple[Wording, ...]

    @property
    def present(self) -> Wording:
        return self.wordings[-1]

    def still_covers(self, version: int, sha256: str) -> bool:
        """Does a yes to that text hold for the present one? Not once a later text allows more, nor
        when the same text names another host today."""
        later = [one for one in self.wordings if one.version > version]
        same = [one for one in self.wordings if one.version == version]
        return bool(same) and same[0].sha256 == sha256 and not any(one.widens for one in later)


@lru_cache(maxsize=1)
def notices() -> dict[str, Notice]:
    return parse(SOURCE.read_text())


def parse(text: str) -> dict[str, Notice]:
    return {purpose: _notice(purpose, raw) for purpose, raw in tomllib.loads(text).items()}


def _notice(purpose: str, raw: dict[str, Any]) -> Notice:
    wordings = tuple(
        Wording(one["version"], one["published_on"], one["widens"], one["text"])
        for one in raw["versions"]
    )
    if [one.version for one in wordings] != list(range(1, len(wordings) + 1)):
        raise ValueError(f"{purpose}: versions count up from 1.")
    return Notice(
        purpose, raw["title"], raw["recipient"], tuple(raw["data"]), raw["kept"], wordings
    )
