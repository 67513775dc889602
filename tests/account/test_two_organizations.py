"""Two organisations: who belongs to one takes places of its own plan, and none of the other's."""

import pytest
from flask import Flask

from app.account import allowances
from app.account.allowances import NoRoom, Room
from app.account.invitations import Invitation, accept, invite
from app.account.membership import Forbidden
from app.account.models import User
from app.account.permissions import Role
from app.db import db as database
from tests import make

DATABASES = ("sqlite",)

EMIL, FRIDA = "emil@new.example", "frida@new.example"


@pytest.fixture
def alice(app: Flask, db: object, monkeypatch: pytest.MonkeyPatch) -> User:
    """Bob and she belong to Orchard, and two people to Elsewhere."""
    make.charlie()
    make.person("dora@elsewhere.example", "Dora", make.organization("Elsewhere"), "editor")
    make.bob()
    alice = make.alice()
    alice.email_verified_at = make.NOON
    monkeypatch.setitem(app.extensions, "ladder", (Room("Free"),))
    return alice


def hold(alice: User, people: int) -> None:
    """Her plan holds so many from now on."""
    room = Room("Small", members=people)
    allowances.write(make.member(alice).organization_id, room, make.NOON)


def ask(alice: User, email: str) -> Invitation:
    return invite(make.member(alice), email, Role.EDITOR, make.NOON)


def join(invitation: Invitation) -> bool:
    invitation.renew(make.NOON)
    user = User(email=invitation.email, name="New", created_at=make.NOON)
    user.set_password(make.PASSWORD)
    database.session.add(user)
    database.session.flush()
    return accept(invitation, user, make.NOON)


def test_who_may_be_asked_depends_on_how_many_belong_here(alice: User) -> None:
    hold(alice, 3)
    assert ask(alice, EMIL).id
    with pytest.raises(Forbidden):
        ask(alice, FRIDA)


def test_who_was_asked_finds_the_place_that_is_free_here(alice: User) -> None:
    hold(alice, 4)
    emil, frida = ask(alice, EMIL), ask(alice, FRIDA)
    hold(alice, 3)
    assert join(emil)
    with pytest.raises(NoRoom):
        join(frida)
