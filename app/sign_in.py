"""Who is asking: the session, the person, and the organisation that they act in."""

from flask import Flask, g, request, session
from flask_login import LoginManager, current_user
from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from app.account.factors import has_second
from app.account.models import Membership, User
from app.account.permissions import ROLES
from app.account.sessions import ServerSessions
from app.account.sign_in_routes import on_lost_session
from app.db import db
from app.scope import across_organizations, act_for, begin, end


def init_app(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # our sessions are rows; nothing to compare addresses with
    manager.user_loader(load)
    app.session_interface = ServerSessions()
    app.config["ON_LOST_SESSION"] = on_lost_session
    app.config["PERMISSIONS"] = frozenset(ROLES)
    app.before_request_funcs.setdefault(None, []).insert(0, _begin_scope)
    app.before_request(act_for_organization)
    app.teardown_request(_end_scope)


WITHOUT_DATABASE = frozenset({"static", "pages.live", "pages.ready"})
MEMBERSHIP = (
    select(Membership)
    .where(Membership.user_id == bindparam("user_id"))
    .options(joinedload(Membership.user), joinedload(Membership.organization))
    .order_by((Membership.organization_id == bindparam("chosen")).desc(), Membership.id)
    .limit(1)
)


def load(user_id: str) -> User | None:
    """The person, acting in the organisation that they chose last, else in their first."""
    values = {"user_id": int(user_id), "chosen": session.get("organization_id", 0)}
    with across_organizations("which of them the person acts in is being looked up"):
        member = db.session.scalar(MEMBERSHIP, values)
    g.member = member
    if member is None:
        return db.session.get(User, int(user_id))
    act_for(member.organization_id)
    return member.user


def _begin_scope() -> None:
    g.scope = begin()


def _end_scope(_: BaseException | None) -> None:
    if token := g.pop("scope", None):
        end(token)


def act_for_organization() -> None:
    if (trouble := g.pop("trouble", None)) and request.endpoint not in WITHOUT_DATABASE:
        raise trouble
    g.setdefault("member", None)
    if current_user.is_authenticated and g.member is None:
        load(current_user.get_id())
    member = g.member
    if member and member.organization.require_second_factor:
        g.owes_factor = not has_second(member.user)
