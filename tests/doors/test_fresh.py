"""Whoever runs the instance confirms who they are before what can't be taken back."""

import pytest
from flask import Flask

from app import clock
from app.db import db as database
from app.web import OPERATOR
from tests.doors.actors import ELSEWHERE, Actor, Part, enrol
from tests.doors.answers import AGAIN, word
from tests.doors.asking import Asker, Door, doors
from tests.doors.world import CHEAP, OWN, World, build

CONFIRMED = {
    "operator.approve_hold",
    "operator.let_retention_go",
    "operator.place_hold",
    "operator.release_hold",
    "operator.tell_people",
}


def stale_operator(world: World) -> Actor:
    part = Part("stale operator", "operator", is_operator=True, is_stale=True)
    made = enrol(part, {ELSEWHERE: None}, CHEAP.hash("x"), clock.now())  # type: ignore[dict-item]
    database.session.commit()
    return made


def asks_again(asker: Asker, door: Door, actor: Actor) -> bool:
    address = asker.address(door, actor, OWN)
    assert address
    return word(asker.ask(door, actor, address, is_kept=False)) == AGAIN


@pytest.mark.proves("P7.1")
def test_an_operator_with_an_old_sign_in_confirms_it_first(app: Flask, db: object) -> None:
    world = build()
    asker, actor = Asker(app, world, is_brief=True), stale_operator(world)
    found = {
        door.rule.endpoint
        for door in doors(app)
        if getattr(app.view_functions[door.rule.endpoint], "permission", None) == OPERATOR
        and asks_again(asker, door, actor)
    }
    assert found == CONFIRMED
