"""Bad input and bad weather: the answer is known, plain, and nothing that was typed is lost. What the
composer refuses by itself stands in tests/scheduler/test_composer.py."""

import json
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app import clock, create_app
from app.db import db as database
from app.scheduler.models import Delivery, Post
from tests import make
from tests.conftest import settings
from tests.times import Times

WORDS = "Three <b>long</b> paragraphs,\nand a second line"


def typed_in(page: str) -> dict[str, list[str]]:
    """Name and value of everything that the page's form would send again."""
    found: dict[str, list[str]] = {}
    form = page[page.index('class="card stack typed"') :]
    form = form[: form.index("</form>")]
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(unescape(value))
    for name, value in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', form):
        found.setdefault(name, []).append(unescape(value))
    return found


@pytest.fixture
def guarded(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Alice, with tokens of forms asked for as in production."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    return client


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    return found[1] if found else ""


@pytest.mark.parametrize("bad", ["none", "nonsense", "another session's", "of another key"])
def test_a_form_without_a_good_token_is_kept_and_its_fresh_button_sends_it(
    app: Flask, guarded: FlaskClient, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    channel = make.channel(make.alice())
    sent = {"text": WORDS, "when": "now", "channels": [str(channel.id)], "nonce": "n"}
    if bad == "nonsense":
        sent["csrf_token"] = "x.y.z"
    if bad == "another session's":
        sent["csrf_token"] = token(app.test_client())
        assert len(sent["csrf_token"]) > 40
    if bad == "of another key":
        with monkeypatch.context() as patch:
            patch.setitem(app.config, "WTF_CSRF_SECRET_KEY", "the key of another time")
            sent["csrf_token"] = token(app.test_client())
    answer = guarded.post("/posts/new", data=sent)
    assert answer.status_code == 403
    assert "Nothing was saved." in answer.text
    again = typed_in(answer.text)
    assert again["text"] == [WORDS]
    assert guarded.post("/posts/new", data=again).status_code == 303
    [post] = database.session.scalars(database.select(Post))
    assert (post.text, len(post.deliveries)) == (WORDS, 1)


def test_secrets_are_never_put_into_a_page(guarded: FlaskClient) -> None:
    secrets = {"password": "hush-hush-hush", "new_password": "more-hush-hush", "name": "Alice A."}
    answer = guarded.post("/account/password", data=secrets)
    assert answer.status_code == 403
    assert "hush" not in answer.text
    assert "Alice A." in answer.text


def lose_session(client: FlaskClient, path: str, **sent: str) -> TestResponse:
    """Send a form after the session ended, sign in, and go where that leads."""
    client.delete_cookie("allstac")
    lost = client.post(path, data=sent)
    assert lost.status_code == 401
    fields = {
        name: unescape(found[1])
        for name in ("next", "typed")
        if (found := re.search(rf'name="{name}"[^>]*value="([^"]*)"', lost.text))
    }
    given = {"email": "alice@orchard.example", "password": make.PASSWORD} | fields
    answer = client.post("/login", data=given)
    assert answer.status_code == 303
    return client.get(answer.location)


@pytest.mark.parametrize(
    "path",
    ["/organization", "/organization/new", "/account", "/posts/new", "/channels/connect/bluesky"],
)
def test_a_form_of_any_page_comes_back_after_signing_in(client: FlaskClient, path: str) -> None:
    page = lose_session(client, path, name=WORDS, text=WORDS)
    assert page.status_code == 200
    assert "Three &lt;b&gt;long&lt;/b&gt; paragraphs," in page.text
    again = client.get(page.request.path)
    assert "What you had typed" not in again.text, "handed out once"


def test_a_form_whose_address_has_no_page_comes_back_on_the_page_it_stood_on(
    client: FlaskClient,
) -> None:
    post = make.post(make.alice(), make.channel(make.alice()))
    client.environ_base["HTTP_REFERER"] = f"http://localhost/posts/{post.id}"
    page = lose_session(client, f"/posts/{post.id}/move", due_at="2027-01-01T10:00")
    assert page.request.path == f"/posts/{post.id}"
    assert "2027-01-01T10:00" in page.text


ODD = {
    "zero byte": ("a\x00b", "ab"),
    "lone surrogate": ("a\ud800b", None),
    "two spellings of an accent": ("Cafe\u0301", "Caf\u00e9"),
    "from right to left": ("\u202egnp.exe", "\u202egnp.exe"),
    "zalgo": ("Z" + "\u0335\u0321" * 60, None),
    "joiners": ("\u200d" * 200 + "x", None),
    "a tag character": ("\U000e0041x", None),
    "beyond Unicode's plain part": ("\U0001f469\u200d\U0001f469", "\U0001f469\u200d\U0001f469"),
    "line ends": ("a\r\nb\rc\nd", "a\nb\nc\nd"),
    "markup": ("</textarea><script>alert(1)</script>", "</textarea><script>alert(1)</script>"),
    "a template": ("{{ 7 * 7 }}{% raw %}", "{{ 7 * 7 }}{% raw %}"),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_text_is_kept_as_text(client: FlaskClient, kind: str) -> None:
    text, stored = ODD[kind]
    channel = make.channel(make.alice())
    body = f"text={'%ED%A0%80' if 'surrogate' in kind else ''}".encode()
    sent = {"text": text, "when": "now", "channels": [channel.id], "action": "draft"}
    if "surrogate" in kind:
        answer = client.post("/posts/new", data=body + b"a&when=now&action=draft",
                             content_type="application/x-www-form-urlencoded")  # fmt: skip
    else:
        answer = client.post("/posts/new", data=sent)
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        page = client.get(answer.location)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        [post] = database.session.scalars(database.select(Post))
        assert "\x00" not in post.text
        assert stored is None or post.text == stored


def test_a_zone_that_does_not_exist(client: FlaskClient) -> None:
    answer = client.post(
        "/account", data={"name": "Alice Ash", "timezone": "Mars/Base", "theme": "auto"}
    )
    assert answer.status_code == 422
    assert "Not a valid choice" in answer.text
    assert 'value="Alice Ash"' in answer.text


def test_a_picture_that_is_gone_is_told(client: FlaskClient) -> None:
    channel = make.channel(make.alice())
    sent = {
        "text": WORDS,
        "when": "now",
        "channels": [channel.id],
        "kept": ["999999"],
        "alt": ["x"],
    }
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 422
    assert "A picture is not here any more. Choose it again." in answer.text
    assert "Three &lt;b&gt;long" in answer.text


@pytest.mark.parametrize("state", ["sending", "confirming"])
@pytest.mark.parametrize("deed", ["move", "cancellation", "publication", "edit", "deletion"])
def test_what_is_leaving_is_left_alone(client: FlaskClient, state: str, deed: str) -> None:
    post = make.post(make.alice(), make.channel(make.alice()))
    [delivery] = database.session.scalars(database.select(Delivery))
    delivery.state = post.state = state
    database.session.commit()
    due = (clock.now().replace(microsecond=0)).strftime("%Y-%m-%dT23:59")
    sent = {"text": WORDS, "when": "at", "due_at": "2027-12-01T10:00", "version": str(post.version),
            "channels": [str(delivery.channel_id)], "x": due}  # fmt: skip
    answer = client.post(f"/posts/{post.id}/{deed}", data=sent)
    assert answer.status_code == 409
    if deed == "edit":
        assert "Three &lt;b&gt;long" in answer.text
    database.session.expire_all()
    assert database.session.scalars(database.select(Delivery.state)).all() == [state]


@pytest.fixture(scope="module")
def without_database(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Postgres is down: nobody listens there."""
    tmp_path = tmp_path_factory.mktemp("without")
    url = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"
    made = create_app(**settings(tmp_path, url))
    made.testing = False  # else errors while the answer is finished are raised, not answered
    return made


def test_without_the_database_a_form_is_kept_and_can_be_sent_later(without_database: Flask) -> None:
    client = without_database.test_client()
    client.set_cookie("allstac", "a-session-from-before")
    sent = {"text": WORDS, "when": "now", "channels": ["3"], "csrf_token": "from before"}
    answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 503
    assert "The database can&#39;t be reached. Keep this page and try again." in answer.text
    again = typed_in(answer.text)
    assert again == {
        "text": [WORDS],
        "when": ["now"],
        "channels": ["3"],
        "csrf_token": ["from before"],
    }
    assert "Set-Cookie" not in answer.headers, "the session lives on when the database is back"


@pytest.mark.parametrize("cookie", [True, False])
@pytest.mark.parametrize("path", ["/", "/calendar", "/login", "/privacy", "/posts/1", "/nowhere"])
def test_without_the_database_pages_say_so(
    without_database: Flask, path: str, cookie: bool
) -> None:
    client = without_database.test_client()
    if cookie:
        client.set_cookie("allstac", "a-session-from-before")
    answer = client.get(path)
    works = {"/": 200, "/privacy": 200, "/calendar": 303, "/posts/1": 303, "/nowhere": 404}
    assert answer.status_code == (503 if cookie else works.get(path, 503))
    assert "Traceback" not in answer.text
    assert "psycopg" not in answer.text


def test_without_the_database_the_process_lives(without_database: Flask) -> None:
    client = without_database.test_client()
    client.set_cookie("allstac", "a-session-from-before")
    assert client.get("/health/live").status_code == 200
    assert client.get("/static/css/base.css").status_code == 200
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json) == (503, {"status": "no database"})


def test_a_database_that_goes_away_in_the_middle_loses_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("x", None, Exception("server closed the connection"))

    channel = make.channel(make.alice())
    sent = {"text": WORDS, "when": "now", "channels": [str(channel.id)], "nonce": "n"}
    with monkeypatch.context() as patch:
        patch.setattr("app.scheduler.composing.write", gone)
        answer = client.post("/posts/new", data=sent)
    assert answer.status_code == 503
    assert WORDS.split("\n")[1] in answer.text


def test_without_the_queue_all_works_and_pages_say_so(client: FlaskClient, times: Times) -> None:
    """Redis is away in the tests."""
    times.go(minutes=5)
    channel = make.channel(make.alice())
    page = client.get("/calendar").text
    assert "The queue is away. Posts still go out, a little later" in page
    sent = {"text": WORDS, "when": "now", "channels": [str(channel.id)]}
    assert client.post("/posts/new", data=sent).status_code == 303
    answer = client.post("/password/forgot", data={"email": "a@b.example"}, follow_redirects=True)
    assert "Mails don&#39;t go out at this moment." in answer.text
    assert "on its way" not in answer.text


def test_with_the_queue_nothing_is_said(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "queue_away", (clock.now(), False))
    assert "The queue is away" not in client.get("/calendar").text


def test_a_body_that_is_no_form_is_refused_in_plain_words(client: FlaskClient) -> None:
    for body, kind in (
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (json.dumps({"text": "x"}).encode(), "application/json"),
        (b"<a/>", "text/xml"),
        (b"text=x", "text/plain"),
    ):
        answer = client.post("/posts/new", data=body, content_type=kind)
        assert answer.status_code in (400, 413, 422), kind
        assert "Traceback" not in answer.text
