"""Where a request comes from and where an answer may lead: our own name, our own pages."""

import unicodedata
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, abort, current_app, redirect, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from app.config import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OWN = frozenset({"same-origin", "none"})  # none: typed, or from a bookmark
HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})
HOME = "/calendar"


def init_app(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    if hops := settings.trusted_proxies:  # fixed: what a client writes further left is not read
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.before_request(check_host)
    app.before_request(lead_home)
    app.before_request(check_sender)


def check_host() -> Response | None:
    """400 for a name that is not ours, without a page (its links would carry the name);
    platforms ask /health by address."""
    is_readable = request.url_rule is not None or request.routing_exception is not None
    if is_readable and request.path.startswith("/health/"):
        return None
    if is_readable and _name(request.host) in _names(current_app.config["SETTINGS"]):
        return None
    return Response("This is not the address of this site.\n", 400, mimetype="text/plain")


def lead_home() -> BaseResponse | None:
    """Networks send developers back to 127.0.0.1, whatever their machine is called
    (atproto.com/specs/oauth): the cookie is at the name of BASE_URL, so the way goes on there."""
    settings: Settings = current_app.config["SETTINGS"]
    own = _name(urlsplit(settings.base_url).netloc)
    is_return = request.method == "GET" and request.path.startswith("/channels/connect/")
    if settings.is_production or not is_return or _name(request.host) == own or own not in HERE:
        return None
    return redirect(f"{settings.base_url}{request.full_path.rstrip('?')}", 303)


def _names(settings: Settings) -> frozenset[str]:
    own = _name(urlsplit(settings.base_url).netloc)
    return frozenset({own}) if settings.is_production else HERE | {own}


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def check_sender() -> None:
    """Forms count only when our own pages sent them (Fetch Metadata; else Origin). Beside the
    CSRF token: a request with neither header comes from no browser of today."""
    if request.method in SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        is_own = site in OWN
    else:
        here = urlsplit(current_app.config["SETTINGS"].base_url)
        is_own = origin is None or origin.lower() == f"{here.scheme}://{here.netloc}".lower()
    if not is_own:
        abort(403, "This form was sent from another site. Open the page here and send it again.")


def safe_path(target: str | None) -> str:
    """A path on this host, whatever was asked for (no open redirect)."""
    target = target or ""
    if len(target) > 2000 or any(unicodedata.category(sign)[0] in "CZ" for sign in target):
        return HOME
    path = target.partition("?")[0].partition("#")[0]
    for _ in range(3):  # as it stands, and as somebody on the way may decode it
        if not path.startswith("/") or path.startswith("//") or _is_tricky(path):
            return HOME
        path = unquote(path)
    return target


def web_address(found: str | None) -> str:
    """An address from outside when it leads to a web page, else nothing: `javascript:` is no link."""
    return found if found and found.lower().startswith(("https://", "http://")) else ""


def _is_tricky(path: str) -> bool:
    """Browsers take a backslash for a slash and drop controls; some fold look-alikes of both."""
    plain = unicodedata.normalize("NFKC", path)
    return "\\" in plain or plain.startswith("//") or any(sign < " " for sign in plain)
