"""A draft that is saved by itself while somebody writes it. It makes no labels, offers no alt text and
picks no time: these belong to what a person saves."""

from dataclasses import replace
from datetime import datetime

from app.account.models import Membership
from app.db import db
from app.scheduler import composing, versions
from app.scheduler.composing import Leaving
from app.scheduler.composition import Composition
from app.scheduler.events import note
from app.scheduler.hands import Hand, take
from app.scheduler.labels import CAMPAIGN, LABEL, Label, fold
from app.scheduler.models import Post
from app.scheduler.states import DRAFT, WORDS

NO_DRAFT = (
    "Not saved by itself any more: the post is not a draft now ({}). Press Save to change it."
)


def rough(made: Composition, member: Membership, post: Post | None) -> tuple[Composition, bool]:
    """Without labels that do not exist yet, and whether there are such."""
    known = {(one.kind, one.folded) for one in db.session.scalars(Label.of(member))}
    labels = tuple(name for name in made.labels if (LABEL, fold(name)) in known)
    campaign = made.campaign
    if campaign.strip() and (CAMPAIGN, fold(campaign)) not in known:
        there = [one.label for one in post.labels] if post else []
        campaign = next((one.name for one in there if one.kind == CAMPAIGN), "")
    is_less = len(labels) < len(made.labels) or campaign != made.campaign
    return replace(made, labels=labels, campaign=campaign, is_rough=True), is_less


def says_nothing(made: Composition) -> bool:
    own = any(any(one.parts) or one.comment for one in made.variants.values())
    return not (made.text or any(made.further) or made.comment or made.pictures or own)


def begin(member: Membership, made: Composition, nonce: str, hand: Hand, now: datetime) -> Post:
    """A new draft; no form with this nonce made one before, else the database refuses it."""
    post = composing.write(member, made, nonce, now)
    post.typed_in = str(replace(hand, wrote=True))
    return post


def go_on(
    post: Post, member: Membership, made: Composition, version: int, hand: Hand, now: datetime
) -> bool:
    """Replace what a draft says. True when this begins a new go of writing, which keeps what stood
    before; within one go it is replaced. Raises Leaving or Stale."""
    composing.lock_editable(post)
    take(post, version, hand)
    if post.state != DRAFT:
        raise Leaving(NO_DRAFT.format(WORDS[post.state].lower()))
    is_one_go = versions.is_one_go(post, member, hand, now)
    is_own, before = versions.is_own(post, member, hand, now), versions.standing(post)
    post.version += 1
    composing.fill(post, made, now, asks=member.organization.asks_for_approval, clears=False)
    wrote = is_own or versions.keep(post, before)
    post.typed_in = str(replace(hand, wrote=wrote))
    if not is_one_go:
        note(post, member, "edited", now)
    return not is_one_go
