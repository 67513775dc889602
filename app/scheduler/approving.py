"""A yes before a post goes out: given or refused, and bound to the words that were read."""

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.account.approval_rule import ApprovalRule
from app.account.models import Membership, User
from app.account.permissions import ROLES, Role
from app.db import db, table
from app.scheduler import noting
from app.scheduler.composing import Leaving, lock_editable, settle
from app.scheduler.events import Client, PostEvent, note
from app.scheduler.models import Delivery, Post
from app.scheduler.states import HELD, PENDING

NOT_APPROVED = "not_approved"
TOO_LATE = "It was approved after its time had passed."
row = table(Delivery).c
ASKING: ColumnElement[bool] = or_(
    row.state == PENDING, and_(row.state == HELD, row.hold == NOT_APPROVED)
)


class Changed(Exception):
    """What stands there is not what was read; the argument is the instant of the change."""


class Answered(Exception):
    """Nothing waits for a yes any more; the argument is the instant of the answer."""


def is_asking(delivery: Delivery) -> bool:
    return delivery.state == PENDING or delivery.hold == NOT_APPROVED


def fingerprint(post: Post) -> str:
    """Of what a yes would clear: words, pictures and channels. '' when nothing asks for one."""
    asking = [(one.channel_id, one.content_hash) for one in post.deliveries if is_asking(one)]
    return sha256(json.dumps(sorted(asking)).encode()).hexdigest() if asking else ""


def approve(post: Post, by: Membership | Client, shown: str, now: datetime) -> PostEvent:
    """A yes to what was `shown`. Raises Changed, Answered or Leaving."""
    asking = _lock_shown(post, shown)
    late: list[int] = []
    for one in asking:
        one.approved_hash = one.content_hash
        if one.due_at and one.due_at <= now:  # never late in silence: a person says when
            one.state, one.hold, one.reason = HELD, "late", TOO_LATE
            late.append(one.id)
        else:
            one.place(one.due_at or now, now, in_slot=one.in_slot)
    settle(post, post.due_at or now, now)
    noted = note(post, by, "approved", now)
    noting.note(noting.HELD, late, now)
    return noted


def agree(post: Post, client: Client, shown: str, now: datetime) -> PostEvent:
    """A client's yes where it does not count: on record, and the post waits on. Raises as above."""
    _lock_shown(post, shown)
    return note(post, client, "agreed", now)


def approve_shown(
    member: Membership, shown: Iterable[tuple[int, str]], now: datetime
) -> tuple[list[tuple[Post, PostEvent]], int]:
    """A yes to each post, by id, that still is as it was shown; and how many are not this person's to
    answer, have changed or have an answer."""
    said, stayed = [], 0
    for id, hashed in shown:
        post = db.session.scalar(Post.of(member).where(Post.id == id))
        try:
            if post is None or refusal(post, member):
                stayed += 1
                continue
            with db.session.begin_nested():
                said.append((post, approve(post, member, hashed, now)))
        except (Changed, Answered, Leaving):
            stayed += 1
    return said, stayed


def send_back(post: Post, by: Membership | Client, words: str, now: datetime) -> PostEvent:
    """A no with its reason: a draft again, which keeps its time in mind. Raises as above."""
    for one in _lock_asking(post):
        one.approved_hash = ""
        one.place(None, now)
    settle(post, post.due_at, now)
    return note(post, by, "sent_back", now, words)


def _lock_shown(post: Post, shown: str) -> list[Delivery]:
    asking = _lock_asking(post)
    if fingerprint(post) != shown:
        raise Changed(_last_change(post))
    return asking


def _lock_asking(post: Post) -> list[Delivery]:
    asking = [one for one in lock_editable(post) if is_asking(one)]
    if not asking:
        raise Answered(_last_change(post))
    return asking


def _last_change(post: Post) -> datetime:
    kinds = ("drafted", "asked", "scheduled", "edited", "approved", "sent_back", "cancelled")
    last = select(func.max(PostEvent.at)).where(
        PostEvent.post_id == post.id, PostEvent.kind.in_(kinds)
    )
    return db.session.scalar(last) or post.updated_at


def refusal(post: Post, member: Membership) -> str:
    """Why this person's yes does not count here, and whose does; '' when it does."""
    if not member.may("post.approve"):
        return member.refusal("post.approve")
    if not _is_own(post, member):
        return ""
    names = ", ".join(one.user.name for one in approvers(post))
    whose = f"{names} can." if names else "Nobody else here can yet: invite an approver."
    return f"Nobody approves their own here. {whose}"


def approvers(post: Post) -> list[Membership]:
    """Whose yes counts for this post, by name."""
    chosen = (
        select(Membership)
        .join(User)
        .where(
            Membership.organization_id == post.organization_id,
            Membership.role.in_(sorted(ROLES["post.approve"])),
        )
    )
    may = db.session.scalars(chosen.order_by(User.name, Membership.id))
    return [one for one in may if not _is_own(post, one)]


def _is_own(post: Post, member: Membership) -> bool:
    """Where nobody approves their own: is this one?"""
    rule = member.organization.approval_rule
    return rule == ApprovalRule.FOUR_EYES and post.is_written_by(member)


def to_be_told(post: Post) -> list[User]:
    """Whom to write to: the approvers; where there are none, admins and owners."""
    others = [one for one in approvers(post) if not post.is_written_by(one)]
    by_role = [one for one in others if one.role == Role.APPROVER]
    return [one.user for one in by_role or others]


def waiting(member: Membership) -> Select[Post]:
    """What asks for a yes, soonest due first; what waits for nothing else before all."""
    asking = select(row.post_id).where(row.organization_id == member.organization_id, ASKING)
    chosen = Post.of(member).where(Post.id.in_(asking))
    return chosen.order_by(Post.due_at.nulls_first(), Post.id)
