"""A copy of the database must not post: it knows whose it is, and INSTANCE_ID says who we are."""

from flask import current_app
from sqlalchemy import select

from app.db import db
from app.publishing.models import Instance

ONE = 1


OWNER = select(Instance.name).where(Instance.id == ONE)


def is_foreign() -> bool:
    """Does this database belong to another instance? Without INSTANCE_ID nobody can tell."""
    known = db.session.scalar(OWNER) if us() else None
    db.session.rollback()
    return is_of_another(known)


def is_of_another(known: str | None) -> bool:
    """The same, for who has read already whose database it is."""
    return bool(us()) and known is not None and known != us()


def us() -> str | None:
    name: str | None = current_app.config["SETTINGS"].instance_id
    return name


def claim_database() -> None:
    """The first instance that names itself owns the database; the caller commits."""
    name = us()
    if name and db.session.get(Instance, ONE) is None:
        db.session.add(Instance(id=ONE, name=name))


def adopt(name: str) -> None:
    """From now on the database is this instance's: a person has decided so. The caller commits."""
    found = db.session.get(Instance, ONE) or Instance(id=ONE)
    found.name = name
    db.session.add(found)
