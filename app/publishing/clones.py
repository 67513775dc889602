"""A copy of the database must not post: it knows whose it is, and INSTANCE_ID says who we are."""

from flask import current_app
from sqlalchemy import select

from app.db import db
from app.publishing.models import Instance

ONE = 1


def is_foreign() -> bool:
    """Does this database belong to another instance? Without INSTANCE_ID nobody can tell."""
    name = current_app.config["SETTINGS"].instance_id
    known = db.session.scalar(select(Instance.name).where(Instance.id == ONE)) if name else None
    db.session.rollback()
    return known is not None and known != name


def claim_database() -> None:
    """The first instance that names itself owns the database; the caller commits."""
    name = current_app.config["SETTINGS"].instance_id
    if name and db.session.get(Instance, ONE) is None:
        db.session.add(Instance(id=ONE, name=name))


def adopt() -> None:
    """From now on the database is this instance's: a person has decided so."""
    found = db.session.get(Instance, ONE) or Instance(id=ONE)
    found.name = current_app.config["SETTINGS"].instance_id
    db.session.add(found)
