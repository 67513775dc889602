"""Mails about approval: one when a post begins to wait, one when its time comes near, one with the
answer, one with a comment; to whom at once, says `notices.tell`. Who waited in vain is told by
`publishing.telling`."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app import clock, mail
from app.account.models import User
from app.db import db
from app.scheduler import approving, mail_choices, notices, searching
from app.scheduler.events import PostEvent
from app.scheduler.models import Delivery, Post
from app.scheduler.states import PENDING
from app.scope import across_organizations, within_organization

Letter = tuple[str, dict[str, str]]  # address and words
REMIND = (timedelta(hours=24), timedelta(hours=2))  # before its time


def tell_approvers(post_id: int) -> None:
    """To those whose yes is awaited. Running this twice writes once."""
    _tell_once(post_id, "asked", clock.now(), lambda post: post.told_at is None)


def tell_untold() -> None:
    """What began to wait while the queue was away."""
    with across_organizations("the clock asks for everybody's posts"):
        waiting = select(Post.id).join(Post.deliveries).where(Delivery.state == PENDING)
        ids = list(db.session.scalars(waiting.where(Post.told_at.is_(None)).distinct()))
        db.session.rollback()
    for id in ids:
        tell_approvers(id)


def remind() -> None:
    """Write again to those whose yes is awaited when the time is near, once at each of REMIND."""
    now = clock.now()
    with across_organizations("the clock asks for everybody's posts"):
        soon = Post.due_at.between(now, now + max(REMIND))
        waiting = select(Post).where(Post.state == PENDING, Post.told_at.is_not(None), soon)
        found = [one.id for one in db.session.scalars(waiting) if _is_near(one, now)]
        db.session.rollback()
    for id in found:
        _tell_once(id, "near", now, lambda post: _is_near(post, now))


def _is_near(post: Post, now: datetime) -> bool:
    """Has one of the times to remind come since somebody was written to? Who was asked after it, or
    was reminded already, is left in peace."""
    if not (post.due_at and post.told_at):
        return False
    return any(post.told_at < post.due_at - ahead <= now for ahead in REMIND)


def _tell_once(post_id: int, kind: str, now: datetime, is_due: Callable[[Post], bool]) -> None:
    """`told_at` is taken before the first mail leaves, so that of two who try one writes."""
    if not (post := _find(post_id)):
        return
    with within_organization(post.organization_id):
        if is_ours := is_due(post):
            same = (Post.id == post_id, Post.state == PENDING, Post.told_at == post.told_at)
            taken = update(Post).where(*same).values(told_at=now).returning(Post.id)
            is_ours = db.session.scalar(taken) is not None
        letters = _write(post, kind) if is_ours else []
        db.session.commit()
    for to, words in letters:
        mail.send(f"approval_{kind}", to, **words)


def forget_words() -> None:
    """Words of texts that are gone leave the search's index for good. Twice is harmless."""
    searching.forget()
    db.session.commit()


def _write(post: Post, kind: str) -> list[Letter]:
    """To those whose yes is awaited: a notice for each, and the letters."""
    people = notices.tell(approving.to_be_told(post), kind, clock.now(), post=post)
    return [_letter(post, kind, one) for one in people]


def tell_author(post_id: int, event_id: int) -> None:
    """The answer or the comment, to whom began the post and to whom wrote the words that stand; a
    comment also to those who commented before."""
    if not (post := _find(post_id)):
        return
    with within_organization(post.organization_id):
        event = db.session.get_one(PostEvent, event_id)
        kind, said, actor = event.kind, event.detail, event.who or "Somebody"
        people = notices.tell(_concerned(post, event), kind, clock.now(), post=post)
        letters = [_letter(post, kind, one) for one in people]
        db.session.commit()
    for to, words in letters:
        mail.send(f"approval_{kind}", to, **words, said=said, actor=actor)


def _concerned(post: Post, event: PostEvent) -> set[User]:
    before = [one.actor for one in post.events if one.kind == event.kind == "commented"]
    people = (post.author, post.writer, *before)
    return {one for one in people if one and one.id != event.actor_id}


def _find(post_id: int) -> Post | None:
    with across_organizations("the row says whose approvers the mail is for"):
        return db.session.get(Post, post_id)


def _letter(post: Post, kind: str, to: User) -> Letter:
    """The time stands as the clock on that person's wall shows it; news end with one press."""
    due = post.due_at and f"{post.due_at.astimezone(to.zone):%a %d %b %Y, %H:%M} ({to.timezone})"
    return to.email, {
        "name": to.name,
        "author": post.writer.name if post.writer else "Somebody",
        "due": due or "",
        "path": f"/posts/{post.id}",
        "stop": mail_choices.way_out(to, kind),
    }
