"""A proof of one event for its person: checked without us, by app/static/verify_proof.py."""

from typing import Any

from flask import current_app
from sqlalchemy import Row, select

from app.audit import heads, leaves, merkle
from app.audit.models import AuditHead, events
from app.audit.openings import Opener
from app.db import db
from app.scope import across_organizations

FORMAT = "allstac-audit-proof-1"


def prove(row: Row[Any], head: AuditHead) -> dict[str, Any]:
    """The leaf, what opens it, the way from it to a signed root, and the key of the signature."""
    key = heads.public_key()
    return {
        "format": FORMAT,
        "instance": current_app.config["SETTINGS"].base_url,
        "leaf": leaves.fields(row.number, row.at, row.action, row.organization_id, _made(row)),
        "opened": dict(_opened(row)),
        "path": [step.hex() for step in path(row.number, head.size)],
        "head": heads.as_json(head),
        "public_key": key.public_bytes_raw().hex() if key else "",
    }


def _made(row: Row[Any]) -> dict[str, bytes]:
    return {part: getattr(row, part) for part in leaves.PARTS}


def _opened(row: Row[Any]) -> list[tuple[str, dict[str, str]]]:
    """Each part that is still there, with its salt."""
    opener = Opener()
    found = ((part, opener.value(row, part)) for part in leaves.PARTS)
    return [
        (part, {"salt": getattr(row, f"opening_{part}_salt").hex(), "value": value})
        for part, value in found
        if value is not None
    ]


@across_organizations("hashes of the tree, which holds everybody's events")
def path(number: int, size: int) -> list[bytes]:
    """The inclusion proof, from O(log² n) rows that are read at once."""
    wanted: set[int] = set()

    def note(row: int) -> bytes:
        wanted.add(row)
        return merkle.EMPTY

    merkle.path(number, size, note, note)
    chosen = select(events.c.number, events.c.peak, events.c.leaf)
    rows = {
        row.number: row for row in db.session.execute(chosen.where(events.c.number.in_(wanted)))
    }
    return merkle.path(number, size, lambda n: rows[n].peak, lambda n: rows[n].leaf)
