"""Whose name, whose form, whose address, and where an answer leads."""

import random
import re
from ipaddress import IPv4Address
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from app import create_app, mail
from app.account import jobs, limits
from app.account.models import User
from app.origins import HOME, safe_path, web_address
from tests import make
from tests.conftest import settings

DATABASES = ("sqlite",)  # which one it is makes no difference here
EVIL = "evil.example"
DOTS = ("。", "．", "｡")  # IDNA takes them for a dot


def spellings() -> list[str]:
    """Ways to write 'somewhere else' that have fooled somebody."""
    heads = [
        "//",
        "///",
        "////",
        "/\\",
        "\\\\",
        "\\/",
        "/\\/",
        "\\",
        "//\\",
        "/\t/",
        "/\n/",
        "/\r/",
        "\t//",
        " //",
        "\u00a0//",
        "\u3000//",
        "/\x00/",
        "\x00//",
        "/\x0b/",
        "/\x1f/",
        "/\u2028/",
        "/\u200b/",
        "/\ufeff/",
        "/\u202e/",
        "／／",
        "/／",
        "⁄⁄",
        "∕∕",
        "＼＼",
        "/＼",
        "%2f%2f",
        "/%2f",
        "/%5c",
        "%5c%5c",
        "/%09/",
        "%09//",
        "/%252f",
        "/%255c",
        "/%2f%2f",
        "/%0d%0a/",
        "/%00/",
        "/;//",
        "./",
        "../",
        ".",
        "?",
        "#",
        "@",
        ":",
        "",
        "/.//",
        "/..//",
    ]
    schemes = ["http:", "https:", "HTTP:", "hTTps:", "javascript:", "JaVaScRiPt:", "data:text/html,",
               "vbscript:", "ftp:", "file:", "blob:", "mailto:", "java\tscript:", "\x01javascript:",
               "http:/", "https:/", "http:\\", "https:\\\\", "http:///", "https:////", "//http:",
               "http:@", "https:localhost@", "https://localhost@", "//localhost@", "//localhost:80@",
               "//localhost\\@", "https://localhost\\.", "//user:pass@", "//[::1]@", "http:%2f%2f"]  # fmt: skip
    hosts = [EVIL, f"{EVIL}/calendar", f"{EVIL}%2f..", *(f"evil{dot}example" for dot in DOTS)]
    made = [f"{head}{host}" for head in heads for host in hosts[:2]]
    made += [f"{scheme}{EVIL}" for scheme in schemes]
    return made + [f"//{host}" for host in hosts[2:]] + [f"{scheme}//{EVIL}" for scheme in schemes]


FORMS = spellings()


def lands_on(location: str) -> str:
    """Where a browser goes from our sign-in page (WHATWG URL: backslash is slash, tabs vanish)."""
    seen = re.sub(r"[\t\r\n]", "", location).strip("".join(map(chr, range(33)))).replace("\\", "/")
    return urlsplit(urljoin("http://localhost/login", seen)).netloc


def test_there_are_150_of_them() -> None:
    assert len(set(FORMS)) >= 150


@pytest.mark.parametrize("encoded", [False, True])
def test_no_sign_in_leads_away(client: FlaskClient, encoded: bool) -> None:
    """Who is signed in is sent on at once."""
    for form in FORMS:
        target = quote(form, safe="") if encoded else None
        path = f"/login?next={target}" if target else "/login"
        answer = client.get(path, query_string=None if target else {"next": form})
        assert answer.status_code == 303, form
        assert lands_on(answer.location) == "localhost", form


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.security_long)])
def test_no_form_leads_away(anonymous: FlaskClient, step: int) -> None:
    """Some of them, since the same words decide as above."""
    alice = make.alice()
    for form in FORMS[::step]:
        data = {"email": alice.email, "password": make.PASSWORD, "next": form, "typed": ""}
        answer = anonymous.post("/login", data=data)
        assert answer.status_code == 303, form
        assert lands_on(answer.location) == "localhost", form
        anonymous.post("/logout")


@pytest.mark.parametrize("count", [2, pytest.param(40, marks=pytest.mark.security_long)])
def test_no_redirect_of_any_route_leads_away(app: Flask, client: FlaskClient, count: int) -> None:
    """Every route, with some of the forms as each parameter that could name a place to go."""
    names = (
        "next",
        "url",
        "to",
        "redirect",
        "return",
        "return_to",
        "continue",
        "back",
        "goto",
        "r",
    )
    reading = [
        r for r in app.url_map.iter_rules() if "GET" in (r.methods or ()) and not r.arguments
    ]
    for number, rule in enumerate(reading):
        for form in random.Random(number).sample(FORMS, count):
            answer = client.get(rule.rule, query_string=dict.fromkeys(names, form))
            if answer.location:
                assert lands_on(answer.location) == "localhost", f"{rule.rule} {form}"


@pytest.mark.parametrize(
    "path", ["/calendar", "/posts/5/edit", "/posts?state=draft&page=2", "/posts/new?on=2026-11-24",
             "/privacy#p5", "/docs/policies/x?q=a%20b%2F%2Fc", "/a//b", "/ä"],
)  # fmt: skip
def test_our_own_pages_are_reached(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize("path", [None, "", "x", "/" + "x" * 2000])
def test_what_is_no_path_leads_home(path: str | None) -> None:
    assert safe_path(path) == HOME


@pytest.mark.parametrize(
    "host", [EVIL, f"{EVIL}:80", f"localhost.{EVIL}", f"{EVIL}#localhost", f"localhost@{EVIL}",
             "localhost.", "", "lo\u0441alhost", "169.254.169.254", "[::ffff:127.0.0.1]", "a" * 300],
)  # fmt: skip
def test_another_name_is_refused(anonymous: FlaskClient, host: str) -> None:
    sent = {"HTTP_HOST": host.encode().decode("latin-1")}
    answer = anonymous.post(
        "/password/forgot", data={"email": "a@b.example"}, environ_overrides=sent
    )
    assert answer.status_code == 400
    assert EVIL not in answer.text
    by_address = {"HTTP_HOST": "10.1.2.3:5000"}
    assert anonymous.get("/health/live", environ_overrides=by_address).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost:8000", "127.0.0.1:5000"])
def test_our_own_name_is_answered(anonymous: FlaskClient, host: str) -> None:
    assert anonymous.get("/login", headers={"Host": host}).status_code == 200


@pytest.fixture
def behind(tmp_path: object) -> FlaskClient:
    """The application behind one proxy, in the way that a platform runs it."""
    given = settings(tmp_path, f"sqlite:///{tmp_path}/x.db") | {"trusted_proxies": 1}  # type: ignore[arg-type]
    app = create_app(**given)
    app.add_url_rule("/who", "who", lambda: f"{limits.place(request.remote_addr)} {request.host}")
    app.view_functions["who"].permission = None  # type: ignore[attr-defined]
    return app.test_client()


def test_behind_a_proxy_a_forged_name_is_refused_too(behind: FlaskClient) -> None:
    assert behind.get("/who", headers={"X-Forwarded-Host": EVIL}).status_code == 400
    assert behind.get("/who", headers={"X-Forwarded-Host": "localhost"}).status_code == 200
    assert behind.get("/who", headers={"X-Forwarded-Host": f"localhost, {EVIL}"}).status_code == 400


def test_without_a_proxy_nobody_reads_what_proxies_write(anonymous: FlaskClient) -> None:
    forged = {"X-Forwarded-Host": EVIL, "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"}
    answer = anonymous.get("/login", headers=forged)
    assert answer.status_code == 200
    assert EVIL not in answer.text


def test_a_thousand_forged_addresses_are_one_to_the_limits(behind: FlaskClient) -> None:
    """What the proxy itself appended counts; what the client wrote before it does not."""
    chance = random.Random(11)

    def forged() -> str:
        words = [str(IPv4Address(chance.getrandbits(32))), "unknown", "::1", "127.0.0.1", "", "x" * 90,
                 "10.0.0.1:80", "for=1.2.3.4", "1.2.3.4\t", "2001:db8::1"]  # fmt: skip
        return ", ".join(chance.choices(words, k=chance.randint(1, 6)))

    seen = set()
    for _ in range(1000):
        given = {"X-Forwarded-For": f"{forged()}, 203.0.113.9", "X-Real-IP": forged(),
                 "Forwarded": f"for={forged()}", "Client-IP": forged()}  # fmt: skip
        seen.add(behind.get("/who", headers=given).text)
    assert seen == {"203.0.113.9 localhost"}


def test_mails_name_our_own_address(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, object] = {}
    alice = make.alice()
    forged = {"X-Forwarded-Host": EVIL}
    assert anonymous.post("/password/forgot", data={"email": alice.email}, headers=forged).location
    monkeypatch.setattr(mail, "send", lambda *_, **context: sent.update(context))
    jobs.send_password_link(User.by_email(alice.email).id)  # type: ignore[union-attr]
    assert any(str(value).startswith("http://localhost/password/reset/") for value in sent.values())


SENDERS = [
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
    ({"Origin": "http://localhost"}, True),
    ({}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "SAME-ORIGIN"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": f"http://{EVIL}"}, False),
    ({"Origin": "https://localhost"}, False),
    ({"Origin": "http://localhost:81"}, False),
    ({"Origin": f"http://localhost.{EVIL}"}, False),
]


@pytest.mark.parametrize(("headers", "own"), SENDERS)
def test_only_our_own_pages_send_forms(
    app: Flask, client: FlaskClient, headers: dict[str, str], own: bool
) -> None:
    answer = client.post("/account", data={"name": "Kept as typed", "theme": "x"}, headers=headers)
    assert answer.status_code == (422 if own else 403)
    if not own:
        assert "sent from another site" in answer.text
        assert "Send it again" not in answer.text, "no button that does it for them"


def test_every_form_of_ours_asks_who_sent_it(app: Flask, client: FlaskClient) -> None:
    from tests.test_doors import address

    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            answer = client.open(
                address(rule, 1), method=method, headers={"Sec-Fetch-Site": "cross-site"}
            )
            assert answer.status_code == 403, f"{method} {rule.rule}"


def test_an_address_from_outside_is_a_link_only_to_the_web() -> None:
    for found in ("https://a.example/@b", "http://a.example/", "HTTPS://A.EXAMPLE/"):
        assert web_address(found) == found
    strange = (
        "javascript:alert(1)",
        "//a.example/",
        "data:text/html,x",
        " https://a.example/",
        "",
        None,
    )
    assert {web_address(found) for found in (*strange, "java\nscript:x", "https:a.example")} == {""}
