"""A post made of another one: the same words, pictures, answers and labels, for another time."""

from datetime import date, datetime

from sqlalchemy import select

from app.account.models import Membership, Organization
from app.db import db
from app.scheduler import composing, free_slots
from app.scheduler.composition import Composition
from app.scheduler.events import PostEvent
from app.scheduler.models import Post
from app.scheduler.rules import SLOT, Rule
from app.scheduler.saying import Hung, options_of, own_words, shared_words
from app.scheduler.states import DRAFT
from app.scheduler.tagging import Tagging
from app.scheduler.wall_time import on_the_wall


def composition(pattern: Post, rule: Rule, on: date, now: datetime) -> Composition:
    """What the pattern says, due on that date of the rule; in slots these are held from here on."""
    channels = [one.channel for one in pattern.deliveries if one.channel.state != "disconnected"]
    slots: dict[int, datetime] = {}
    due_at: datetime | None = rule.instant(on)
    if rule.unit == SLOT:
        found = free_slots.places(channels, max(now, rule.begins(on)), hold=True)
        slots = {one.channel.id: one.at for one in found if one.at}
        due_at = min(slots.values(), default=None)
    shared, tags = shared_words(pattern), Tagging.of(pattern)
    own = {one.id: words for one in channels if (words := own_words(pattern, one.id))}
    return Composition(
        text=shared.parts[0],
        further=shared.parts[1:],
        comment=shared.comment,
        variants=own,
        options={one.id: options_of(pattern, one.id) for one in channels},
        labels=tags.names,
        campaign=tags.campaign,
        channels=tuple(channels),
        pictures=tuple(Hung(one.asset, one.alt, one.part) for one in pattern.pictures),
        due_at=due_at,
        wall_time=on_the_wall(due_at, rule.zone).isoformat()[:16] if due_at else "",
        zone=rule.zone.key,
        slots=slots,
    )


def write(pattern: Post, made: Composition, nonce: str, now: datetime) -> Post:
    """Of the pattern's author. Where a yes is asked for, each post asks for its own, unless its author's
    scheduling is the yes."""
    home = pattern.organization_id
    theirs = Membership.organization_id == home, Membership.user_id == pattern.author_id
    member = db.session.scalar(select(Membership).where(*theirs))
    asks = db.session.get_one(Organization, home).asks_for_approval
    clears = member is not None and composing.clears_own(member)
    post = Post(organization_id=home, author_id=pattern.author_id, nonce=nonce, state=DRAFT)
    post.created_at = now
    db.session.add(post)
    composing.fill(post, made, now, asks=asks, clears=clears)
    db.session.flush()
    db.session.add(PostEvent(post_id=post.id, actor_id=None, at=now, kind="repeated", detail=""))
    return post
