"""What every page shares: rendering, permissions, headers. All HX- names live here."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.routing import IntegerConverter, UnicodeConverter, ValidationError
from werkzeug.wrappers import Response as BaseResponse

from app import assets, moments, viewer
from app.db import reading
from app.headers import PICTURE_POLICY
from app.returning import ask_again, ask_to_sign_in, lead_away, left_typed

View = TypeVar("View", bound=Callable[..., Any])
csrf = CSRFProtect()

OPERATOR = "operator"  # a permission that no role gives: whoever runs the instance


def allows(permission: str) -> Callable[[View], View]:
    """The one permission that a route asks for; checked before the route runs."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Anybody may ask for this route."""
    view.permission = None  # type: ignore[attr-defined]
    return view


def fresh(view: View) -> View:
    """Only with a sign-in of the last quarter of an hour; an older one is confirmed first."""
    view.is_for_fresh = True  # type: ignore[attr-defined]
    return view


def unaudited(why: str) -> Callable[[View], View]:
    """Nothing that this route does is worth a line in the audit trail, and why."""

    def mark(view: View) -> View:
        view.unaudited = why  # type: ignore[attr-defined]
        return view

    return mark


def page(template: str, fragment: str, status: int = 200, **context: Any) -> Response:
    """Render a page; when HTMX is about to swap the element #fragment, only that block of it."""
    if request.headers.get("HX-Target", "").removeprefix("#").split("#")[-1] == fragment:
        html = block(template, fragment, context)
        html += block("layout.html", "flashes", {"is_fragment": True})
    else:
        html = render_template(template, **context)
    response = make_response(html, status)
    response.vary.update(("HX-Request", "HX-Target"))
    return response


def notice(words: str, status: int) -> Response:
    """For a swap that failed: words among the flashes; the page stays as it is, nothing is lost."""
    response = make_response(render_template("errors/notice.html", words=words), status)
    response.headers.update({"HX-Retarget": "#flashes", "HX-Reswap": "innerHTML"})
    return response


def block(template: str, name: str, context: dict[str, Any]) -> str:
    source = current_app.jinja_env.get_template(template)
    current_app.update_template_context(context)
    return "".join(source.blocks[name](source.new_context(context)))


def picture_response(type: str, body: bytes) -> Response:
    """A picture and nothing else: exact type, no scripts, kept by this browser only."""
    response = Response(body, mimetype=type)
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def see(endpoint: str, **values: Any) -> BaseResponse:
    """After a POST: look at that page (303, RFC 9110 15.4.4)."""
    return redirect(url_for(endpoint, **values), 303)


class Id(IntegerConverter):
    """A row's id in a URL; what does not fit a 32-bit column is not found."""

    regex = r"(?:20[0-9]{8}|1[0-9]{9}|[0-9]{1,9})"


class Word(UnicodeConverter):
    """A text in a URL; NUL, which no database holds, is not found."""

    def to_python(self, value: str) -> str:
        if "\x00" in value:
            raise ValidationError
        return value


def onward(response: Response, url: str) -> Response:
    """A page with a link to another host; HTMX is told to go there at once. A form is never
    redirected to another host: `form-action` refuses that."""
    if request.headers.get("HX-Request"):
        response.headers["HX-Redirect"] = url
    return response


def ids(typed: list[str]) -> list[int]:
    """Ids that a form names; what can't be one is left out."""
    return [int(text) for text in typed if re.fullmatch(Id.regex, text)]


def page_asked(last: int = 999_999) -> int:
    """The page of a list that the address asks for, the first by itself; 404 for what is no number, and
    behind the last page."""
    typed = request.args.get("page", "1")
    if not re.fullmatch(r"[0-9]{1,6}", typed) or int(typed) > last:
        abort(404)
    return max(1, int(typed))


def init_app(app: Flask) -> None:
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = False  # origins.check_sender asks more and needs no Referer
    app.url_map.converters.update({"int": Id, "default": Word})
    csrf.init_app(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    assets.init_app(app)
    moments.init_app(app)
    app.jinja_env.filters["merge"] = lambda one, other: one | other
    app.before_request(_check_permission)
    app.teardown_request(_end_reading)
    app.context_processor(_everywhere)


def check_every_route_is_guarded(app: Flask) -> None:
    """The boot stops when a route neither names a permission nor is public."""
    silent = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not hasattr(app.view_functions[rule.endpoint], "permission")
        and rule.endpoint != "static"
    ]
    if silent:
        raise SystemExit(f"These routes name no permission: {', '.join(sorted(set(silent)))}")


def _end_reading(_: BaseException | None) -> None:
    if token := g.pop("reading", None):
        reading.reset(token)


def _check_permission() -> BaseResponse | None:
    if request.endpoint in (None, "static"):
        return None
    view = current_app.view_functions[request.endpoint]
    permission = getattr(view, "permission", "")
    if permission is None:
        return None
    if not current_user.is_authenticated:
        return ask_to_sign_in()
    return _refuse(permission) or (ask_again() if hasattr(view, "is_for_fresh") else None)


def _refuse(permission: str) -> BaseResponse | None:
    """None for who has the permission."""
    if permission == OPERATOR:
        return None if current_user.is_operator else abort(404)
    if g.member is None:  # removed from the last one, or left it
        return None if permission == "self" else see("account.begin_organization")
    if g.get("owes_factor") and permission != "self":
        name = g.member.organization.name
        flash(f"{name} asks for a second factor. Set one up here, then go on.", "notice")
        return lead_away(url_for("account.security"))
    if not g.member.may(permission):
        abort(403, g.member.refusal(permission))
    return None


def _everywhere() -> dict[str, Any]:
    member = g.get("member")
    settings = current_app.config["SETTINGS"]
    person = viewer.person()
    return {
        "member": member,
        "can": lambda permission: member is not None and member.may(permission),
        "zone": viewer.zone_name(),
        "instance": {"name": settings.operator_name or "AllStac", "base_url": settings.base_url},
        "engine": None,
        "is_planning": False,
        "attention_count": 0,
        "approvals_count": 0,
        "news_count": 0,
        "person": person,
        "theme": person.theme if person else "auto",
        "is_fragment": False,
        "left_typed": left_typed,
        "queue_is_away": False,
    }
