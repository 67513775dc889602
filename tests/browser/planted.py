"""The application with hostile texts in every column that somebody types, written past the forms, and
served to a real browser."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Column

from app import audit, clock, create_app
from app.account.alerts import Alert
from app.account.models import Membership, User
from app.db import db
from app.media.models import Asset
from app.operator import looks
from app.sandbox.models import WallPicture, WallPost
from app.scheduler.attempts import Attempt
from app.scheduler.events import note
from app.scheduler.models import Post
from app.scheduler.words import PostOption, PostPicture, PostWords
from app.scope import across_organizations
from app.telemetry.models import TelemetryPerson, TelemetryRecord
from tests.attacks import texts
from tests.browser.sites import served
from tests.conftest import settings
from tests.doors import things
from tests.doors.asking import Asker, doors
from tests.doors.world import OWN, World, build
from tests.servers.postgres import create_tables

ADDRESSED = {"url", "external_url", "host"}  # such a value begins with what it may lead to
ROWS_OF = "/settings/privacy/data/"


@dataclass
class Planted:
    """`pages` are by who looks: every GET route that answers them with a page."""

    app: Flask
    world: World
    url: str

    def fill(self, groups: Sequence[Sequence[str]], addresses: Sequence[str], turn: int = 0) -> int:
        """Each text gets a group of payloads, another one each time, and the name of its column; each
        address gets one of its own. How many texts were written."""
        number = count(turn)

        def word(column: Column[Any]) -> str:
            place = next(number)
            group = groups[place % len(groups)]
            first = [addresses[place % len(addresses)]] if column.name in ADDRESSED else []
            turned = place // len(groups) % len(group)  # lists show the beginning of a text only
            return " ".join(
                [*first, *group[turned:], *group[:turned], f"[{column} {turn}.{place}]"]
            )

        with self.app.app_context(), across_organizations("a test writes everywhere"):
            written = sum(texts.rewrite(table, word) for table in db.metadata.sorted_tables)
            self._tell_trail(groups, turn)
            db.session.commit()
        return written

    def _tell_trail(self, groups: Sequence[Sequence[str]], turn: int) -> None:
        """The trail is written by its own verb alone."""
        member = _owner(self.world)
        words = " ".join([*groups[turn % len(groups)], f"[audit_detail.sealed {turn}.0]"])
        facts = {"organization": member.organization_id, "actor": member.user_id}
        audit.record("organization.changed", **facts, subject=member.user_id, name=words)

    def addresses(self, name: str) -> list[str]:
        """Of every GET route, with this actor's own things."""
        actor = self.world.actor(name)
        with self.app.app_context(), across_organizations("a test looks at everything"):
            asker = Asker(self.app, self.world)
            found = [
                asker.address(door, actor, OWN) for door in doors(self.app) if door.method == "GET"
            ]
        found += [f"{ROWS_OF}{table.name}" for table in db.metadata.sorted_tables]
        return list(dict.fromkeys(address for address in found if address))

    def pages(self, name: str) -> list[str]:
        """Those addresses that answer the actor with a page."""
        client, found = self.app.test_client(use_cookies=False), []
        headers = {"Cookie": f"allstac={self.world.actor(name).cookie}"}
        for path in self.addresses(name):
            answer = client.get(path, headers=headers)
            if answer.mimetype == "text/html" and answer.status_code == 200:
                found.append(path)
            answer.close()
        return found


def _owner(world: World) -> Membership:
    id = world.actor("owner of Orchard").user_id
    return db.session.scalars(db.select(Membership).where(Membership.user_id == id)).one()


@contextmanager
def planted(folder: Path) -> Iterator[Planted]:
    app = create_app(**settings(folder, url := f"sqlite:///{folder}/planted.db"))
    create_tables(url)
    with app.app_context(), across_organizations("a test makes everything"):
        world = build()
        live_on(world)
        db.session.commit()
    with served(app) as port:
        yield Planted(app, world, f"http://localhost:{port}")
    with app.app_context():
        db.engine.dispose()


def live_on(world: World) -> None:
    """What no address names, and posts in each of their states."""
    now, member = clock.now(), _owner(world)
    operator = world.actor("operator").user_id
    for number, state in enumerate(
        ("draft", "scheduled", "pending_approval", "published", "failed")
    ):
        _post(things.post(things.Owner(member, now, 900 + number)), member, state)
    _wall(member)
    for user in (member.user, db.session.get_one(User, operator)):
        told = {"user_id": user.id, "created_at": now}
        db.session.add(Alert(kind="new_device", once_per=f"new_device {user.id}", **told))
        db.session.add(TelemetryPerson(user_id=user.id))
        for recipient in ("sentry", "posthog"):
            sent = {"recipient": recipient, "state": "sent", "made_at": now, "sent_at": now}
            made = TelemetryRecord(user_id=user.id, host="x", name="error", payload="{}", **sent)
            db.session.add(made)
        looks.look_at(db.session.get_one(User, operator), [user], "A question", now)


def _post(post: Post, member: Membership, state: str) -> None:
    now = clock.now()
    post.state = state
    [delivery] = post.deliveries
    delivery.state, delivery.published_at = state, now if state == "published" else None
    for kind in ("commented", "sent_back", "edited", "decided"):
        note(post, member, kind, now, "Words")
    for n, outcome in enumerate(("accepted", "rejected", "unknown")):
        done = {"key": "k", "content_hash": "", "started_at": now, "finished_at": now}
        db.session.add(Attempt(delivery_id=delivery.id, n=n, fence=n, state=outcome, **done))
    chosen = db.select(Asset.id).where(Asset.organization_id == member.organization_id).limit(1)
    asset = db.session.scalars(chosen).one()
    db.session.add(PostPicture(post_id=post.id, asset_id=asset, position=0, alt="A tree"))
    for channel_id in (None, delivery.channel_id):
        for kind, place in (("part", 0 if channel_id else 1), ("comment", 0)):
            said = {"channel_id": channel_id, "kind": kind, "place": place, "text": "More"}
            db.session.add(PostWords(post_id=post.id, **said))
    option = {"channel_id": delivery.channel_id, "name": "title", "value": "A title"}
    db.session.add(PostOption(post_id=post.id, **option))


def _wall(member: Membership) -> None:
    now = clock.now()
    for picture in db.session.scalars(db.select(WallPicture)):
        db.session.add(
            WallPost(
                wall_id=picture.wall_id,
                key=f"k{picture.id}",
                text="Hello",
                pictures=[{"id": picture.id, "alt": "A tree"}],
                card={"title": "A title", "url": "https://x.test/"},
                created_at=now,
                received_at=now,
            )
        )
