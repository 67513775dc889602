"""Two people: what one consented to, objected to, brought back or owns says nothing about the other."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from app import clock, telemetry
from app.account.models import Membership, User
from app.db import db as database
from app.privacy import consents, erasure_steps, erasures, imports
from app.privacy.consents import ANALYTICS, State
from app.privacy.imports import ImportRun
from app.telemetry import outbox, people
from app.telemetry.models import POSTHOG, WAITING, TelemetryRecord
from tests import make

DATABASES = ("sqlite", "postgres")  # two at once

NOW = make.NOON


def test_a_consent_is_one_persons(alice: User, charlie: User) -> None:
    consents.give(charlie.id, consents.unread(ANALYTICS, NOW), NOW)
    database.session.commit()
    assert consents.state_of(alice.id, ANALYTICS) is None
    assert consents.history(alice.id, ANALYTICS) == []
    consents.refuse(alice.id, consents.unread(ANALYTICS, NOW), NOW)
    database.session.commit()
    assert [one.state for one in consents.history(charlie.id, ANALYTICS)] == ["requested", "given"]
    assert consents.state_of(alice.id, ANALYTICS) is State.REFUSED


def test_what_is_told_about_one_is_neither_shown_to_another_nor_dropped_with_them(
    alice: User, charlie: User
) -> None:
    for user in (charlie, alice):
        record = TelemetryRecord(
            user_id=user.id, recipient=POSTHOG, host="x", name="x", payload="{}", state=WAITING,
            made_at=clock.now(),
        )  # fmt: skip
        database.session.add(record)
    telemetry.end(alice.id)
    database.session.commit()
    assert outbox.sent_about(alice.id, clock.now()) == []
    assert [one.user_id for one in outbox.sent_about(charlie.id, clock.now())] == [charlie.id]


def test_a_random_name_and_an_objection_are_one_persons(alice: User, charlie: User) -> None:
    people.set_for(charlie.id, distinct_id="of Charlie", objected_at=NOW)
    people.set_for(alice.id, distinct_id="of Alice")
    assert people.distinct_id_of(alice.id) == "of Alice"
    assert people.distinct_id_of(charlie.id) == "of Charlie"
    assert people.objected_at(alice.id) is None
    assert people.objected_at(charlie.id) == NOW


def test_copies_that_another_brought_are_not_counted_and_not_known(
    alice: User, charlie: User
) -> None:
    for n in range(imports.MOST_A_DAY):
        run = ImportRun(
            user_id=charlie.id, uploaded_at=NOW, state=imports.DONE, copy_id=f"copy {n}"
        )
        database.session.add(run)
    database.session.flush()
    assert imports.brought_before(charlie.id, "copy 0")
    assert not imports.brought_before(alice.id, "copy 0")
    with pytest.raises(imports.TooMany):
        imports.receive(charlie, BytesIO(b"x"), NOW)
    assert imports.receive(alice, BytesIO(b"x"), NOW + timedelta(minutes=1)).user_id == alice.id


def test_an_owner_settles_what_nobody_else_owns_among_the_others(
    alice: User, charlie: User
) -> None:
    assert erasures.owned_alone(make.bob()) == []
    [owned] = erasures.owned_alone(alice)
    assert (owned.organization.name, [one.user.name for one in owned.others]) == (
        "Orchard",
        ["Bob Birch"],
    )


def test_an_heir_who_belongs_to_another_organisation_by_then_becomes_no_owner(
    alice: User, charlie: User
) -> None:
    """Two weeks lie between the choice and the erasure, and numbers of rows are given again."""
    dora = make.person("dora@elsewhere.example", "Dora", make.organization("Elsewhere"), "editor")
    bob = make.member(make.bob())
    chosen = erasures.settle(alice, {str(bob.organization_id): str(bob.id)})
    made = erasures.begin(alice, chosen, clock.now(), clock.now())
    made.choices = {str(bob.organization_id): str(make.member(dora).id)}
    erasure_steps.hand_over(made, clock.now())
    database.session.commit()
    owners = select(Membership.user_id).where(Membership.role == "owner")
    assert set(database.session.scalars(owners)) == {alice.id, charlie.id}


def test_with_a_person_go_the_organisations_that_they_own(alice: User, charlie: User) -> None:
    for user in (charlie, alice):
        erasures.begin(user, erasures.settle(user, {}), clock.now(), clock.now())
    database.session.commit()
    for user in (charlie, alice):
        home = make.member(user).organization_id
        assert erasures.organizations_going(user.id) == (home,)
    assert erasures.organizations_going(make.bob().id) == ()
