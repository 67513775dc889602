"""Series at work: dates become posts late, skipped ones stay skipped, and a change counts for one, for
what follows, or for all to come. The caller commits."""

import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import select

from app.account.models import Membership
from app.db import db, inserting, table
from app.scheduler import composing, copying, quotas
from app.scheduler.models import Post
from app.scheduler.recurrence import (
    MADE,
    OPEN,
    SKIPPED,
    Occurrence,
    Recurrence,
    from_rule,
    occurrence_of,
)
from app.scheduler.rules import SLOT, Rule
from app.scheduler.states import DRAFT, EDITABLE, FAILED, HELD

HORIZON = timedelta(days=14)
AT_ONCE = 60  # posts of one series that are made at once
MOVABLE = set(EDITABLE) - {DRAFT, FAILED, HELD}
NO_PATTERN = "The post that it repeats was deleted."
NO_CHANNEL = "None of its channels is connected any more."
row = table(Occurrence).c


def begin(post: Post, rule: Rule, now: datetime) -> Recurrence:
    """The post is the first of a series from here on."""
    if earlier := occurrence_of(post):  # of a series that has ended
        earlier.post = None
        db.session.flush()
    made = from_rule(post, rule)
    db.session.add(made)
    db.session.flush()
    _add(made, _date_of(post, rule), post)
    extend(made, now)
    return made


def extend(found: Recurrence, now: datetime) -> int:
    """Make the posts of the dates that are near, and always the next one; how many. Dates that passed
    while nobody looked are not made up for. Running this twice, or twice at once, makes them once."""
    if found.ended_at:
        return 0
    known = {one.occurs_on: one for one in found.occurrences}
    found.trouble = ""
    count = 0
    for on in _near(found.rule, known, now):
        if on in known and known[on].state != OPEN:
            continue
        if not _make(found, on, known.get(on), now):
            break
        count += 1
    return count


def _near(rule: Rule, known: dict[date, Occurrence], now: datetime) -> list[date]:
    """Up to the horizon, or the first that has no post yet when that is later."""
    near: list[date] = []
    for on in islice(rule.upcoming(now), AT_ONCE):
        at = rule.begins(on) if rule.unit == SLOT else rule.instant(on)
        if at > now + HORIZON and any(not _is_skipped(one, known) for one in near):
            break
        near.append(on)
    return near


def _is_skipped(on: date, known: dict[date, Occurrence]) -> bool:
    return on in known and known[on].state == SKIPPED


def _make(found: Recurrence, on: date, known: Occurrence | None, now: datetime) -> bool:
    """One date's post, when there is room for it."""
    pattern = found.pattern
    if pattern is None:
        found.trouble, found.ended_at = NO_PATTERN, now
        return False
    made = copying.composition(pattern, found.rule, on, now)
    if not made.channels:
        found.trouble = NO_CHANNEL
        return False
    for channel in made.channels:
        at = made.slots.get(channel.id) or made.due_at
        full = at and quotas.refuse(found.organization_id, [channel], at, found.rule.zone)
        if not at or full:
            found.trouble = " ".join(full or ["A channel has no free slot."])
            return False
    taken = known or _add(found, on, None)
    if taken is None:
        return True  # somebody else makes it right now
    taken.post, taken.state = (
        copying.write(pattern, made, secrets.token_hex(16), now),
        MADE,
    )
    db.session.flush()
    return True


def _add(found: Recurrence, on: date, post: Post | None) -> Occurrence | None:
    """The row that stands for the date; None when there is one already."""
    values = {
        "organization_id": found.organization_id,
        "recurrence_id": found.id,
        "post_id": post.id if post else None,
        "occurs_on": on,
        "state": MADE if post else OPEN,
    }
    new = inserting(table(Occurrence)).values(values).on_conflict_do_nothing()
    id = db.session.scalar(new.returning(row.id))
    db.session.expire(found, ["occurrences"])
    mine = select(Occurrence).where(Occurrence.organization_id == found.organization_id)
    return db.session.scalar(mine.where(Occurrence.id == id)) if id else None


def _date_of(post: Post, rule: Rule) -> date:
    assert post.due_at, "what repeats has a time"
    return post.due_at.astimezone(rule.zone).date()


def skip(found: Recurrence, on: date, member: Membership, now: datetime) -> None:
    """Nothing goes out on that date. Raises Leaving."""
    known = _on(found, on) or _add(found, on, None)
    if known is None:
        return
    if known.post and known.post.state != DRAFT:
        composing.cancel(known.post, member, now)
    known.state = SKIPPED
    extend(found, now)


def put_back(found: Recurrence, on: date, now: datetime) -> None:
    """A skipped date is made anew."""
    known = _on(found, on)
    if known and known.state == SKIPPED:
        known.state, known.post = OPEN, None
        db.session.flush()
        extend(found, now)


def _on(found: Recurrence, on: date) -> Occurrence | None:
    return next((one for one in found.occurrences if one.occurs_on == on), None)


def end(found: Recurrence, member: Membership, now: datetime, *, cancel: bool) -> int:
    """No more posts are made; those that wait go out, or are cancelled: how many."""
    found.ended_at = now
    return _call_off(found, member, date.min, None, now) if cancel else 0


def _call_off(
    found: Recurrence, member: Membership, first: date, besides: Post | None, now: datetime
) -> int:
    """Cancel what was made for that date and later, but for what was changed by itself."""
    count = 0
    for one in found.occurrences:
        post = one.post
        if one.occurs_on < first or one.is_own or post is None or post is besides:
            continue
        is_elsewhere = found.rule.unit != SLOT and post.due_at != found.rule.instant(one.occurs_on)
        if post.state in MOVABLE and not is_elsewhere and post.due_at and post.due_at > now:
            composing.cancel(post, member, now)
            count += 1
    return count


def stand_alone(mine: Occurrence, now: datetime) -> None:
    """Before a post is changed by itself: the series takes its words from another one."""
    found, mine.is_own = mine.recurrence, True
    if found.pattern_id != mine.post_id:
        return
    heir = _heir(found, mine)
    if heir is None:
        for on in islice(found.rule.upcoming(_after(found, now)), 1):
            _make(found, on, _on(found, on), now)
        heir = _heir(found, mine)
    if heir is None or heir.post is None:
        found.ended_at = now
    else:
        found.pattern = heir.post


def _after(found: Recurrence, now: datetime) -> datetime:
    """The time of the last date that has its row."""
    last = max(one.occurs_on for one in found.occurrences)
    return max(
        now, found.rule.begins(last) if found.rule.unit == SLOT else found.rule.instant(last)
    )


def _heir(found: Recurrence, mine: Occurrence) -> Occurrence | None:
    others = [one for one in found.occurrences if one is not mine and one.post and not one.is_own]
    return max(others, key=lambda one: one.occurs_on, default=None)


def begin_anew(
    mine: Occurrence, member: Membership, rule: Rule | None, now: datetime, *, whole: bool
) -> None:
    """What was changed counts from this date on, or (`whole`) for all that have not gone: the old series
    ends before it and a new one begins with the post as it is now. Without a rule it just ends. Raises
    Leaving when one of them is on its way out."""
    old, post = mine.recurrence, mine.post
    assert post
    first = min(_first_waiting(old, now), mine.occurs_on) if whole else mine.occurs_on
    _call_off(old, member, first, post, now)
    old.ends_on = first - timedelta(days=1)
    if old.ends_on < old.starts_on:
        old.ended_at = now
    mine.post, mine.state = None, SKIPPED
    db.session.flush()
    if rule:
        starts_on = min(first, rule.starts_on) if whole else rule.starts_on
        begin(post, replace(rule, starts_on=starts_on), now)


def _first_waiting(found: Recurrence, now: datetime) -> date:
    waiting = [
        one.occurs_on
        for one in found.occurrences
        if one.post and one.post.due_at and one.post.due_at > now and one.post.state in MOVABLE
    ]
    return min(waiting, default=date.max)


def remaining(mine: Occurrence) -> int | None:
    """How many dates are left with this one, of a series with a count."""
    rule = mine.recurrence.rule
    if rule.count is None:
        return None
    return sum(on >= mine.occurs_on for on in rule.dates())


def going_on() -> list[tuple[int, int]]:
    """Series that have not ended: their ids, and whose they are."""
    chosen = select(Recurrence.id, Recurrence.organization_id).where(Recurrence.ended_at.is_(None))
    return [(id, home) for id, home in db.session.execute(chosen)]
