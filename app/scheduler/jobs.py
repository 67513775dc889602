"""Mails about approval: one when a post begins to wait, one with the answer."""

from sqlalchemy import update

from app import clock, mail
from app.account.models import User
from app.db import db
from app.scheduler import approving
from app.scheduler.events import PostEvent
from app.scheduler.models import Post
from app.scheduler.states import PENDING


def tell_approvers(post_id: int) -> None:
    """Running this twice writes once: `told_at` is taken before the first mail leaves."""
    untold = update(Post).where(Post.id == post_id, Post.state == PENDING, Post.told_at.is_(None))
    taken = untold.values(told_at=clock.now())
    found = db.session.scalar(taken.returning(Post.id))
    post = db.session.get_one(Post, post_id) if found else None
    letters = [_letter(post, one) for one in approving.to_be_told(post)] if post else []
    db.session.commit()
    for to, words in letters:
        mail.send("approval_asked", to, **words)


def tell_author(event_id: int) -> None:
    """The answer, to whom began the post and to whom wrote the words that stand."""
    event = db.session.get(PostEvent, event_id)
    post = db.session.get(Post, event.post_id) if event else None
    if not event or not post:
        return
    people = {one for one in (post.author, post.writer) if one and one.id != event.actor_id}
    letters = [_letter(post, one) for one in people]
    kind, said, actor = event.kind, event.detail, event.actor.name if event.actor else "Somebody"
    db.session.commit()
    for to, words in letters:
        mail.send(f"approval_{kind}", to, **words, said=said, actor=actor)


def _letter(post: Post, to: User) -> tuple[str, dict[str, str]]:
    """Address and words; the time as the clock on that person's wall shows it."""
    due = post.due_at and f"{post.due_at.astimezone(to.zone):%a %d %b %Y, %H:%M} ({to.timezone})"
    return to.email, {
        "name": to.name,
        "author": post.writer.name if post.writer else "Somebody",
        "due": due or "",
        "path": f"/posts/{post.id}",
    }
