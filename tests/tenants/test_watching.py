"""The watch over statements: what it lets through, and that what forgets the organisation is seen."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import aliased

from app.channels.models import Channel
from app.db import db, table
from app.scheduler.models import Delivery, Post
from app.scheduler.words import PostPicture
from app.scope import within_organization
from tests import make
from tests.tenants.town import Town
from tests.tenants.watching import Astray

other = aliased(Post)
posts, deliveries, pictures = table(Post), table(Delivery), table(PostPicture)
GOOD: dict[str, Callable[[Town], Any]] = {
    "the organisation": lambda town: select(Post).where(Post.organization_id == town.orchard),
    "the other way round": lambda town: select(Post).where(town.orchard == Post.organization_id),
    "through a join": lambda town: (
        select(Delivery.id).join(Post).where(Post.organization_id == town.orchard)
    ),
    "in a subquery": lambda town: select(
        select(Post.id).where(Post.organization_id == town.orchard).subquery()
    ),
    "among those of a subquery": lambda town: select(Delivery.id).where(
        Delivery.post_id.in_(select(Post.id).where(Post.organization_id == town.orchard))
    ),
}
BAD: dict[str, Callable[[Town], Any]] = {
    "nothing": lambda _: select(Post.text),
    "another organisation": lambda town: select(Post).where(Post.organization_id == town.elsewhere),
    "an id from outside": lambda _: select(Post).where(Post.id == 1),
    "either or": lambda town: select(Post).where(
        (Post.organization_id == town.orchard) | (Post.id == 1)
    ),
    "not": lambda town: select(Post).where(Post.organization_id != town.orchard),
    "one of two": lambda town: (
        select(Post.id, other.id)
        .join(other, other.version == Post.version + 0)
        .where(Post.organization_id == town.orchard)
    ),
    "a column that is no key": lambda _: select(Post).where(Post.version == 1),
    "an outer one only": lambda town: select(Post.id, select(Channel.id).scalar_subquery()).where(
        Post.organization_id == town.orchard
    ),
    "an update of all": lambda _: update(posts).values(text="mine"),
    "an insert for others": lambda town: insert(deliveries).values(
        organization_id=town.elsewhere, post_id=1, channel_id=1, state="draft"
    ),
    "an insert that points at others": lambda _: insert(pictures).values(
        post_id=1, asset_id=1, position=0, alt=""
    ),
}


@pytest.fixture
def asking(app: Flask, town: Town) -> Callable[[Any], None]:
    """Runs a statement as a request of Orchard would."""

    def ask(statement: Any) -> None:
        with app.test_request_context("/"), within_organization(town.orchard):
            db.session.execute(statement).close()

    return ask


@pytest.mark.parametrize("kind", GOOD)
def test_what_carries_the_organisation_passes(
    town: Town, asking: Callable[[Any], None], kind: str
) -> None:
    asking(GOOD[kind](town))


@pytest.mark.parametrize("kind", BAD)
def test_what_forgets_it_is_seen(
    app: Flask, town: Town, asking: Callable[[Any], None], kind: str
) -> None:
    with pytest.raises(Astray):
        asking(BAD[kind](town))
    app.extensions["watch"].faults.clear()


def test_what_was_found_through_the_organisation_may_be_named(app: Flask, town: Town) -> None:
    id = make.post(town.alice, make.channel(town.alice, name="seen")).id
    db.session.expunge_all()
    with app.test_request_context("/"), within_organization(town.orchard):
        found = db.session.scalars(select(Post).where(Post.organization_id == town.orchard)).all()
        assert id in [one.id for one in found]
        assert db.session.scalars(select(Delivery.id).where(Delivery.post_id == id)).all()
        for one in found:
            assert [delivery.channel.handle for delivery in one.deliveries]
        found[0].text = "Changed"
        db.session.flush()
        db.session.rollback()
