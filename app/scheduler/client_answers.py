"""What a client does with a post by a link: a yes, a no with its words, a comment."""

from datetime import datetime

from sqlalchemy import select

from app.account.approval_rule import ClientRule
from app.account.models import Membership
from app.db import db
from app.scheduler import approving
from app.scheduler.client_forms import APPROVE, SEND_BACK
from app.scheduler.client_links import ClientLink
from app.scheduler.events import Client, PostEvent, note
from app.scheduler.models import Post


def answer(
    found: ClientLink, post: Post, client: Client, said: tuple[str, str, str], now: datetime
) -> PostEvent:
    """`said`: the answer, the hash of what was read, and the words. Raises as `approving` does."""
    kind, shown, words = said
    if kind == APPROVE:
        return _approve(found, post, client, shown, words, now)
    if kind == SEND_BACK:
        return approving.send_back(post, client, words, now)
    return note(post, client, "commented", now, words)


def _approve(
    found: ClientLink, post: Post, client: Client, shown: str, words: str, now: datetime
) -> PostEvent:
    deed = approving.approve if counts(found, post) else approving.agree
    event = deed(post, client, shown, now)
    event.detail = words
    return event


def counts(found: ClientLink, post: Post) -> bool:
    """Is the client's yes enough? A link lends the yes of whoever made it, and no more: it counts
    while that person could say it here, so nobody gets round four eyes by a link to oneself."""
    maker = _maker(found)
    if maker is None or maker.organization.client_rule != ClientRule.COUNTS:
        return False
    return not approving.refusal(post, maker)


def _maker(found: ClientLink) -> Membership | None:
    return db.session.scalar(
        select(Membership).where(
            Membership.organization_id == found.organization_id,
            Membership.user_id == found.made_by_id,
        )
    )
