"""Once a day: at which hours the posts of each channel do best."""

from datetime import timedelta

from sqlalchemy import select

from app import clock, queue
from app.account.models import Organization
from app.analytics import advising
from app.analytics.models import Measure
from app.db import db
from app.scope import across_organizations, within_organization

RECENT = timedelta(days=advising.LOOKS_BACK)


def advise_all() -> None:
    """One job for each organisation that published within the year."""
    with across_organizations("the clock asks for everybody's posts"):
        lately = select(Measure.organization_id).where(Measure.published_at >= clock.now() - RECENT)
        ids = db.session.scalars(lately.distinct()).all()
        db.session.rollback()
    for id in ids:
        queue.enqueue(advise, id, on="default")


def advise(organization_id: int) -> None:
    """Running this twice writes the same."""
    with within_organization(organization_id):
        found = db.session.get(Organization, organization_id)
        if found and not found.closing_at:
            advising.advise(found, clock.now())
        db.session.commit()
