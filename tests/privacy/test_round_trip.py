"""A copy is brought back into another instance and made again there: equal."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from app import clock, create_app
from app.account.models import User
from app.channels.models import Channel
from app.db import db as database
from app.media.models import Asset
from app.privacy import consents
from app.privacy.fates import faults
from app.publishing import claiming
from app.scheduler import composing, templates
from app.scheduler.composition import Composition
from app.scheduler.events import KINDS, note
from app.scheduler.life import DEEDS
from app.scheduler.models import Delivery
from app.scheduler.saying import Hung, Words
from app.scheduler.states import CANCELLED, PUBLISHED
from app.scheduler.templates import Content
from app.scope import across_organizations
from tests import make
from tests.conftest import settings
from tests.privacy.copies import after_a_trip, empty, facts, made_for
from tests.processes import Runner
from tests.servers.postgres import create_tables

ALICE = "alice@orchard.example"


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Another instance, with keys of its own, on SQLite."""
    folder = tmp_path_factory.mktemp("other")
    url = f"sqlite:///{folder}/other.db"
    made = create_app(**settings(folder, url) | {"secret_key": "of-another-instance" + "y" * 32})
    made.test_cli_runner_class = Runner
    create_tables(url)
    return made


@pytest.fixture
def elsewhere(other: Flask, db: object) -> Iterator[Flask]:
    yield other
    with other.app_context():
        empty(other)
        database.session.remove()
        database.engine.dispose()


def picture(type: str) -> bytes:
    raw = io.BytesIO()
    Image.effect_noise((40, 30), 90).convert("RGB").save(raw, type)
    return raw.getvalue()


def fill() -> None:
    """Posts in every state that they can be in, pictures, a colleague's words, settings, a consent."""
    alice, bob = make.alice(), make.bob()
    make.rule("one")
    alice.theme, alice.name = "dark", "Älice 🌍 O'Ash"
    home, gone = make.channel(alice), make.channel(alice, name="two")
    assets = [Asset.upload(make.member(alice), picture(t), clock.now()) for t in ("PNG", "JPEG")]
    words = tuple(Hung(asset, f"alt {number}", number) for number, asset in enumerate(assets))
    beside = {
        "further": ("And then.",),
        "comment": "Under it",
        "variants": {home.id: Words(("Here.", "And here."), "Under that")},
        "options": {gone.id: {"title": "A title"}},
        "labels": ("Recipes",),
    }
    for number, state in enumerate(("draft", PUBLISHED, CANCELLED, "failed", "held", "sending")):
        text = f'{state}: quote " and\nnewline ünï 🌍'
        due = None if state == "draft" else clock.now() + timedelta(days=number)
        when = (due, "2027-01-01T10:00", "Europe/Berlin")
        made = Composition(text, (home, gone), words, *when, **beside)
        post = composing.write(make.member(alice), made, f"n{number}", clock.now())
        if due:
            for delivery in post.deliveries:
                delivery.state, post.state = state, state
        if state == PUBLISHED:
            for delivery in post.deliveries:
                delivery.external_id, delivery.published_at = f"at://{number}", clock.now()
                delivery.external_url = "https://example.org/p/1"
        note(post, make.member(bob), "commented", clock.now(), "Nice, says Bob")
    make.post(bob, home, text="Bob's own")
    thread = Content("Friday", Words(("One\n---", "Two"), "Link"), ("Recipes",), {home.id})
    templates.make(make.member(alice), templates.POST, thread, clock.now())
    gone.state, gone.disconnected_at = "disconnected", clock.now()
    shown = consents.unread(consents.ANALYTICS, clock.now())
    consents.give(alice.id, shown, clock.now())
    database.session.commit()


def bring(app: Flask, body: bytes, folder: Path) -> str:
    file = folder / "copy.zip"
    file.write_bytes(body)
    result = app.test_cli_runner().invoke(args=["import", str(file), "--yes"])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.proves("P8.4")
def test_there_and_back_again_is_equal(app: Flask, elsewhere: Flask, tmp_path: Path) -> None:
    """From this database to SQLite and from there to this database again."""
    fill()
    here = made_for(ALICE)
    with elsewhere.app_context(), across_organizations("a test looks at everything"):
        said = bring(elsewhere, here, tmp_path)
        assert "another instance's key" in said
        assert "/password/reset/" in said
        there = made_for(ALICE)
    assert facts(there) == facts(here, after_a_trip)
    assert facts(there)["files"]
    assert facts(there)["template_channel"] and facts(there)["post_label"]
    empty(app)
    bring(app, there, tmp_path)
    assert facts(made_for(ALICE)) == facts(there), "a second trip changes nothing"


def test_nothing_that_came_back_goes_out_by_itself(app: Flask, db: object, tmp_path: Path) -> None:
    fill()
    body = made_for(ALICE)
    empty(app)
    bring(app, body, tmp_path)
    states = set(database.session.scalars(database.select(Delivery.state)))
    assert states == {"draft", PUBLISHED, CANCELLED, "failed"}
    assert claiming.claim(clock.now() + timedelta(days=40), timedelta(minutes=1), 10) == []
    channels = database.session.scalars(database.select(Channel)).all()
    assert {one.state for one in channels} == {"needs_reconnect", "disconnected"}
    assert all("connect it again" in one.problem for one in channels)
    assert all(one.grant is None for one in channels)
    alice = User.by_email(ALICE)
    assert alice
    assert alice.password_hash is None
    assert not consents.is_given(alice.id, consents.ANALYTICS)


def test_what_comes_back_says_what_it_may_be(app: Flask) -> None:
    assert faults(database.metadata) == []
    assert set(KINDS) == set(DEEDS)
