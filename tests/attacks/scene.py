"""What an attacker finds: Orchard with one of everything, and Elsewhere, which must stay as it is."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Integer, Table, delete
from werkzeug.routing import Rule

from app import clock, storage
from app.account.limits import Tally
from app.account.models import User
from app.account.tokens import OneTimeToken
from app.db import db, table
from app.media.models import Asset
from app.sandbox.models import Wall
from app.scheduler.models import Delivery, Post
from tests import make, rows
from tests.guards import as_owner, unguarded

Rows = dict[str, list[rows.Row]]


@dataclass
class Scene:
    """Alice of Orchard, signed in on `client`; `values` fill the routes' converters."""

    app: Flask
    client: FlaskClient
    values: dict[str, str]
    wall_token: str
    foreign: str
    rows: Rows
    cookie: str

    def restore(self) -> None:
        """Everything as it was in the beginning, whatever an attack has done."""
        if kept() != self.rows:
            fill(self.rows)
        self.client.set_cookie("allstac", self.cookie)

    def address(self, rule: Rule) -> str:
        """The route's address with ids and tokens of this scene."""
        path = rule.rule
        for name in rule.arguments:
            value = self._value(rule.rule.strip("/").split("/"), name)
            for shape in (f"<{name}>", f"<int:{name}>"):
                path = path.replace(shape, value)
        return path

    def _value(self, parts: list[str], name: str) -> str:
        """By the longest beginning of the path that is known, else by the name alone, else 1."""
        for end in range(len(parts), 0, -1):
            if value := self.values.get(f"{'/'.join(parts[:end])}.{name}"):
                return value
        return self.values.get(name, "1")


def plant(app: Flask) -> Scene:
    """A new scene on an empty database; ids begin at 1 again."""
    empty()
    alice, charlie = make.alice(), make.charlie()
    make.bob()
    for person in (alice, charlie):
        channel = make.channel(person)
        make.post(person, channel, text=f"Of {person.name}")
    values = _values(alice)
    client = app.test_client()
    make.sign_in(client, alice)
    live_a_little(client)
    wall, token = Wall.put_up(make.member(alice), clock.now())
    db.session.commit()
    values["slug"] = wall.slug
    cookie = client.get_cookie("allstac")
    assert cookie
    return Scene(app, client, values, token, of_elsewhere(), kept(), cookie.value)


def live_a_little(client: FlaskClient) -> None:
    """What only the pages make: a question to support, a request, a copy under way."""
    asked = {"topic": "Hello", "text": "Is anybody there?"}
    wanted = {"kind": "access", "details": ""}
    for path, data in (
        ("/support", asked),
        ("/settings/privacy/requests", wanted),
        ("/settings/privacy/exports", {}),
    ):
        answer = client.post(path, data=data)
        assert answer.status_code == 303, f"{path}: {answer.text}"


def _values(alice: User) -> dict[str, str]:
    member, now = make.member(alice), clock.now()
    channel = make.channel(alice, name="two")
    held = make.post(alice, channel, due_at=now + timedelta(days=2))
    held.deliveries[0].state, held.deliveries[0].hold = "held", "needs_decision"
    draft = make.post(alice, channel, text="A draft")
    draft.state = draft.deliveries[0].state = "draft"
    asset = Asset(
        organization_id=member.organization_id,
        uploader_id=alice.id,
        type="image/png",
        size=1,
        width=1,
        height=1,
        sha256="0" * 64,
        storage_key=storage.keep(b"a picture", "assets/1"),
        created_at=now,
    )
    invited = make.invitation(alice, "dora@new.example")
    text_of_invitation = invited.renew(now)
    db.session.add(asset)
    tokens = {
        purpose: OneTimeToken.issue(alice, purpose, now, 60) for purpose in ("password", "verify")
    }
    db.session.commit()
    waiting = db.session.scalars(db.select(Post.id).where(Post.text == "Of Alice Ash")).one()
    delivery = db.session.scalars(db.select(Delivery.id).where(Delivery.state == "held")).one()
    return {
        "posts.id": str(waiting),
        "posts/<int:id>/deletion.id": str(draft.id),
        "channels.id": str(channel.id),
        "deliveries.id": str(delivery),
        "media.id": str(asset.id),
        "organization/members.id": str(make.member(make.bob()).id),
        "organization/invitations.id": str(invited.id),
        "invitations.token": text_of_invitation,
        "password.token": tokens["password"],
        "verify.token": tokens["verify"],
        "channels/connect.slug": "bluesky",
        "day": "2026-11-24",
        "key": "k1",
        "name": "x",
    }


def kept() -> Rows:
    """Every row of the database."""
    db.session.rollback()
    found = {table.name: lines for table, lines in rows.every()}
    db.session.rollback()
    return found


def empty() -> None:
    fill({})


def fill(wanted: Rows) -> None:
    """Exactly these rows; new ones count on from them on both databases."""
    db.session.remove()
    with db.engine.begin() as connection:
        with unguarded(connection):
            rows.empty(connection)
            rows.put(connection, wanted)
        if connection.dialect.name == "postgresql":
            with as_owner(connection):
                counted = [one.name for one in rows.ordered() if is_counted(one)]
                connection.connection.cursor().execute("; ".join(map(COUNT_ON.format, counted)))


def is_counted(one: Table) -> bool:
    """Are its rows numbered by the database? Others bring names of their own."""
    return "id" in one.columns and isinstance(one.columns["id"].type, Integer)


COUNT_ON = (
    """SELECT setval(pg_get_serial_sequence('"{0}"', 'id'), coalesce(max(id), 0) + 1, false) """
    'FROM "{0}"'
)


def forget_tries() -> None:
    """Limits are tested elsewhere; here they would only keep attacks from the code behind."""
    with db.engine.begin() as connection:
        connection.execute(delete(table(Tally)))


def of_elsewhere() -> str:
    """A digest of every row that belongs to Elsewhere or to Charlie."""
    found = kept()
    keys = {
        "organization_id": _key_of("Elsewhere", found["organization"]),
        "user_id": _key_of("charlie@elsewhere.example", found["user"]),
    }
    digest = hashlib.sha256()
    for one in rows.ordered():
        names = [OWN_KEYS.get((one.name, column.name), column.name) for column in one.columns]
        for place, name in enumerate(names):
            if name in keys:
                theirs = [row for row in found[one.name] if row[place] == keys[name]]
                digest.update(repr(theirs).encode())
    return digest.hexdigest()


OWN_KEYS = {("organization", "id"): "organization_id", ("user", "id"): "user_id"}


def _key_of(name: str, lines: list[rows.Row]) -> int:
    [line] = [line for line in lines if name in line]
    key: int = line[0]
    return key
