"""One cookie: a random id whose SHA-256 names a row. Revoking the row ends the session."""

import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import (
    Connection,
    CursorResult,
    RowMapping,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import CallbackDict

from app import clock
from app.account.models import User
from app.account.tokens import LoginSession, digest
from app.account.visits import present
from app.db import db, reading, table

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
TOUCH = timedelta(minutes=5)
rows, people = table(LoginSession), table(User)


class Session(CallbackDict[str, Any], SessionMixin):
    """The values of one browser's session; `token` is the cookie's text, None until stored."""

    def __init__(self, values: dict[str, Any], row: RowMapping | None, token: str | None) -> None:
        super().__init__(values, on_update=Session._mark)
        self.token = token
        self.used_at: datetime | None = row["used_at"] if row else None
        self.started_at: datetime | None = row["created_at"] if row else None
        self.modified = False
        self.is_rotating = False
        self.proof = ""

    def _mark(self) -> None:
        self.modified = True

    def rotate(self) -> None:
        """A new id at the next answer; the old one is dead (change of rights)."""
        self.is_rotating = self.modified = True

    def begin(self, proof: str = "") -> None:
        """A new id, and its age counts from now. `proof` is the stamp of the password that stood when
        the person proved who they are: changed meanwhile, it opens nothing."""
        self.rotate()
        self.started_at, self.proof = None, proof


class ServerSessions(SessionInterface):
    """Keeps sessions in `login_session`; anonymous pages that need none set no cookie."""

    def get_cookie_name(self, app: Flask) -> str:
        return "__Host-allstac" if app.config["SETTINGS"].is_https else "allstac"

    def open_session(self, app: Flask, request: Request) -> Session:
        """The first to ask the database: here it is decided that a GET only reads."""
        if request.method in ("GET", "HEAD"):
            g.reading = reading.set(True)
        token = request.cookies.get(self.get_cookie_name(app))
        try:
            found = token and _find(token)
        except OperationalError as trouble:  # told by who can answer with a page: app/sign_in.py
            db.session.rollback()
            g.trouble, found = trouble, None
        if not found:
            return Session({}, None, None)
        owner = {"_user_id": str(found["user_id"])} if found["user_id"] else {}
        session = Session({**found["values"], **owner}, found, token)
        if found["renew"]:
            session.rotate()
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, Session)
        name, now = self.get_cookie_name(app), clock.now()
        response.vary.add("Cookie")
        if not session.modified:
            self._touch(session, now)
            return
        db.session.rollback()  # what a route did not commit is not wanted, and SQLite has one writer
        token = _store(session, now)
        if token is None:
            response.delete_cookie(name, **_attributes(app))
        elif token != session.token:
            response.set_cookie(name, token, max_age=ABSOLUTE, **_attributes(app))

    def _touch(self, session: Session, now: datetime) -> None:
        if session.token and session.used_at and now - session.used_at > TOUCH:
            db.session.rollback()
            with db.engine.begin() as connection:
                connection.execute(
                    update(rows)
                    .where(rows.c.token_hash == digest(session.token))
                    .values(used_at=now)
                )


def _attributes(app: Flask) -> dict[str, Any]:
    """The same when the cookie is set and when it is taken back."""
    is_https = app.config["SETTINGS"].is_https
    return {"path": "/", "secure": is_https, "httponly": True, "samesite": "Lax"}


LIVE = select(rows).where(
    rows.c.token_hash == bindparam("hash"),
    rows.c.used_at > bindparam("used_after"),
    rows.c.created_at > bindparam("created_after"),
)


def _find(token: str) -> RowMapping | None:
    """The row of a session that has not ended."""
    now = clock.now()
    values = {"hash": digest(token), "used_after": now - IDLE, "created_after": now - ABSOLUTE}
    return db.session.execute(LIVE, values).mappings().first()


def _store(session: Session, now: datetime) -> str | None:
    """Write the session; the cookie's text, or None when it is empty or not to begin after all."""
    values = {key: value for key, value in session.items() if key != "_user_id"}
    user_id = int(session["_user_id"]) if session.get("_user_id") else None
    content = {"values": values, "user_id": user_id, "used_at": now}
    with db.engine.begin() as connection:
        if session and session.token and session.started_at:
            return _go_on(connection, session, content)
        connection.execute(delete(rows).where(rows.c.token_hash == digest(session.token or "")))
        if not session or (session.proof and session.proof != _standing(connection, user_id)):
            return None
        token = secrets.token_urlsafe(32)
        begun = {"token_hash": digest(token), "created_at": now, **asdict(present())}
        connection.execute(insert(rows).values(content | begun))
        return token


def _go_on(connection: Connection, session: Session, content: dict[str, Any]) -> str | None:
    """The same row, perhaps under a new id: who ends it meanwhile still finds it. What was ended stays
    ended; the cookie is left as it is then, since a newer one of this browser may be on its way."""
    token = session.token
    if session.is_rotating:
        token = secrets.token_urlsafe(32)
        content |= {"token_hash": digest(token), "renew": False, **asdict(present())}
    mine = rows.c.token_hash == digest(session.token or "")
    written: CursorResult[Any] = connection.execute(update(rows).where(mine).values(content))
    return token if written.rowcount else session.token


def stamp(password_hash: str | None) -> str:
    return digest(password_hash or "")


def _standing(connection: Connection, user_id: int | None) -> str:
    """The stamp of a person's password; who is changing it is waited for, and waits."""
    chosen = select(people.c.password_hash).where(people.c.id == user_id)
    return stamp(connection.scalar(chosen.with_for_update(read=True)))


def revoke(user_id: int, *, only: int | None = None, keep: str | None = None) -> int:
    """End one session of a person, or all but the one whose cookie is `keep`; how many ended."""
    ending = delete(LoginSession).where(LoginSession.user_id == user_id)
    if only is not None:
        ending = ending.where(LoginSession.id == only)
    if keep:
        ending = ending.where(LoginSession.token_hash != digest(keep))
    result: CursorResult[Any] = db.session.execute(ending)  # type: ignore[assignment]
    return result.rowcount


def renew(user_id: int) -> None:
    """Give each session of a person a new id at its next request: what they may do has changed."""
    db.session.execute(
        update(LoginSession).where(LoginSession.user_id == user_id).values(renew=True)
    )
