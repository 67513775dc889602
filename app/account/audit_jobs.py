"""Signed heads of the audit trail, by mail to owners: a copy that lies outside of this database."""

from sqlalchemy import select

from app import mail, queue
from app.account.models import Membership, User
from app.account.permissions import Role
from app.audit import heads
from app.db import db
from app.scope import across_organizations


@across_organizations("owners of any of them")
def mail_heads() -> None:
    """One job per owner with a confirmed address; nothing before the first head."""
    if heads.newest() is None:
        return
    owners = select(User.id).where(
        User.email_verified_at.is_not(None),
        User.id.in_(select(Membership.user_id).where(Membership.role == Role.OWNER)),
    )
    for id in db.session.scalars(owners).all():
        queue.enqueue(send_head, id, on="default")


def send_head(user_id: int) -> None:
    user, head, key = db.session.get(User, user_id), heads.newest(), heads.public_key()
    if not user or not head or not key:
        return
    to, name, facts = user.email, user.name, heads.as_json(head)
    db.session.rollback()
    mail.send("audit_head", to, name=name, head=facts, key=key.public_bytes_raw().hex())
