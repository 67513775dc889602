"""What the last run of the proofs found and what the live checks saw, and what that makes of each
promise."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import inspect

from app import clock
from app.db import db
from app.privacy import sightings
from app.privacy.promises import ROOT, Promise, load_register
from app.privacy.sightings import Sighting

PROVEN, LISTED, RED = "proven", "listed", "red"
WORDS = {PROVEN: "Proven", LISTED: "Not yet proven", RED: "Broken"}


@dataclass(frozen=True)
class Proof:
    """One test that ran for a promise; `is_double`: against a double, not the real thing; `figures`:
    what it measured, by name."""

    test: str
    passed: bool
    is_double: bool
    figures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Evidence:
    """The result file of one run of the tests, empty when there was none; and what was seen here."""

    build: str
    finished_at: datetime | None
    proofs: dict[str, tuple[Proof, ...]]
    sightings: dict[str, Sighting] = field(default_factory=dict)

    def state(self, promise: Promise) -> str:
        """`red` when a proof failed or a live check saw it not kept; `listed` while there is no
        proof."""
        proofs, seen = self.proofs.get(promise.id, ()), self.seen(promise)
        if (seen and not seen.is_kept) or not all(proof.passed for proof in proofs):
            return RED
        return PROVEN if proofs else LISTED

    def seen(self, promise: Promise) -> Sighting | None:
        return self.sightings.get(promise.live or "")


NONE = Evidence("", None, {})


def gather() -> Evidence:
    """The last run of the proofs, and what the live checks saw last."""
    return replace(last_run(), sightings=sightings.latest())


def last_run() -> Evidence:
    """Read the result file: EVIDENCE_FILE, or evidence.json beside the code."""
    configured = current_app.config["SETTINGS"].evidence_file
    path = Path(configured) if configured else ROOT / "evidence.json"
    return read(json.loads(path.read_text())) if path.exists() else NONE


def read(raw: dict[str, Any]) -> Evidence:
    return Evidence(
        build=raw["build"],
        finished_at=clock.parse(raw["finished_at"]),
        proofs={id: tuple(map(_proof, proofs)) for id, proofs in raw["results"].items()},
    )


def _proof(raw: dict[str, Any]) -> Proof:
    figures = tuple((name, value) for name, value in raw.get("figures", ()))
    return Proof(raw["test"], raw["outcome"] == "passed", raw["double"], figures)


def promises_command() -> int:
    """Print the register; 1 when a promise has no passing proof."""
    import click

    is_running = inspect(db.engine).has_table(Sighting.__tablename__)  # else a bare checkout
    evidence = gather() if is_running else last_run()
    for promise in load_register().promises:
        click.echo(_line(promise, evidence))
    states = [evidence.state(promise) for promise in load_register().promises]
    counts = ", ".join(f"{states.count(s)} {WORDS[s].lower()}" for s in (PROVEN, LISTED, RED))
    click.echo(f"{len(states)} promises: {counts}. Build {evidence.build or 'none'}.")
    return 0 if set(states) == {PROVEN} else 1


def _line(promise: Promise, evidence: Evidence) -> str:
    proofs = evidence.proofs.get(promise.id, ())
    code = ", ".join(promise.code) or "no code yet"
    proved = f"{len(proofs)} proofs" if proofs else "no proof"
    seen = evidence.seen(promise)
    watched = f", {seen.figure}" if seen else ""
    state = WORDS[evidence.state(promise)]
    return f"{promise.id:6} {state:15} {code:50} {proved}{watched}  {promise.sentence}"
