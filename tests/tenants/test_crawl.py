"""Nobody of Orchard, of nowhere, or without an account reads a word of Elsewhere: not by links, not by ids,
not in parts of pages, not in downloads."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask, Response, request
from sqlalchemy import select

from app.db import db as database
from app.privacy import jobs
from app.privacy.exports import ExportRun
from app.scheduler.models import Post
from app.scope import across_organizations
from tests.doors.asking import Asker, doors
from tests.doors.world import FOREIGN, OWN, World, build
from tests.tenants.crawling import Crawler, plant

DATABASES = ("sqlite",)  # the second lock of Postgres would hide what the first lets through

ROLES = tuple(f"{role} of Orchard" for role in ("owner", "admin", "editor", "approver", "viewer"))
MOST = 120  # more than there are rows in any table
READERS = (*ROLES, "removed", "anonymous")


@pytest.fixture
def world(db: object) -> World:
    return build()


@pytest.fixture
def crawler(app: Flask, world: World) -> Callable[..., Crawler]:
    words = plant(world)
    assert len(words) > 150
    return lambda name, **how: Crawler(app, world.actor(name), words, **how)


def addresses(app: Flask, world: World, name: str, kind: str) -> list[str]:
    """Every GET route, with things of one's own or of the others."""
    asker, actor = Asker(app, world), world.actor(name)
    rules = [door for door in doors(app) if door.method == "GET" and door.rule.endpoint != "static"]
    return [address for door in rules if (address := asker.address(door, actor, kind))]


def download(one: Crawler) -> int:
    """The audit trail as CSV, and the copy of what is held about oneself; how many files were read."""
    trail = one.ask("/organization/audit/export", "POST")
    one.ask("/settings/privacy/exports", "POST")
    chosen = select(ExportRun.id).where(ExportRun.user_id == one.actor.user_id)
    newest = database.session.scalars(chosen.order_by(ExportRun.id.desc()).limit(1)).one()
    jobs.make_export(newest)
    copy = one.ask(f"/settings/privacy/exports/{newest}/file", "POST")
    return one.open_zip(copy.data) + (trail.mimetype == "text/csv")


@pytest.mark.proves("P7.1", "P2.2")
def test_no_word_of_another_organization_is_read_by_anybody(
    app: Flask, world: World, crawler: Callable[..., Crawler]
) -> None:
    """The owner follows every link and asks every address with the others' ids; the others share these, and
    what the owner found. The long form below has everybody follow everything."""
    owner = crawler(READERS[0])
    owner.crawl(
        "/", *addresses(app, world, READERS[0], OWN), *addresses(app, world, READERS[0], FOREIGN)
    )
    files, found = download(owner), sorted(owner.asked)
    everybody = [owner]
    for place, name in enumerate(READERS[1:]):
        everybody.append(one := crawler(name))
        theirs = addresses(app, world, name, FOREIGN)
        for path in (*theirs[place % 2 :: 2], *found[place :: len(READERS) - 1]):
            one.ask(path)
    leaks = [leak for one in everybody for leak in one.leaks]
    told = {one.actor.name: one.pages for one in everybody}
    print(
        f"{sum(told.values())} answers and {files} files read {told}: {len(leaks)} words of {len(owner.words)}"
    )
    assert not leaks, "\n".join(leaks)
    assert owner.pages > 150 and files > 40 and min(told.values()) > 20


@pytest.mark.security_long
@pytest.mark.parametrize("name", READERS)
def test_no_word_is_read_by_who_follows_everything(
    app: Flask, world: World, crawler: Callable[..., Crawler], name: str
) -> None:
    """Also with every number that names anything, not only those of their things."""
    one, files = crawler(name, is_brief=False), 0
    one.crawl("/", *addresses(app, world, name, OWN), *addresses(app, world, name, FOREIGN))
    for door in doors(app):
        if door.method == "GET" and re.findall(r"<\w+:?\w*>", door.rule.rule) in (
            ["<int:id>"],
            ["<int:number>"],
        ):
            for number in range(1, MOST):
                one.ask(re.sub(r"<int:\w+>", str(number), door.rule.rule))
    if name in ROLES:
        files = download(one)
    print(
        f"{one.pages} answers and {files} files read as {name}: {len(one.leaks)} words of {len(one.words)}"
    )
    assert not one.leaks, "\n".join(one.leaks)


def test_a_leak_would_be_found(
    app: Flask, crawler: Callable[..., Crawler], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a page, in a header, in a part that is swapped in, and in a file of a copy."""
    one = crawler(READERS[0])
    for place in ("page", "header", "part"):
        careless = mistake(place)
        monkeypatch.setitem(app.view_functions, "scheduler.queue", careless)
        one.asked.clear()
        one.crawl("/queue")
        [leak] = one.leaks
        assert "/queue tells owner of Orchard post.text" in leak
        one.leaks.clear()
    one.open_zip(zipped(next(iter(one.words))))
    assert len(one.leaks) == 1


def mistake(place: str) -> Callable[[], Response]:
    """A route that looks at everybody's posts, and shows a text there."""

    def careless() -> Response:
        with across_organizations("a mistake"):
            theirs = select(Post.text).where(Post.text.startswith("canary"))
            text = database.session.scalars(theirs).first() or ""
        if place == "header":
            return Response(headers={"ETag": f'"{text}"'})
        if place == "part" and "HX-Request" not in request.headers:
            text = '<a hx-get="/queue" hx-target="#queue">'
        return Response(text, mimetype="text/html")

    careless.permission = "organization.view"  # type: ignore[attr-defined]
    return careless


def zipped(text: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/post.csv", text)
    return body.getvalue()
