"""What came of it, written down after the answer: where each delivery goes, and why. One transaction
for many; the caller commits."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import and_, bindparam, case, or_, update

from app.db import db, table
from app.networks import Idempotency, Processing, Published, Refused, Unknown
from app.publishing import gaps, witness
from app.publishing.claiming import Claimed
from app.publishing.writing import FOUND, close_all, close_attempts, row, write
from app.scheduler.models import Delivery
from app.scheduler.states import (
    ASKING,
    CONFIRMING,
    FAILED,
    HELD,
    NOT_ASKED,
    PROCESSING,
    PUBLISHED,
    RETRY,
)
from app.scheduler.summing import sum_up_posts

LOOK_SOON = timedelta(seconds=3)  # to the first look at what a network is working on
GO_ON = timedelta(seconds=90)  # the lease for the next part of a thread
OLD_WORDS = "What is up is what it said before its last change: the network had taken it by then."
BLIND_WORDS = "This network can't be asked whether the post is there: look before you decide."


@dataclass(frozen=True)
class Outcome:
    """What came of one claimed delivery, or of one step of it."""

    work: Claimed
    result: Published | Processing | Refused | Unknown


def record(outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what came of each; the post's own state follows."""
    up, steps, others = [], [], []
    attempts = {}
    for outcome in outcomes:
        work, result = outcome.work, outcome.result
        attempts[work.id, work.tries] = _answer(work, result)
        if not isinstance(result, Published):
            others.append(_in_doubt(work, _after(work, result, now)))
        elif is_last_step(work):
            up.append(_as_published(work, result, now))
        else:
            steps.append(_as_step(work, result, now))
    _write_published(up)
    _write_steps(steps)
    write(others)
    close_attempts(attempts, now)
    close_all({o.work.id for o in outcomes if witness.is_found(o)}, now)
    witness.tell(outcomes, now)
    sum_up_posts({outcome.work.post_id for outcome in outcomes})


def _write_published(rows: list[dict[str, Any]]) -> None:
    """Truth from the network always wins: no fence is asked for. Where somebody thought that it had
    not left and changed the words meanwhile, that is said."""
    if rows:
        is_same = row.content_hash == bindparam("b_hash")
        told = update(table(Delivery)).where(row.id == bindparam("b_id"))
        values: dict[str, Any] = {n: bindparam(n) for n in rows[0].keys() - {"b_id", "b_hash"}}
        values["reason"] = case((is_same, ""), else_=OLD_WORDS)
        db.session.execute(told.values(values), rows)


def _write_steps(rows: list[dict[str, Any]]) -> None:
    """The same of a part, as long as nothing but asking was done about it since; whoever asks finds
    the fence moved on, and it goes on without us."""
    if rows:
        is_ours = row.lease_token == bindparam("b_fence")
        in_doubt = or_(
            row.state == CONFIRMING, and_(row.state == HELD, row.hold == "needs_decision")
        )
        same_try = and_(row.tries == bindparam("b_tries"), row.content_hash == bindparam("b_hash"))
        named = {"b_id", "b_fence", "b_tries", "b_hash", "lease_until"}
        values: dict[str, Any] = {name: bindparam(name) for name in rows[0].keys() - named}
        values["lease_token"] = case((is_ours, row.lease_token), else_=row.lease_token + 1)
        until = bindparam("lease_until", type_=row.lease_until.type)
        values["lease_until"] = case((is_ours, until), else_=None)
        told = update(table(Delivery)).where(
            row.id == bindparam("b_id"), or_(is_ours, and_(in_doubt, same_try))
        )
        db.session.execute(told.values(values), rows)


def is_last_step(w: Claimed) -> bool:
    return len(w.steps) + 1 >= len(w.pieces)


def _as_step(w: Claimed, result: Published, now: datetime) -> dict[str, Any]:
    """One more part of a thread is up; the next one gets a key of its own."""
    done = [*w.steps, result]
    return {
        "b_id": w.id,
        "b_fence": w.fence,
        "b_tries": w.tries,
        "b_hash": w.content_hash,
        "state": RETRY,
        "hold": "",
        "steps": [_kept(part) for part in done],
        "external_id": done[0].external_id,
        "external_url": done[0].url,
        "reason": f"{len(done)} of {len(w.pieces)} are up.",
        "remote_key": None,
        "remote_at": None,
        "handle": "",
        "unknown_since": None,
        "reads": 0,
        "not_before": now,
        "lease_until": None if w.state in ASKING else now + GO_ON,
        "claims": 0 if w.state in ASKING else 1,
    }


def _kept(part: Published) -> dict[str, str]:
    return {"id": part.external_id, "url": part.url, "ref": part.ref}


def _as_published(w: Claimed, result: Published, now: datetime) -> dict[str, Any]:
    done = [*w.steps, result]
    return {
        "b_id": w.id,
        "b_hash": w.content_hash,
        "state": PUBLISHED,
        "steps": [_kept(part) for part in done] if w.steps else [],
        "external_id": done[0].external_id,
        "external_url": done[0].url,
        "published_at": now,
        "record": None,
        "hold": "",
        "handle": "",
        "lease_until": None,
        "claims": 0,
        "unknown_since": None,
    }


def _answer(w: Claimed, result: Published | Processing | Refused | Unknown) -> tuple[str, str]:
    """What becomes of the attempt: its state, and the network's answer."""
    if isinstance(result, Published):
        if w.state in ASKING:
            return "accepted", FOUND
        return "accepted", f"Accepted. {result.told}".strip()
    if isinstance(result, Unknown | Processing):
        return "unknown", result.reason
    return ("not_sent" if result.not_sent else "rejected"), result.reason


def _after(w: Claimed, result: Processing | Refused | Unknown, now: datetime) -> dict[str, Any]:
    """Where a delivery goes that was not published."""
    to = _blank(w, result.reason)
    if isinstance(result, Processing):
        return to | {
            "state": PROCESSING,
            "handle": result.handle,
            "not_before": now + LOOK_SOON,
            "unknown_since": now,
            "reads": 0,
        }
    if isinstance(result, Unknown):
        return to | _doubt(w, result, now)
    if result.reconnect or result.partly:
        hold = "needs_decision" if result.partly else "reconnect"
        return to | {"state": HELD, "hold": hold}
    if result.permanent or w.patience <= 1:
        return to | {"state": FAILED, "reason": with_steps(w, result.reason)}
    again = result.retry_at or now + backoff(w.tries)
    if result.prepare_again:
        again = now
        to |= {"record": None, "prepared_hash": ""}
    return to | {
        "state": RETRY,
        "not_before": max(again, w.due_at),
        "prepare_after": again,
        "patience": w.patience - 1,
    }


def _in_doubt(w: Claimed, to: dict[str, Any]) -> dict[str, Any]:
    """What may be out since before a restore, and can't be asked about now, is a person's."""
    is_over = to["state"] in (HELD, FAILED) and w.unknown_since == NOT_ASKED
    return to | gaps.doubt(to["reason"]) if is_over else to


def with_steps(w: Claimed, reason: str) -> str:
    """A thread that broke off says how far it came."""
    if not w.steps:
        return reason
    return f"{len(w.steps)} of {len(w.pieces)} are up, then: {reason}"


def _doubt(w: Claimed, result: Unknown, now: datetime) -> dict[str, Any]:
    """An unknown outcome is read back; where it can't be, a person decides."""
    if w.idempotency is Idempotency.BLIND:
        return {
            "state": HELD,
            "hold": "needs_decision",
            "reason": f"{result.reason} {BLIND_WORDS}",
        }
    return {
        "state": CONFIRMING,
        "not_before": now + settle_time(),
        "unknown_since": now,
        "reads": 0,
    }


def settle_time() -> timedelta:
    return timedelta(seconds=current_app.config["SETTINGS"].publish_settle_seconds)


def _blank(w: Claimed, reason: str) -> dict[str, Any]:
    return {
        "b_id": w.id,
        "b_fence": w.fence,
        "reason": reason,
        "hold": "",
        "lease_until": None,
        "claims": 0,
        "handle": w.handle,
        "record": w.record,
        "prepared_hash": w.content_hash if w.is_prepared else "",
        "not_before": w.due_at,
        "prepare_after": None,
        "patience": w.patience,
        "unknown_since": w.unknown_since,
        "reads": w.reads,
    }


def backoff(tries: int) -> timedelta:
    """Full jitter over 30 s doubled per try, at most 30 min."""
    most = min(30 * 2 ** min(tries, 8), 1800)
    return timedelta(seconds=random.uniform(most / 2, most))  # noqa: S311  # spread, not secret
