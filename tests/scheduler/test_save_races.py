"""Forms that save at the same moment: what locks and constraints of the database say to it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db as database
from app.scheduler.models import Post
from app.scheduler.versions import PostVersion
from tests import make
from tests.account.crowd import at_once, post, sign_in
from tests.scheduler.test_autosave import ONE, OTHER, only, texts

DATABASES = ("sqlite", "postgres")


@pytest.fixture
def people(app: Flask, db: object) -> list[str]:
    """Alice and Bob, signed in."""
    return [sign_in(app, make.alice()), sign_in(app, make.bob())]


def test_two_at_once_are_never_both_saved_over_each_other(app: Flask, people: list[str]) -> None:
    """A draft without a channel, so that no delivery is there to be locked."""
    draft = make.post(make.alice())
    draft.state = "draft"
    database.session.commit()
    for turn in range(3):
        sent = {"post": draft.id, "version": str(only().version)}
        presses = [
            post("/posts/draft", **sent, text=f"{key[0]}{turn}", typing=f"{key}.{turn + 1}")
            for key in (ONE, OTHER)
        ]
        assert sorted(one.status_code for one in at_once(app, presses, people)) == [200, 409]
    count_of = select(func.count()).select_from(PostVersion)
    assert len(texts(only())) == 1 + (database.session.scalar(count_of) or 0)


def test_the_first_saves_of_one_form_make_one_draft(app: Flask, people: list[str]) -> None:
    """As when the answer to the first was late and its button was pressed meanwhile."""
    for turn in range(3):
        sent = {"nonce": f"n{turn}", "text": f"Text {turn}"}
        presses = [
            post("/posts/draft", **sent, typing=f"{ONE}.1"),
            post("/posts/new", **sent, typing=f"{ONE}.2", action="draft"),
        ]
        first, button = at_once(app, presses, [people[0], people[0]])
        assert first.status_code in (200, 409, 503) and button.status_code == 303
        found = select(Post).where(Post.nonce == f"n{turn}")
        assert [one.text for one in database.session.scalars(found)] == [f"Text {turn}"]
