"""The register of incidents: found, contained, assessed, notified, told, closed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, literal, select

from app.account.models import User
from app.db import db, table
from app.operator.blast_radius import Radius, measure
from app.operator.models import Incident, IncidentNotice
from app.privacy.requests import NotNow
from app.scope import across_organizations

notices = table(IncidentNotice)


def open_incident(
    operator: User, title: str, summary: str, found_at: datetime, now: datetime
) -> Incident:
    """Raises NotNow for one that was found in the future."""
    if found_at > now:
        raise NotNow("It can't have been found later than now.")
    made = Incident(title=title, summary=summary, opened_by_id=operator.id, found_at=found_at)
    db.session.add(made)
    db.session.flush()
    return made


def describe(incident: Incident, summary: str) -> None:
    """What is known grows; the register is kept up to date, also after the end."""
    incident.summary = summary


def contain(incident: Incident, now: datetime) -> None:
    _stay_open(incident)
    incident.contained_at = incident.contained_at or now


def assess(incident: Incident, reached: Sequence[str], risk: str, now: datetime) -> Radius:
    """Measure who is concerned, and keep the figures as they are now."""
    _stay_open(incident)
    radius = measure(db.metadata, reached)
    incident.reached, incident.risk, incident.assessed_at = list(reached), risk, now
    incident.measured = {
        "people": radius.counts[0],
        "addresses": radius.counts[1],
        "kinds": {str(kind): list(counts) for kind, counts in radius.kinds.items()},
    }
    return radius


def notify(incident: Incident, now: datetime) -> None:
    """The authority was told, outside of this program."""
    _stay_open(incident)
    incident.notified_at = incident.notified_at or now


@across_organizations("an incident concerns whom it concerns")
def tell(incident: Incident, words: str, now: datetime) -> int:
    """Write down everybody whom it concerns, each once; how many are still to be told."""
    _stay_open(incident)
    if not incident.assessed_at:
        raise NotNow("Assess it first: who is concerned?")
    incident.notice, incident.told_at = words, incident.told_at or now
    radius = measure(db.metadata, incident.reached)
    for column, ids in ((notices.c.user_id, radius.people), (notices.c.email, radius.addresses)):
        if ids is None:
            continue
        found = ids.subquery()
        known = select(column).where(notices.c.incident_id == incident.id, column.is_not(None))
        one = found.c[0]
        fresh = select(literal(incident.id), one).where(one.not_in(known))
        db.session.execute(insert(IncidentNotice).from_select(["incident_id", column.name], fresh))
    return untold(incident)


def untold(incident: Incident) -> int:
    waiting = (notices.c.incident_id == incident.id) & notices.c.sent_at.is_(None)
    return db.session.scalar(select(func.count()).select_from(notices).where(waiting)) or 0


def close(incident: Incident, now: datetime) -> None:
    """Raises NotNow while a duty is open."""
    _stay_open(incident)
    if not incident.assessed_at:
        raise NotNow("Assess it first.")
    if incident.must_notify:
        raise NotNow("The authority has to be told first, or the risk judged as none.")
    if incident.risk == "high" and not incident.told_at:
        raise NotNow("At a high risk the people have to be told first.")
    incident.closed_at = now


def _stay_open(incident: Incident) -> None:
    if incident.closed_at:
        raise NotNow("It is closed. Open another one.")
