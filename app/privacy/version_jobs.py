"""A coming version of the policy is mailed to everybody once, before it counts."""

from sqlalchemy import select

from app import clock, mail, queue
from app.account.models import User
from app.db import db
from app.privacy import versions


def announce() -> None:
    """Ring for each person who was not told of the version that comes."""
    coming = versions.announced(clock.now().date())
    if coming is None:
        return
    untold = User.told_policy.is_distinct_from(coming.name)
    people = select(User.id).where(untold, User.erased_at.is_(None), User.email.is_not(None))
    for id in db.session.scalars(people).all():
        queue.enqueue(tell, id, on="default")


def tell(user_id: int) -> None:
    """Mail one person once. It is noted after the mail, so that one that failed is sent tomorrow."""
    person, coming = db.session.get(User, user_id), versions.announced(clock.now().date())
    if person is None or coming is None or person.told_policy == coming.name:
        return
    to, name = person.email, person.name
    db.session.rollback()
    mail.send(
        "policy",
        to,
        name=name,
        effective_on=coming.effective_on,
        summary=coming.summary,
        version=coming.name,
    )
    db.session.get_one(User, user_id).told_policy = coming.name
    db.session.commit()
