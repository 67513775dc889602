"""What every answer carries: each route, each kind of answer, over https as in production."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app import headers, sizes
from app.account.tokens import LoginSession
from app.db import db as database
from tests import make
from tests.doors import observatory
from tests.test_doors import address

DATABASES = ("sqlite",)  # which one it is makes no difference here
ENOUGH = 145
DIRECTIVES = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'",
    "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'",
    "trusted-types htmx",
}  # fmt: skip


@pytest.fixture
def https(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    settings = app.config["SETTINGS"].model_copy(update={"base_url": "https://localhost"})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    return app


def visitor(app: Flask) -> FlaskClient:
    made = app.test_client()
    made.environ_base["wsgi.url_scheme"] = "https"
    return made


@pytest.fixture
def owner(https: Flask, db: object) -> FlaskClient:
    made = visitor(https)
    make.sign_in(made, make.alice())
    return made


def faults(answer: TestResponse) -> list[str]:
    """What is missing from this answer."""
    given, wanted = answer.headers, []
    policy = given.get("Content-Security-Policy", "")
    if policy != headers.PICTURE_POLICY:
        wanted = [part for part in DIRECTIVES if part not in policy.split("; ")]
    if "unsafe" in policy or "frame-ancestors 'none'" not in policy:
        wanted.append("a safe policy")
    exact = {
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    wanted += [name for name, value in exact.items() if given.getlist(name) != [value]]
    if given.get("Referrer-Policy") not in ("strict-origin-when-cross-origin", "no-referrer"):
        wanted.append("Referrer-Policy")
    if "camera=()" not in given.get("Permissions-Policy", ""):
        wanted.append("Permissions-Policy")
    if "Cookie" not in given.get("Vary", ""):
        wanted.append("Vary: Cookie")
    if "X-Powered-By" in given or "Access-Control-Allow-Origin" in given:
        wanted.append("silence")
    return wanted


def each(app: Flask, is_owner: bool, id: int) -> dict[str, TestResponse]:
    """Every route with every method, asked by a visitor with no cookie yet, or by the owner with hers; HEAD
    by the visitor alone."""
    answers, owner = {}, visitor(app)
    for rule in app.url_map.iter_rules():
        for method in sorted(
            (rule.methods or set()) - {"OPTIONS", *(["HEAD"] if is_owner else [])}
        ):
            path = "/static/css/base.css" if rule.endpoint == "static" else address(rule, id)
            if is_owner and not database.session.scalar(signed_in):  # some routes end the session
                make.sign_in(owner, make.alice())
            client = owner if is_owner else visitor(app)
            answers[f"{method} {rule.rule}"] = client.open(path, method=method)
    return answers


signed_in = database.select(LoginSession.id).where(LoginSession.user_id.is_not(None)).limit(1)


@pytest.mark.parametrize("is_owner", [False, True])
def test_every_route_carries_them_and_every_page_scores_at_least_145(
    https: Flask, db: object, is_owner: bool
) -> None:
    post = make.post(make.alice(), make.channel(make.alice()))
    answers = each(https, is_owner, post.id)
    assert len(answers) > 80
    assert {name: found for name, answer in answers.items() if (found := faults(answer))} == {}
    kept = {
        name: answer.headers["Cache-Control"]
        for name, answer in answers.items()
        if answer.headers["Cache-Control"] != "no-store"
    }
    assert all("/static/" in name or "pictures" in name or "/media/" in name for name in kept), kept
    pages = {
        name: answer
        for name, answer in answers.items()
        if "<html" in answer.text
        and answer.status_code not in (301, 302, 303, 308)  # the scanner goes on to the page
    }
    assert len(pages) > (60 if is_owner else 20)
    assert {
        name: found for name, answer in pages.items() if (found := score(answer)) < ENOUGH
    } == {}


def score(answer: TestResponse) -> int:
    cookies = answer.headers.getlist("Set-Cookie")
    return observatory.score(answer.headers, cookies, answer.text)["total"]


def broken(error: Exception) -> Callable[..., None]:
    def raises(*_: object, **__: object) -> None:
        raise error

    return raises


KINDS: dict[int, Callable[[FlaskClient, pytest.MonkeyPatch], TestResponse]] = {
    200: lambda c, m: c.get("/calendar"),
    302: lambda c, m: c.get("/.well-known/change-password"),
    303: lambda c, m: c.get("/"),
    400: lambda c, m: c.get("/", headers={"Host": "evil.example"}),
    401: lambda c, m: c.application.test_client().post("/posts/new", data={"text": "Hi"}),
    403: lambda c, m: c.post("/account", headers={"Sec-Fetch-Site": "cross-site"}),
    404: lambda c, m: c.get("/nowhere"),
    405: lambda c, m: c.delete("/calendar"),
    409: lambda c, m: [c.post("/posts/1/cancellation") for _ in range(2)][-1],
    413: lambda c, m: c.post("/posts/new", data={"text": "x" * 3_000_000}),
    414: lambda c, m: c.get("/calendar?month=" + "x" * 4200),
    422: lambda c, m: c.post("/posts/new", data={"text": ""}),
    429: lambda c, m: [c.post("/account/email", data=ADDRESS) for _ in range(4)][-1],
    431: lambda c, m: c.get("/calendar", headers={"X-Long": "x" * 17_000}),
    500: lambda c, m: [m.setattr(QUEUE, broken(RuntimeError())), c.get("/queue")][-1],
    503: lambda c, m: [
        m.setattr(QUEUE, broken(OperationalError("x", None, Exception()))),
        c.get("/queue"),
    ][-1],
}  # fmt: skip
QUEUE = "app.scheduler.queue_page.of_all"
ADDRESS = {"email": "new@orchard.example", "password": make.PASSWORD}


@pytest.mark.parametrize("status", KINDS)
def test_every_kind_of_answer_carries_them(
    owner: FlaskClient, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    post = make.post(make.alice(), make.channel(make.alice()))
    if status == 409:
        answer = [owner.post(f"/posts/{post.id}/cancellation") for _ in range(2)][-1]
    else:
        answer = KINDS[status](owner, monkeypatch)
    assert answer.status_code == status
    assert faults(answer) == []
    if "html" in answer.content_type and status not in (302, 303):
        given = observatory.score(answer.headers, answer.headers.getlist("Set-Cookie"), answer.text)
        assert given["total"] >= ENOUGH, given


def test_the_rules_can_find_fault() -> None:
    good = {
        "Content-Security-Policy": headers.POLICY,
        "Strict-Transport-Security": headers.HSTS,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    cookie = ["__Host-a=b; Secure; HttpOnly; SameSite=Lax"]
    page = '<script src="/x.js" integrity="sha384-x">'
    assert observatory.score(good, cookie, page)["total"] == 150
    assert observatory.score(good, [], "")["total"] == 140
    assert observatory.score({}, [], "")["total"] == 30
    assert observatory.score(good, ["a=b; HttpOnly; SameSite=Lax"], page)["total"] == 60
    assert observatory.score(good, cookie, '<script src="https://x.test/x.js">')["total"] == 50
    loose = good | {"Content-Security-Policy": "default-src 'self'; script-src 'unsafe-inline'"}
    assert observatory.score(loose, cookie, page)["csp"] == -20
    assert observatory.score(good | {"Referrer-Policy": "unsafe-url"}, [], "")["referrer"] == -5


def test_signing_out_clears_what_the_browser_kept(owner: FlaskClient) -> None:
    answer = owner.post("/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert "Max-Age=0" in cookie


def test_static_files_are_kept_by_their_fingerprint(owner: FlaskClient) -> None:
    known = owner.get("/static/css/base.css?v=1").headers["Cache-Control"]
    assert known == "public, max-age=31536000"
    assert owner.get("/static/nothing.css?v=1").headers["Cache-Control"] == "no-store"


def test_a_swap_that_fails_leaves_the_page_as_it_is(client: FlaskClient) -> None:
    answer = client.get("/posts/999", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("#flashes", "innerHTML")
    assert "<html" not in answer.text
    assert "This page does not exist, or it is not yours to see." in answer.text


def test_scripts_carry_the_hash_of_their_file(client: FlaskClient) -> None:
    assert 'integrity="sha384-' in client.get("/posts/new").text
    assert sizes.MOST_URL == 4096


@pytest.mark.parametrize("path", ["/", "/calendar", "/static/css/base.css", "/health/live"])
def test_trace_is_off(client: FlaskClient, path: str) -> None:
    answer = client.open(path, method="TRACE", headers={"X-Secret": "echo me"})
    assert answer.status_code == 405
    assert "echo me" not in answer.text
