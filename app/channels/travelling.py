"""Who is on the way to a network: the person, their organisation, and this browser's session."""

from flask import abort, g, session
from sqlalchemy import select

from app.account.tokens import LoginSession, digest
from app.channels.away import Traveller
from app.db import db


def traveller() -> Traveller:
    """400 when the session ended while it was being asked for."""
    token: str = session.token or ""  # type: ignore[attr-defined]
    here = select(LoginSession.id).where(LoginSession.token_hash == digest(token))
    found = db.session.scalar(here)
    return Traveller(g.member, found) if found else abort(400)
