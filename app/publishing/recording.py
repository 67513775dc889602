"""What the engine writes down: intent before the first byte, outcomes after the answer. Each verb
takes many at once and is one transaction; the caller commits."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, tuple_, update

from app.db import db, table
from app.networks import Idempotency, Published, Refused, Unknown, network
from app.publishing.claiming import Claimed, is_cleared
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery, Post
from app.scheduler.states import (
    CONFIRMING,
    FAILED,
    HELD,
    PUBLISHED,
    RETRY,
    SENDING,
    WAITING,
    sum_up,
)

row, attempt = table(Delivery).c, table(Attempt).c
BLIND_WORDS = (
    "The network took the post but its answer was lost, and it can't be asked. Look there before"
    " you decide."
)


@dataclass(frozen=True)
class Outcome:
    """What came of one claimed delivery."""

    work: Claimed
    result: Published | Refused | Unknown


def keep_records(made: Sequence[tuple[Claimed, dict[str, Any]]], now: datetime) -> None:
    """Keep records that were prepared ahead, unless the post was changed meanwhile."""
    _guarded(
        [
            {"b_id": w.id, "b_fence": w.fence, "record": record, "prepared_hash": w.content_hash}
            for w, record in made
        ],
        {"record", "prepared_hash"},
    )


def give_back(works: Iterable[Claimed]) -> None:
    """Let go of deliveries whose time has not come."""
    _guarded(
        [{"b_id": w.id, "b_fence": w.fence, "lease_until": None} for w in works], {"lease_until"}
    )


def intend(works: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """Write down that these are about to be sent; those that were changed meanwhile drop out."""
    for work in works:
        if work.remote_key is None:
            work.remote_key, work.remote_at = network(work.network).new_key(work.id, now), now
    keys = {(w.id, w.fence): w for w in works}
    taken = (
        update(table(Delivery))
        .where(
            tuple_(row.id, row.lease_token).in_(list(keys)), row.state.in_(WAITING), is_cleared()
        )
        .values(state=SENDING, tries=row.tries + 1, reason="")
        .returning(row.id, row.lease_token, row.tries)
    )
    ours = []
    for id, fence, tries in db.session.execute(taken):
        work = keys[id, fence]
        work.tries = tries
        ours.append(work)
    if ours:
        _guarded([_key_of(w) for w in ours], {"remote_key", "remote_at"})
        db.session.execute(insert(table(Attempt)), [_attempt_of(w, now) for w in ours])
        sum_up_posts({w.post_id for w in ours})
    return ours


def _key_of(w: Claimed) -> dict[str, Any]:
    return {
        "b_id": w.id,
        "b_fence": w.fence,
        "remote_key": w.remote_key,
        "remote_at": w.remote_at,
    }


def _attempt_of(w: Claimed, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": w.id,
        "n": w.tries,
        "fence": w.fence,
        "state": SENDING,
        "key": w.remote_key,
        "content_hash": w.content_hash,
        "started_at": now,
        "answer": "",
    }


def record(outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what came of each; the post's own state follows."""
    published, others, attempts = [], [], []
    for outcome in outcomes:
        work, result = outcome.work, outcome.result
        attempts.append(_close(work, result, now))
        if isinstance(result, Published):
            published.append(_as_published(work, result, now))
        else:
            others.append(_after(work, result, now))
    if published:  # truth from the network always wins: no fence
        db.session.execute(update(table(Delivery)).where(row.id == bindparam("b_id")), published)
    if others:
        _guarded(others, set(others[0]) - {"b_id", "b_fence"})
    db.session.execute(
        update(table(Attempt)).where(
            attempt.delivery_id == bindparam("b_id"),
            or_(attempt.state == SENDING, attempt.state == "unknown"),
        ),
        attempts,
    )
    sum_up_posts({outcome.work.post_id for outcome in outcomes})


def _as_published(w: Claimed, result: Published, now: datetime) -> dict[str, Any]:
    return {
        "b_id": w.id,
        "state": PUBLISHED,
        "external_id": result.external_id,
        "external_url": result.url,
        "published_at": now,
        "reason": "",
        "hold": "",
        "lease_until": None,
        "unknown_since": None,
    }


def _close(w: Claimed, result: Published | Refused | Unknown, now: datetime) -> dict[str, Any]:
    if isinstance(result, Published):
        state, answer = "accepted", "Accepted."
        if w.state == CONFIRMING:
            answer = "Found on the network by reading back."
    elif isinstance(result, Unknown):
        state, answer = "unknown", result.reason
    else:
        state, answer = ("not_sent" if result.not_sent else "rejected"), result.reason
    return {"b_id": w.id, "state": state, "answer": answer, "finished_at": now}


def _after(w: Claimed, result: Refused | Unknown, now: datetime) -> dict[str, Any]:
    """Where a delivery goes that was not published."""
    to = _blank(w, result.reason)
    if isinstance(result, Unknown):
        return to | _doubt(w, result, now)
    if result.reconnect:
        return to | {"state": HELD, "hold": "reconnect"}
    if result.permanent or w.patience <= 1:
        return to | {"state": FAILED}
    again = result.retry_at or now + _backoff(w.tries)
    return to | {
        "state": RETRY,
        "not_before": max(again, w.due_at),
        "prepare_after": again,
        "patience": w.patience - 1,
    }


def _doubt(w: Claimed, result: Unknown, now: datetime) -> dict[str, Any]:
    """An unknown outcome is read back; where it can't be, a person decides."""
    if network(w.network).idempotency is Idempotency.BLIND:
        return {"state": HELD, "hold": "needs_decision", "reason": BLIND_WORDS}
    return {
        "state": CONFIRMING,
        "not_before": now + settle_time(),
        "unknown_since": now,
        "reads": 0,
    }


def settle_time() -> timedelta:
    from flask import current_app

    return timedelta(seconds=current_app.config["SETTINGS"].publish_settle_seconds)


def _blank(w: Claimed, reason: str) -> dict[str, Any]:
    return {
        "b_id": w.id,
        "b_fence": w.fence,
        "reason": reason,
        "hold": "",
        "lease_until": None,
        "not_before": w.due_at,
        "prepare_after": None,
        "patience": w.patience,
        "unknown_since": w.unknown_since,
        "reads": w.reads,
    }


def _backoff(tries: int) -> timedelta:
    """Full jitter over 30 s doubled per try, at most 30 min."""
    most = min(30 * 2 ** min(tries, 8), 1800)
    return timedelta(seconds=random.uniform(most / 2, most))  # noqa: S311  # spread, not secret


def _guarded(rows: list[dict[str, Any]], columns: set[str]) -> None:
    """Write only where the fence is still ours."""
    if rows:
        ours = update(table(Delivery)).where(
            row.id == bindparam("b_id"), row.lease_token == bindparam("b_fence")
        )
        db.session.execute(ours.values({name: bindparam(name) for name in columns}), rows)


def sum_up_posts(ids: set[int]) -> None:
    """Bring the posts' states in line with their deliveries'."""
    found: dict[int, list[str]] = {}
    for post_id, state in db.session.execute(
        select(row.post_id, row.state).where(row.post_id.in_(ids))
    ):
        found.setdefault(post_id, []).append(state)
    if found:
        db.session.execute(
            update(table(Post)).where(table(Post).c.id == bindparam("b_id")),
            [{"b_id": id, "state": sum_up(states)} for id, states in found.items()],
        )
