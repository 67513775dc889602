"""Two organisations, everybody who may ask, and one of each thing; with a checksum over all of it."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import Any

from sqlalchemy import delete, select
from werkzeug.routing import Rule

from app import audit, clock
from app.account.models import Membership, Organization, User
from app.audit.models import AuditEvent
from app.db import db
from tests import make, rows
from tests.doors.actors import ANONYMOUS, ELSEWHERE, ORCHARD, PARTS, Actor, enrol
from tests.doors.things import ANYBODYS, ORGANIZATIONS, PERSONS, Owner
from tests.hashes import CHEAP

OWN, FOREIGN, MISSING, DELETED, MALFORMED = KINDS = (
    "own", "foreign", "missing", "deleted", "malformed",
)  # fmt: skip
ABSURD = ("x", "-1", "1e9", str(2**31), str(10**30), "%00", "'%20OR%201", "1%2e5", "٣")
LINK = re.compile(r'(?:href|action|src)="(/[^"?#]+)')
VOLATILE = {"login_session", "tally"}  # what was typed is kept over a sign-in; tries are counted


class UnknownPlace(LookupError):
    """An address names something that no table of things.py knows."""


@dataclass
class World:
    """`values` are by place and by whose it is: an organisation's name, a person's id, or kind."""

    actors: list[Actor] = field(default_factory=list)
    organizations: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, object], str] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        return next(actor for actor in self.actors if actor.name == name)

    def value(self, place: str, actor: Actor, kind: str) -> str | None:
        """What to write into the address; None where this kind makes no sense."""
        if kind == MISSING:
            return str(10**7) if is_numbered(place) else "nowhere"
        if kind == MALFORMED:
            return ABSURD[0] if is_numbered(place) else "x" * 300
        if place in ANYBODYS or kind == DELETED:
            return self.values.get((place, kind))
        return self.values[place, self._whose(place, actor, is_own=kind == OWN)]

    def strangers(self, text: str, actor: Actor) -> list[str]:
        """Links in a page to what is somebody else's, or gone."""
        own = {actor.user_id} | ({actor.home} if actor.role else set())
        found = []
        for link in set(LINK.findall(text)):
            parts = link.split("/")
            for end in range(len(parts), 2, -1):
                if (whose := self.addresses.get("/".join(parts[:end]), own)) and not whose & own:
                    found.append(link)
        return sorted(found)

    @cached_property
    def addresses(self) -> dict[str, set[object]]:
        """Whose is what stands there."""
        found: dict[str, set[object]] = {}
        for (place, whose), value in self.values.items():
            if place not in ANYBODYS and place.count("<") == 1:
                found.setdefault(re.sub("<.*>", value, place), set()).add(whose)
        return found

    def _whose(self, place: str, actor: Actor, *, is_own: bool) -> object:
        if place in ORGANIZATIONS:
            other = ELSEWHERE if actor.home == ORCHARD else ORCHARD
            return actor.home if is_own else other
        somebody = self.actor("owner of Orchard").user_id
        own = actor.user_id or somebody
        another = self.actor("admin of Elsewhere").user_id
        return own if is_own else (another if another != own else somebody)


def is_numbered(place: str) -> bool:
    return place.endswith(("id>", "number>"))


def places(rule: Rule) -> list[str]:
    """'/sandbox/<slug>' and '/sandbox/<slug>/pictures/<id>' for the route that has both. Raises
    UnknownPlace."""
    plain = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"<\1>", rule.rule)
    found = [plain[: match.end()] for match in re.finditer(r"<\w+>", plain)]
    for place in found:
        if not any(place in known for known in (ANYBODYS, ORGANIZATIONS, PERSONS)):
            raise UnknownPlace(place)
    return found


def build() -> World:
    """On an empty database."""
    world, now, numbers = World(), clock.now(), count(1)
    homes = {}
    for name in (ORCHARD, ELSEWHERE):
        homes[name] = Organization(name=name, created_at=now)
        db.session.add(homes[name])
    db.session.flush()
    world.organizations = {name: home.id for name, home in homes.items()}
    hashed = CHEAP.hash(make.PASSWORD)
    world.actors = [ANONYMOUS, *(enrol(part, homes, hashed, now) for part in PARTS)]
    db.session.flush()
    graves = [_organizations_things(world, now, numbers), _persons_things(world, now)]
    owner = _owner(world, ORCHARD, now, numbers)
    for place, name in ANYBODYS.items():
        world.values[place, OWN] = name(owner)
        owner = _owner(world, ORCHARD, now, numbers)
    for row in [row for grave in graves for row in grave]:
        db.session.execute(delete(type(row)).where(type(row).id == row.id))
    audit.sign_head(now)
    db.session.commit()
    return world


def _owner(world: World, home: str, now: datetime, numbers: Any) -> Owner:
    member = db.session.scalars(
        select(Membership).where(
            Membership.user_id == world.actor(f"owner of {home}").user_id,
            Membership.organization_id == world.organizations[home],
        )
    ).one()
    return Owner(member, now, next(numbers))


def _organizations_things(world: World, now: datetime, numbers: Any) -> list[Any]:
    """Each of them, and one more that is deleted in the end."""
    graves = []
    for place, (make_one, name) in ORGANIZATIONS.items():
        for whose, home in ((DELETED, ORCHARD), (ORCHARD, ORCHARD), (ELSEWHERE, ELSEWHERE)):
            row = make_one(_owner(world, home, now, numbers))
            db.session.add(row)
            db.session.flush()
            world.values[place, whose] = str(getattr(row, name))
            graves += [row] if whose == DELETED else []
    return graves


def _persons_things(world: World, now: datetime) -> list[Any]:
    graves = []
    for place, (make_one, name) in PERSONS.items():
        ghost = User(email=f"ghost{len(world.values)}@doors.example", name="Ghost", created_at=now)
        db.session.add(ghost)
        db.session.flush()
        people = [actor.user_id for actor in world.actors if actor.user_id]
        for id in (ghost.id, *people):
            row = make_one(db.session.get_one(User, id), now)
            db.session.flush()
            whose = DELETED if id == ghost.id else id
            if whose == DELETED and isinstance(row, AuditEvent):
                continue  # the trail is never deleted from
            world.values[place, whose] = str(getattr(row, name))
            graves += [row] if whose == DELETED else []
    return graves


def checksums() -> Counter[str]:
    """By table, over every row that a denial must leave alone."""
    db.session.rollback()
    found: Counter[str] = Counter()
    for one, lines in rows.every():
        if one.name not in VOLATILE:
            digest = hashlib.sha256(repr(lines).encode())
            found[one.name] = int.from_bytes(digest.digest()[:8], "big")
    db.session.rollback()
    return found
