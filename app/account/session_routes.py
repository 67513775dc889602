"""Where a person is signed in, and ending it there."""

from flask import Response, abort, flash, session
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit
from app.account import sessions
from app.account.forms import BlankForm
from app.account.routes import bp
from app.account.tokens import LoginSession, digest
from app.db import db
from app.web import allows, page, see


@bp.get("/account/sessions")
@allows("self")
def list_sessions() -> Response:
    here = digest(session.token)  # type: ignore[attr-defined]
    rows = [
        {
            "id": row.id,
            "device": row.device,
            "network": row.network,
            "started_at": row.created_at,
            "used_at": row.used_at,
            "is_current": row.token_hash == here,
        }
        for row in db.session.scalars(LoginSession.of(current_user))
    ]
    return page("account/sessions.html", "sessions", sessions=rows, form=BlankForm())


@bp.post("/account/sessions/<int:id>/revocation")
@allows("self")
def revoke_session(id: int) -> BaseResponse:
    if not sessions.revoke(current_user.id, only=id):
        abort(404)
    audit.record("account.session_ended")
    db.session.commit()
    flash("That session has ended.", "message")
    return see("account.list_sessions")


@bp.post("/account/sessions/revocation")
@allows("self")
def revoke_other_sessions() -> BaseResponse:
    ended = sessions.revoke(current_user.id, keep=session.token)  # type: ignore[attr-defined]
    audit.record("account.sessions_ended", ended=ended)
    db.session.commit()
    flash(f"{ended} other session{'s' if ended != 1 else ''} ended.", "message")
    return see("account.list_sessions")
