"""Each permission, and each wish for a fresh sign-in, taken off its route: who comes in then?"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from flask import Flask
from werkzeug.test import TestResponse

from app.account.permissions import EVERYONE, ROLES
from tests.doors.actors import Actor
from tests.doors.asking import Asker, Door, doors
from tests.doors.world import OWN

# For whom a door is opened, and who must be noticed there.
EVERYBODY, SIGNED_IN = "everybody", "whoever signed in"
MEMBERS, STALE = "every member", "an old sign-in"
INTRUDERS = {
    EVERYBODY: ("anonymous",),
    SIGNED_IN: ("removed", "operator", "viewer of Orchard"),
    MEMBERS: ("viewer of Orchard", "approver of Orchard", "editor of Orchard", "admin of Orchard"),
    STALE: ("stale",),
}
WIDEST = "organization.view"
# Doors with a second lock behind the first, which this test asks for; and what looks the same from outside.
NAMED = {
    f"GET /operator/people/<int:id> for {whom}": "tests/operator/test_people.py"
    "::test_who_is_no_operator_any_more_sees_nothing_of_a_look_that_is_open"
    for whom in (SIGNED_IN, MEMBERS)
} | {
    f"POST /operator/{path} for {STALE}": "tests/doors/test_fresh.py"
    "::test_an_operator_with_an_old_sign_in_confirms_it_first"
    for path in (
        "holds",
        "holds/<int:id>/approval",
        "holds/<int:id>/release",
        "incidents/<int:id>/notices",
        "retention/runs/<int:id>/release",
    )
}
EQUIVALENT = {
    f"POST /posts/<int:id>/{answer} for {MEMBERS}": "approving.refusal asks for the same permission"
    for answer in ("approval", "rejection")
}


class Trying(Asker):
    """Keeps nothing, also not where a door that should be shut lets somebody through."""

    def ask(
        self, door: Door, actor: Actor, address: str, *, is_kept: bool, **more: Any
    ) -> TestResponse:
        return super().ask(door, actor, address, is_kept=False, **more)


@dataclass(frozen=True)
class Opened:
    """A door that was opened for more people than it should be."""

    view: Any
    door: Door
    for_whom: str

    def __str__(self) -> str:
        return f"{self.door} for {self.for_whom}"

    @contextmanager
    def stands_open(self) -> Iterator[None]:
        if self.for_whom == STALE:
            del self.view.is_for_fresh
            yield
            self.view.is_for_fresh = True
            return
        wider = {EVERYBODY: None, SIGNED_IN: "self", MEMBERS: WIDEST}[self.for_whom]
        with patch.object(self.view, "permission", wider):
            yield


def openings(app: Flask) -> Iterator[Opened]:
    """Every way to open each door of the application that isn't for everybody."""
    for door in doors(app):
        view = app.view_functions[door.rule.endpoint]
        permission = getattr(view, "permission", None)
        if permission is None:
            continue
        yield Opened(view, door, EVERYBODY)
        if permission != "self":
            yield Opened(view, door, SIGNED_IN)
        if ROLES[permission] != EVERYONE:
            yield Opened(view, door, MEMBERS)
        if hasattr(view, "is_for_fresh"):
            yield Opened(view, door, STALE)


def survivors(asker: Asker, mutants: Iterable[Opened]) -> list[str]:
    """Doors that nobody noticed to be open. Raises AssertionError for one that was wrong before."""
    return [str(one) for one in mutants if not _is_noticed(asker, one)]


def _is_noticed(asker: Asker, opened: Opened) -> bool:
    for name in INTRUDERS[opened.for_whom]:
        actor = asker.world.actor(name)
        assert not asker.judge(opened.door, actor, (OWN,))
        with opened.stands_open():
            if asker.judge(opened.door, actor, (OWN,)):
                return True
    return False
