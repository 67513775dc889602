"""Sent away to sign in, or to confirm it, and back: nothing that was typed is lost."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import current_app, make_response, redirect, request, session, url_for
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.origins import safe_path

FRESH = timedelta(minutes=15)
SECRET_FIELDS = {
    "csrf_token",
    "password",
    "new_password",
    "app_password",
    "typed",
    "code",
    "credential",
}


def ask_to_sign_in() -> BaseResponse:
    """To the sign-in page and back; what was typed comes along."""
    here = request.full_path.rstrip("?")
    if request.headers.get("HX-Request"):
        response = make_response("", 401)
        response.headers["HX-Redirect"] = url_for("account.login")
        return response
    if request.method == "POST":
        keep: Callable[[str, dict[str, list[str]]], BaseResponse] = current_app.config[
            "ON_LOST_SESSION"
        ]
        return keep(_way_back(), typed_fields())
    return redirect(url_for("account.login", next=here), 303)


def is_fresh(now: datetime) -> bool:
    """Was the last proof of who this is given within a quarter of an hour?"""
    proven: str | None = session.get("signed_in_at")
    return proven is not None and now - datetime.fromisoformat(proven) <= FRESH


def ask_again() -> BaseResponse | None:
    """None while the sign-in is fresh; else to the page that confirms it, and back with the form."""
    if is_fresh(clock.now()):
        return None
    return lead_away(url_for("account.confirm", next=_way_back()))


def lead_away(target: str) -> BaseResponse:
    """To something that has to come first; a form that was sent is kept for its page."""
    if request.method not in ("GET", "HEAD"):
        keep_typed(_way_back(), typed_fields())
    audit.unchanged()
    if request.headers.get("HX-Request"):
        response = make_response("", 403)
        response.headers["HX-Redirect"] = target
        return response
    return redirect(target, 303)


def _way_back() -> str:
    """This page; for a form the page that it stood on: its own address, or where it was sent from."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    adapter = current_app.create_url_adapter(request)
    if adapter and adapter.test(request.path, "GET"):
        return request.path
    sent_from, host = request.referrer or "", request.host_url
    path = sent_from.removeprefix(host[:-1]) if sent_from.startswith(host) else "/account"
    return safe_path(path.partition("?")[0])


def typed_fields() -> dict[str, list[str]]:
    """What the person had typed, without secrets."""
    return {name: values for name, values in request.form.lists() if name not in SECRET_FIELDS}


def keep_typed(path: str, fields: dict[str, list[str]]) -> None:
    """Until the page at `path` asks for it."""
    session["typed"] = {"path": path, "fields": fields}


def left_typed() -> list[tuple[str, str]]:
    """What was typed for this page and no form of it took up; handed out once."""
    fields = restore_typed() or {}
    return [(name, text) for name, values in fields.items() for text in values if text.strip()]


def restore_typed(form_with: str = "") -> dict[str, list[str]] | None:
    """Fields that were typed for this page before a lost session; handed out once. Where a page
    holds several forms, `form_with` names a field of the one that takes them up."""
    kept = session.get("typed")
    if kept and kept["path"] == request.path and form_with in ("", *kept["fields"]):
        session.pop("typed")
        fields: dict[str, list[str]] = kept["fields"]
        return fields
    return None


def restore_form() -> ImmutableMultiDict[str, str] | None:
    """The same for a page of one form, as the form would have been sent."""
    typed = restore_typed()
    if typed is None:
        return None
    return ImmutableMultiDict((name, value) for name, values in typed.items() for value in values)
