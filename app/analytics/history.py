"""How far back the figures of an organisation go."""

from datetime import datetime

from sqlalchemy import func, select

from app.analytics.models import Measure
from app.db import db


def days(organization_id: int, now: datetime) -> int:
    """Days since the first post with figures; 0 without any."""
    mine = select(func.min(Measure.published_at)).where(Measure.organization_id == organization_id)
    first = db.session.scalar(mine)
    return (now - first).days + 1 if first else 0
