"""500 texts that want to run, in every column that pages show, on every page, in a real browser: none
does. The quick form shows each of them once; `make security` shows all of them in all columns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import cycle
from urllib.parse import quote

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from playwright.sync_api import Browser

from app.channels import routes as channel_pages
from app.db import db
from tests.attacks import texts
from tests.attacks.contexts import decoded, documents
from tests.attacks.payloads import COUNT, LEADING, MARK, PAYLOADS, RUN
from tests.browser.conftest import Visitor
from tests.browser.eye import Eye
from tests.browser.planted import Planted, planted

Eyes = Callable[..., Eye]
OWNER, OPERATOR, NOBODY, STALE = "owner of Orchard", "operator", "anonymous", "stale"
EVERYTHING = " ".join(PAYLOADS)
MAIN = (
    "/account/security/activity", "/account/sessions", "/approvals", "/attention", "/calendar", "/channels/",
    "/invitations/", "/organization", "/organization/audit", "/organization/members", "/posts", "/posts/",
    "/queue", "/sandbox/", "/settings/privacy/looks", "/settings/privacy/requests/",
    "/settings/privacy/telemetry", "/support/", "/settings/privacy/data/channel",
)  # fmt: skip
DESK = (
    "/operator/holds", "/operator/incidents/", "/operator/people/", "/operator/requests/",
    "/operator/support/",
)  # fmt: skip
ECHOES = (
    "/posts?state={}", "/posts/new?on={}", "/settings/privacy/corrections?about={}", "/calendar?month={}",
    "/organization/audit?person={}&action={}&since={}", "/account/security/events?older_than={}&x={}",
    "/operator/support?state={}", "/operator/requests?show={}", "/operator/people?look={}",
    "/nowhere/{}", "/login?next={}",
)  # fmt: skip
FORMS = ("/organization", "/settings/privacy/corrections", "/support")
long = pytest.mark.security_long


def in_groups(size: int) -> list[tuple[str, ...]]:
    return [PAYLOADS[start : start + size] for start in range(0, COUNT, size)]


def chosen(pages: list[str], wanted: tuple[str, ...]) -> list[str]:
    """Those that are named, or stand below a name that ends with a slash."""
    below = tuple(name for name in wanted if name.endswith("/"))
    found = [page for page in pages if page in wanted or page.startswith(below)]
    return [page for page in found if "/pictures/" not in page and not page.endswith(".csv")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with planted(tmp_path_factory.mktemp("planted")) as made:
        yield made


@pytest.fixture(scope="module")
def eye_of(site: Planted, browser: Browser) -> Iterator[Eyes]:
    """One browser, by turns everybody's; and one that does not heed the content security policy."""
    opened = []

    @cache
    def one(is_guarded: bool) -> Eye:
        opened.append(browser.new_context(base_url=site.url, bypass_csp=not is_guarded))
        return Eye(Visitor(opened[-1].new_page(), site.url))

    def begin(name: str, *, is_guarded: bool = True) -> Eye:
        return one(is_guarded).begin(site.world.actor(name).cookie)

    yield begin
    for context in opened:
        context.close()


def test_the_columns_that_code_writes_are_known(site: Planted) -> None:
    assert texts.unknown(db.metadata) == []


def test_no_text_that_was_stored_becomes_code(site: Planted, eye_of: Eyes) -> None:
    count = site.fill(in_groups(50), LEADING)
    owner = eye_of(OWNER)
    owner.visit(chosen(site.addresses(OWNER), MAIN))
    faults, fields, seen, looks = owner.faults, owner.fields, owner.seen, owner.looks
    operator = eye_of(OPERATOR)
    operator.visit(chosen(site.addresses(OPERATOR), DESK))
    faults, fields, looks = (
        faults + operator.faults,
        fields | operator.fields,
        looks + operator.looks,
    )
    print(
        f"{COUNT} payloads in {count} texts, {len(fields)} columns on {looks} pages: {len(faults)} ran"
    )
    assert not faults, "\n".join(faults)
    assert seen | operator.seen == set(PAYLOADS)
    assert len(fields) > 30


@long
@pytest.mark.parametrize("name", [OWNER, OPERATOR, NOBODY])
def test_no_text_anywhere_becomes_code(site: Planted, eye_of: Eyes, name: str) -> None:
    """All payloads in all columns on all pages, twenty at a time: none hides another."""
    groups, count = in_groups(20), 0
    pages = site.pages(name)
    if name == OPERATOR:
        pages = chosen(pages, ("/operator", "/operator/", "/settings/privacy/looks"))
    eye = eye_of(name)
    for turn in range(len(groups)):
        count += site.fill(groups, LEADING, turn)
        eye.visit(pages)
    fields = sorted(eye.fields)
    print(
        f"{COUNT} payloads in {count} texts x {len(fields)} columns x {len(pages)} pages as {name},"
    )
    print(f"{eye.looks} pages opened: {len(eye.faults)} ran. Columns: {', '.join(fields)}")
    assert not eye.faults, "\n".join(eye.faults)
    assert eye.seen == set(PAYLOADS)


def test_no_text_that_is_given_back_becomes_code(eye_of: Eyes) -> None:
    eye = eye_of(OWNER)
    eye.preview(EVERYTHING)
    forms = sum(eye.fill(path, EVERYTHING) for path in FORMS)
    for path in (
        "/posts/new",
        "/nowhere",
    ):  # without its token; an error page that keeps what was typed
        eye.send(path, {"text": EVERYTHING, f'"><img {MARK}>': "x"})
    for path, group in zip(ECHOES, in_groups(8), strict=False):
        eye.visit([path.replace("{}", quote(" ".join(group)))])
    print(f"{forms} forms, {eye.looks} answers: {len(eye.faults)} ran")
    assert not eye.faults, "\n".join(eye.faults)
    assert eye.seen == set(PAYLOADS)
    assert forms >= 3


@long
@pytest.mark.parametrize("name", [OWNER, OPERATOR])
def test_no_form_and_no_address_gives_back_code(site: Planted, eye_of: Eyes, name: str) -> None:
    eye, pages, count = eye_of(name), site.pages(name), 0
    for group in (
        in_groups(20) if name == OWNER else ()
    ):  # a viewer's desk: nothing is written there
        eye.preview(" ".join(group))
    for path in pages:
        count += eye.fill(path, EVERYTHING)
    eye.begin(site.world.actor(name).cookie)
    for path in ECHOES:
        eye.visit(path.replace("{}", quote(" ".join(group))) for group in in_groups(8))
    for path, group in zip(pages, cycle(in_groups(8))):
        said = quote(" ".join(group))
        eye.visit([f"{path}?next={said}&page={said}&q={said}"])
    print(f"{count} forms, {eye.looks} addresses as {name}: {len(eye.faults)} ran")
    assert not eye.faults, "\n".join(eye.faults)


def test_what_was_typed_before_a_sign_in_comes_back_as_text(eye_of: Eyes) -> None:
    nobody = eye_of(NOBODY)
    nobody.page.goto("/login")
    nobody.send("/posts/new", {"text": EVERYTHING, f'"><img {MARK}>': "x"})
    assert not nobody.faults, "\n".join(nobody.faults)
    stale = eye_of(STALE)
    stale.send("/account/email", {"email": EVERYTHING})
    stale.visit(["/account"])
    assert not stale.faults, "\n".join(stale.faults)
    assert stale.seen == set(PAYLOADS)


def test_each_payload_would_be_noticed_where_nothing_is_escaped(eye_of: Eyes) -> None:
    """As it stands, or after something has decoded it once too often."""
    eye = eye_of(NOBODY, is_guarded=False)
    eye.page.goto("/login")
    harmless = list(documents("&lt;b&gt; javascript"))
    assert eye.notices([[one] for one in harmless]) == [False] * len(harmless)
    told = eye.notices([list(documents(payload)) for payload in PAYLOADS])
    hidden = [payload for payload, is_told in zip(PAYLOADS, told, strict=True) if not is_told]
    told = eye.notices([list(decoded(payload)) for payload in hidden])
    print(f"{COUNT - len(hidden)} do harm as they stand, {len(hidden)} after a decoding")
    assert [payload for payload, is_told in zip(hidden, told, strict=True) if not is_told] == []
    assert hidden


LEAKS = {
    "text": (OWNER, "sandbox/wall.html", "{{ part.text }}", "/sandbox/"),
    "attribute": (OWNER, "sandbox/wall.html", "{{ picture.alt }}", "/sandbox/"),
    "title": (OPERATOR, "operator/person.html", "{{ found.name }}", "/operator/people/"),
}


@contextmanager
def trusting(app: Flask, template: str, expression: str) -> Iterator[None]:
    """A page whose author forgot that this value is anybody's."""
    environment, loader = app.jinja_env, app.jinja_env.loader
    assert loader
    source = loader.get_source(environment, template)[0]
    changed = source.replace(expression, expression.replace(" }}", " | safe }}"))
    assert changed != source
    environment.loader = ChoiceLoader([DictLoader({template: changed}), loader])
    yield
    environment.loader = loader


@pytest.mark.parametrize("place", LEAKS)
def test_a_page_that_trusts_a_text_is_noticed(site: Planted, eye_of: Eyes, place: str) -> None:
    """The eye sees it; the policy keeps it from running; without the policy it runs."""
    actor, template, expression, beginning = LEAKS[place]
    site.fill([(f'"></title><img src=x onerror={RUN} {MARK}>',)], LEADING)
    [path, *_] = chosen(site.addresses(actor), (beginning,))
    guarded, unguarded = eye_of(actor), eye_of(actor, is_guarded=False)
    with trusting(site.app, template, expression):
        guarded.visit([path])
        unguarded.visit([path])
    for eye in (guarded, unguarded):
        assert any("<img> carries the mark" in fault for fault in eye.faults)
    assert any(
        "violates the following Content Security Policy" in fault for fault in guarded.faults
    )
    assert not any("code ran" in fault for fault in guarded.faults)
    assert any("code ran" in fault for fault in unguarded.faults)


def test_a_link_to_whatever_a_network_named_is_noticed(
    site: Planted, eye_of: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.fill(in_groups(50), LEADING[:1])
    monkeypatch.setattr(channel_pages, "web_address", lambda found: found)
    eye = eye_of(OWNER)
    eye.visit(chosen(site.addresses(OWNER), ("/channels/",))[:1])
    assert any("leads elsewhere: javascript:" in fault for fault in eye.faults)
