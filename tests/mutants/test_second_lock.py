"""The second lock alone: no statement of the application names its organisation any more, the watch
looks away, and still nothing of Elsewhere is read or changed."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.account.models import User
from app.db import db as database
from app.scope import within_organization
from app.tenants import owners
from tests.doors import answers
from tests.doors.actors import ELSEWHERE, Actor
from tests.doors.asking import Door, doors
from tests.doors.things import ORGANIZATIONS
from tests.doors.world import FOREIGN, OWN, build, places
from tests.mutants.conditions import ORGANIZATION, conditions, removed
from tests.mutants.permissions import Trying
from tests.privacy.canaries import plant

pytestmark = [pytest.mark.usefixtures("on_postgres"), pytest.mark.security_long]


class Looking(Trying):
    """Looks at all that is Elsewhere's before each transaction would be kept."""

    def rows(self) -> list[str]:
        found = []
        with within_organization(self.world.organizations[ELSEWHERE]):
            for name in owners(database.metadata):
                table = database.metadata.tables[name]
                statement = select(table).order_by(*table.primary_key)
                found += [f"{name} {row}" for row in database.session.execute(statement)]
        return found

    def ask(self, door: Door, actor: Actor, address: str, **more: Any) -> TestResponse:
        real, before = database.session.flush, self.before

        def look() -> None:
            real()
            self.changed += sorted(set(before) - set(self.rows()))

        with patch.object(database.session, "flush", look):
            return super().ask(door, actor, address, **more)

    def look_first(self) -> None:
        self.before, self.changed = self.rows(), list[str]()
        database.session.rollback()


@pytest.mark.proves("P7.0", "P7.1", "P2.2")
def test_postgres_alone_keeps_what_is_elsewhere(app: Flask, db: object) -> None:
    asker = Looking(app, build())
    owner = asker.world.actor("owner of Elsewhere")
    words = plant(database.session.get_one(User, owner.user_id))
    asker.look_first()
    assert len(asker.before) > 30
    gone = [one for one in conditions() if one.key == ORGANIZATION]
    with ExitStack() as stack:
        stack.enter_context(patch.object(app.extensions["watch"], "owned", {}))
        stack.enter_context(removed(*gone))
        found = [fault for door in doors(app) for fault in _faults(asker, door, words)]
    total = sum(asker.told.values())
    print(f"second lock: {len(gone)} conditions gone, {total} requests, {len(found)} faults")
    assert not found, "\n".join(["", *found])


def _faults(asker: Looking, door: Door, words: dict[str, str]) -> Iterator[str]:
    actor = asker.world.actor("owner of Orchard")
    for kind in (OWN, FOREIGN):
        if (address := asker.address(door, actor, kind)) is None:
            continue
        answer = asker.ask(door, actor, address, is_kept=False)
        for name, word in words.items():
            if word in answer.text:
                yield f"{door} {address}: shows {name}"
        if kind == FOREIGN and any(place in ORGANIZATIONS for place in places(door.rule)):
            said = answers.word(answer)
            if said not in answers.DENIALS:
                yield f"{door} {address}: {said}"
        for row in asker.changed:
            yield f"{door} {address}: changed {row[:80]}"
        asker.changed.clear()
