"""The row of a person in telemetry, written without a race between two requests."""

import hmac
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.engine import Connection

from app.db import db, inserting, table
from app.telemetry.models import TelemetryPerson

row = table(TelemetryPerson).c


def set_for(person_id: int, **values: Any) -> None:
    new = inserting(table(TelemetryPerson)).values(user_id=person_id, **values)
    db.session.execute(new.on_conflict_do_update(index_elements=["user_id"], set_=values))


def distinct_id_of(person_id: int) -> str | None:
    """The random name in product events; None while they are not allowed."""
    return db.session.scalar(select(row.distinct_id).where(row.user_id == person_id))


def objected_at(person_id: int, connection: Connection | None = None) -> datetime | None:
    """Since when error reports about this person are not sent."""
    asked = select(row.objected_at).where(row.user_id == person_id)
    found: datetime | None = (connection or db.session).execute(asked).scalar()
    return found


def pseudonym(person_id: int, now: datetime) -> str:
    """Who a person is to Sentry for one day (UTC): enough to count how many met a fault."""
    secret = current_app.config["SETTINGS"].secret_key.encode()
    return hmac.digest(secret, f"telemetry\n{person_id}\n{now.date()}".encode(), "sha256").hex()[
        :16
    ]
