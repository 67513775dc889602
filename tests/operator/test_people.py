"""Looking at people: only with a reason, for half an hour, and the person sees it."""

from flask import Flask
from flask.testing import FlaskClient

from app.account.models import Membership
from app.db import db as database
from app.operator import looks
from app.operator.models import Look
from tests import make
from tests.operator.test_desk import viewed
from tests.times import Times

WHY = "Their bill is wrong and they wrote about it"


def search(desk: FlaskClient, words: str, reason: str = WHY) -> tuple[int, str]:
    answer = desk.post("/operator/people", data={"words": words, "reason": reason})
    return answer.status_code, answer.location or answer.text


def test_a_search_needs_a_reason(desk: FlaskClient) -> None:
    make.alice()
    for reason in ("", "because"):
        status, page = search(desk, "alice", reason)
        assert status == 422
        assert "orchard" not in page
    assert database.session.scalars(database.select(Look)).all() == []


def test_who_is_found_is_on_record_and_told_why(
    desk: FlaskClient, client: FlaskClient, times: Times
) -> None:
    alice, bob = make.alice().id, make.bob().id
    status, location = search(desk, "ORCHARD.example")
    assert status == 303
    page = desk.get(location).text
    assert "alice@orchard.example" in page
    assert "bob@orchard.example" in page
    assert sorted(id for id in viewed() if id) == sorted([alice, bob])
    looks = client.get("/settings/privacy/looks").text
    assert WHY in looks
    assert "Olga Oak" in looks
    shown = desk.get(f"/operator/people/{alice}").text
    assert "Orchard (owner)" in shown
    assert WHY in shown


def test_a_look_ends_after_half_an_hour_and_is_one_operators(
    desk: FlaskClient, client: FlaskClient, times: Times
) -> None:
    alice = make.alice()
    _, location = search(desk, "alice@orchard.example")
    alice.is_operator = True
    database.session.commit()
    assert "alice@orchard.example" not in client.get(location).text
    assert client.get(f"/operator/people/{alice.id}").status_code == 404
    times.go(minutes=29)
    assert desk.get(f"/operator/people/{alice.id}").status_code == 200
    times.go(minutes=1)
    assert desk.get(f"/operator/people/{alice.id}").status_code == 404
    assert "alice@orchard.example" not in desk.get(location).text


def test_nobody_is_opened_without_a_search(desk: FlaskClient) -> None:
    assert desk.get(f"/operator/people/{make.alice().id}").status_code == 404


def test_signs_of_patterns_are_letters_like_others(desk: FlaskClient) -> None:
    make.alice()
    for words in ("%%%", "___", "ali%", "x" * 200):
        status, location = search(desk, words)
        assert status == 303
        assert "alice" not in desk.get(location).text
    assert viewed() == []


def test_what_is_held_is_counted_not_shown(desk: FlaskClient) -> None:
    alice = make.alice()
    make.conversation(alice, "A secret of mine")
    search(desk, "alice")
    page = desk.get(f"/operator/people/{alice.id}").text
    assert "Support conversation" in page
    assert "A secret of mine" not in page


def test_who_is_no_operator_any_more_sees_nothing_of_a_look_that_is_open(
    desk: FlaskClient, times: Times
) -> None:
    alice, olga = make.alice(), make.operator()
    search(desk, "alice@orchard.example")
    home = make.member(alice).organization_id
    viewer = Membership(user_id=olga.id, organization_id=home, role="viewer", joined_at=times.now)
    database.session.add(viewer)
    database.session.commit()
    assert desk.get(f"/operator/people/{alice.id}").status_code == 200
    olga.is_operator = False
    database.session.commit()
    assert desk.get(f"/operator/people/{alice.id}").status_code == 404


def test_a_search_opens_who_was_found_and_nobody_else(app: Flask, desk: FlaskClient) -> None:
    alice, charlie, his = make.alice(), make.charlie(), app.test_client()
    make.rights_request(charlie)
    make.sign_in(his, charlie)
    _, location = search(desk, "alice@orchard.example")
    assert "charlie@elsewhere.example" not in desk.get(location).text
    page = desk.get(f"/operator/people/{alice.id}").text
    assert (WHY in page, "/operator/requests/" in page) == (True, False)
    assert desk.get(f"/operator/people/{charlie.id}").status_code == 404
    assert WHY not in his.get("/settings/privacy/looks").text


def test_each_operator_and_each_person_has_a_look_of_their_own(db: object) -> None:
    operators, people = [make.operator(), make.alice()], [make.bob(), make.charlie()]
    pairs = [(one, other) for one in operators for other in people]
    for operator, person in pairs * 2:
        looks.note(operator, person.id, WHY, make.NOON)
        database.session.flush()
    found = database.session.execute(database.select(Look.operator_id, Look.user_id)).all()
    assert sorted(map(tuple, found)) == sorted((one.id, other.id) for one, other in pairs)
