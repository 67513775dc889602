"""Owners who put each other out at the same moment: whoever loses, an owner is left."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app import clock
from app.account.models import Membership, User
from app.db import db as database
from tests import make
from tests.account.crowd import Press, at_once, post, sign_in

Deed = Callable[[Membership], Press]


def demote(other: Membership) -> Press:
    return post(f"/organization/members/{other.id}/role", role="editor")


def promote(other: Membership) -> Press:
    return post(f"/organization/members/{other.id}/role", role="owner")


def remove(other: Membership) -> Press:
    return post(f"/organization/members/{other.id}/removal")


def leave(_: Membership) -> Press:
    return post("/organization/leaving", name="Orchard")


def orchard(**roles: str) -> list[Membership]:
    """Its people, with these roles and no others."""
    people: dict[str, User] = {"alice": make.alice(), "bob": make.bob(), "charlie": make.charlie()}
    home = make.organization("Orchard").id
    database.session.execute(database.delete(Membership))
    made = [
        Membership(user_id=people[n].id, organization_id=home, role=r, joined_at=clock.now())
        for n, r in roles.items()
    ]
    database.session.add_all(made)
    database.session.commit()
    return made


def rounds(app: Flask, times: int, **roles: str) -> Iterator[tuple[list[Membership], list[str]]]:
    """Each with everybody signed in anew."""
    for _ in range(times):
        members = orchard(**roles)
        yield members, [sign_in(app, member.user) for member in members]


def roles() -> list[str]:
    return list(database.session.scalars(database.select(Membership.role)))


often = pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.security_long)])


@often
@pytest.mark.parametrize(
    "deeds", [(demote, demote), (remove, remove), (demote, remove), (leave, leave), (leave, demote)]
)
def test_two_owners_at_once_leave_an_owner(
    app: Flask, db: object, deeds: tuple[Deed, Deed], times: int
) -> None:
    for (one, two), cookies in rounds(app, times, alice="owner", bob="owner"):
        answers = at_once(app, [deeds[0](two), deeds[1](one)], cookies)
        assert all(answer.status_code < 500 for answer in answers)
        assert "owner" in roles(), [answer.status for answer in answers]


@often
@pytest.mark.parametrize(
    "deeds", [(demote, leave), (remove, leave), (remove, demote), (promote, remove)]
)
def test_two_who_change_the_same_person_at_once_get_words_and_no_fault(
    app: Flask, db: object, deeds: tuple[Deed, Deed], times: int
) -> None:
    for (_, two, _), cookies in rounds(app, times, alice="owner", bob="owner", charlie="owner"):
        second = cookies[1] if deeds[1] is leave else cookies[2]
        answers = at_once(app, [deeds[0](two), deeds[1](two)], [cookies[0], second])
        assert all(answer.status_code < 500 for answer in answers)
        assert roles().count("owner") >= 2


def test_fifty_owners_clicks_leave_an_owner(app: Flask, db: object) -> None:
    for members, cookies in rounds(app, 1, alice="owner", bob="owner", charlie="owner"):
        clicks = [
            (deed(other), cookie)
            for me, cookie in zip(members, cookies, strict=True)
            for deed in (demote, remove, leave, demote)
            for other in members
            if other is not me
        ] * 2
        answers = at_once(app, [press for press, _ in clicks], [cookie for _, cookie in clicks])
        assert all(answer.status_code < 500 for answer in answers)
        assert "owner" in roles()
