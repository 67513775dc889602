"""The matrix: every route x everybody who may ask x their own, another's, missing, deleted and absurd
things. The quick form asks as everybody for what is theirs, as each role in one of the two organisations
in turn, and about all kinds as an owner; `make security` asks everything as everybody."""

import csv
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.doors.actors import COLUMNS, ELSEWHERE, ORCHARD, ROLES, Actor
from tests.doors.asking import TABLE, Asker, doors
from tests.doors.bodies import BODIES
from tests.doors.world import FOREIGN, KINDS, OWN, UnknownPlace, World, build, places

DATABASES = ("sqlite",)  # the second lock of Postgres is looked at in tests/tenants

OWNER, FARTHEST = "owner of Orchard", ("owner of Elsewhere", "both")


@pytest.fixture
def world(db: object) -> World:
    return build()


def test_the_table_names_every_route_and_no_other(app: Flask, world: World) -> None:
    asker, wanting = Asker(app, world), []
    for door in doors(app):
        try:
            places(door.rule)
        except UnknownPlace as place:
            wanting.append(f'things.py wants what stands at: "{place}": …,')
            continue
        if door.method != "GET" and door.rule.endpoint not in BODIES:
            wanting.append(f'bodies.py wants what is sent to it: "{door.rule.endpoint}": …,')
        elif door.key not in asker.known:
            wanting.append(f"expected.csv wants (read it before you keep it): {asker.line(door)}")
    gone = set(asker.known) - {door.key for door in doors(app)}
    wanting += [f"expected.csv has a row too many: {','.join(key)}" for key in sorted(gone)]
    assert not wanting, "\n".join(["", *wanting])


def test_the_table_is_in_order_and_says_nothing_twice() -> None:
    with TABLE.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["endpoint", "method", *COLUMNS]
    keys = [tuple(row[:2]) for row in rows[1:]]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys)


def askers(world: World, number: int) -> Iterator[tuple[Actor, tuple[str, ...]]]:
    """Who asks at this door in the quick form, and about what."""
    home = (ORCHARD, ELSEWHERE)[number % 2]
    for actor in world.actors:
        if actor.name == OWNER:
            yield actor, KINDS
        elif actor.name == FARTHEST[number % 2]:
            yield actor, (OWN, FOREIGN)
        elif actor.home == home or actor.column not in ROLES:
            yield actor, (OWN,)


@pytest.mark.proves("P7.1", "P2.2")
@pytest.mark.parametrize("is_brief", [True, pytest.param(False, marks=pytest.mark.security_long)])
def test_everybody_is_answered_as_the_table_says(app: Flask, world: World, is_brief: bool) -> None:
    asker = Asker(app, world, is_brief=is_brief)
    found = []
    for number, door in enumerate(doors(app)):
        everybody = [(actor, KINDS) for actor in world.actors]
        for actor, kinds in askers(world, number) if is_brief else everybody:
            found += asker.judge(door, actor, kinds)
        found += asker.changes(door)
    total = sum(asker.told.values())
    print(f"{total} requests: {dict(asker.told.most_common())}")
    assert not found, "\n".join(["", *found])
    assert total > 2000
