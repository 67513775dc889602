"""Reports by mail: on Mondays and on the first, as soon as that day has begun where the person is."""

from app import clock, mail, queue
from app.analytics import subscriptions
from app.analytics.letters import letter
from app.db import db
from app.scope import across_organizations, within_organization


def send_due() -> None:
    """One job for each person whose week or month is over."""
    ids = subscriptions.due(clock.now())
    db.session.rollback()
    for id in ids:
        queue.enqueue(send, id, on="default")


def send(membership_id: int) -> None:
    """At most once for each period: it is taken before the mail leaves."""
    with across_organizations("the row says whose report it is"):
        found = subscriptions.claim(membership_id, clock.now())
    if found is None:
        db.session.rollback()
        return
    member, days = found
    with within_organization(member.organization_id):
        to, facts = member.user.email, letter(member, days)
        db.session.commit()
    mail.send("report", to, **facts)
