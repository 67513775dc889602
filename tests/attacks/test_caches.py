"""Two people and a stranger behind one cache: nobody gets another's page, whatever the address ends
with. The cache is a double: one that keeps to RFC 9111, and one that forgets about `Vary`."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.attacks import fuzzing, scene

DATABASES = ("sqlite",)  # which one it is makes no difference here
CONFUSED = [
    "{}.css", "{}/x.css", "{};x.css", "{}%2Fx.css", "{}?x.css", "{}#x.css", "{}%00.css",
    "{}/..%2fstatic/x.css", "/static/..{}", "/static/%2e%2e{}", "/static/x{}", "/static{}.js", "/{}", "{}/",
    "{}%20", "{}?v=1", "/static/css/base.css/..{}", "/favicon.ico{}", "/robots.txt/..{}",
]  # fmt: skip
PAGES = [
    "/account",
    "/calendar",
    "/organization/members",
    "/posts",
    "/settings/privacy",
    "/channels",
]
PERSONAL = re.compile(r"Alice Ash|alice@orchard|Orchard|Of Alice|Bob Birch|csrf_token")


@dataclass
class Cache:
    """A shared cache in front of the application."""

    minds_vary: bool
    kept: dict[tuple[str, ...], tuple[tuple[str, ...], Any]] = field(default_factory=dict)
    hits: int = 0
    looks: int = 0

    def get(self, client: FlaskClient, path: str, **headers: str) -> Any:
        self.looks += 1
        cookie = client.get_cookie("allstac")
        sent = headers | {"Cookie": cookie.value if cookie else ""}
        for (known, *values), (names, answer) in self.kept.items():
            if known == path and values == [sent.get(name, "") for name in names]:
                self.hits += 1
                return answer
        answer = client.get(path, headers=headers)
        if is_storable(answer):
            names = tuple(sorted(answer.vary)) if self.minds_vary else ()
            self.kept[(path, *(sent.get(name, "") for name in names))] = (names, answer)
        return answer


def is_storable(answer: Any) -> bool:
    """RFC 9111 3: a shared cache may keep what does not forbid it and is allowed or cacheable by its
    status (RFC 9110 15.1), which includes redirects, 404, 405, 410, 414 and 501."""
    control = answer.cache_control
    if control.no_store or control.private or "*" in answer.vary:
        return False
    fresh = control.max_age or control.s_maxage or control.public or "Expires" in answer.headers
    heuristic = answer.status_code in (200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501)
    return bool(fresh or heuristic) and not control.no_cache


def paths(app: Flask, stage: scene.Scene, is_brief: bool = True) -> list[str]:
    """Every page and every confusing ending; when brief, each ending on one page of the six."""
    known = [stage.address(rule) for rule in fuzzing.readable_rules(app)]
    known += ["/static/css/base.css", "/static/css/base.css?v=1", "/static/nothing.css", "/nowhere"]
    for number, ending in enumerate(CONFUSED):
        pages = [PAGES[number % len(PAGES)]] if is_brief else PAGES
        known += [ending.format(page) for page in pages]
    return known


SWAPPED = {"HX-Request": "true", "HX-Target": "calendar"}


@pytest.mark.parametrize(
    ("minds_vary", "is_brief"),
    [
        (False, True),
        *(pytest.param(vary, False, marks=pytest.mark.security_long) for vary in (True, False)),
    ],
)
def test_nobody_gets_anothers_page_from_a_cache(
    app: Flask, db: object, minds_vary: bool, is_brief: bool
) -> None:
    """The cache that forgets more mixes more. When brief, Alice is followed by one of the two others, and
    every third page is asked for as a part too."""
    stage, cache = scene.plant(app), Cache(minds_vary)
    charlie, stranger = app.test_client(), app.test_client()
    make.sign_in(charlie, make.charlie())
    mixed, shown = [], 0
    for number, path in enumerate(paths(app, stage, is_brief)):
        others = [charlie, stranger][number % 2 :: 2] if is_brief else [charlie, stranger]
        for headers in ({},) if is_brief and number % 3 else ({}, SWAPPED):
            shown += bool(PERSONAL.search(cache.get(stage.client, path, **headers).text))
            for other in others:
                before = cache.hits
                answer = cache.get(other, path, **headers)
                if cache.hits > before and PERSONAL.search(answer.text):
                    mixed.append(path)
    print(f"{cache.looks} looks, {cache.hits} kept, {shown} of Alice's pages, {len(mixed)} mixed")
    assert mixed == []
    assert cache.hits > 3, "static files at least are kept, or the cache would prove nothing"
    assert shown > 20


def kept(cache: Cache) -> list[Any]:
    return [answer for _, answer in cache.kept.values()]


def test_no_kept_answer_sets_a_cookie(app: Flask, db: object) -> None:
    stage, cache = scene.plant(app), Cache(minds_vary=False)
    for client in (stage.client, app.test_client()):
        for path in paths(app, stage):
            cache.get(client, path)
    assert [answer.request.path for answer in kept(cache) if "Set-Cookie" in answer.headers] == []


def test_the_double_does_mix_what_may_be_kept(app: Flask, db: object) -> None:
    """If a page of Alice's were marked as public, the tests above would see it."""
    stage, cache = scene.plant(app), Cache(minds_vary=False)
    answer = stage.client.get("/account")
    assert not is_storable(answer)
    answer.headers["Cache-Control"] = "public, max-age=60"
    assert is_storable(answer)
    cache.kept[("/account",)] = ((), answer)
    assert PERSONAL.search(cache.get(app.test_client(), "/account").text)
