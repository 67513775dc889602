"""The desk from the outside: who gets in, what it shows first, working off requests and messages."""

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.audit.models import AuditDetail, AuditEvent
from app.db import db as database
from app.operator.urgency import judge
from app.privacy import carrying_out, request_intake, requests
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind, Proof, Source
from app.support import conversing
from app.support.models import Conversation
from tests import make
from tests.times import Times

DORA = "dora@stranger.example"


def one(id: int) -> RightsRequest:
    database.session.expire_all()
    return database.session.get_one(RightsRequest, id)


def viewed() -> list[int | None]:
    """Whose data the audit trail says were looked at, in order."""
    database.session.expire_all()
    chosen = database.select(AuditDetail.subject_id).join(
        AuditEvent, AuditEvent.number == AuditDetail.number
    )
    return list(database.session.scalars(chosen.where(AuditEvent.action == "operator.viewed")))


def bare(page: str) -> str:
    """Without the form tokens, which change by the second."""
    return re.sub(r'value="[^"]+"', "", page)


@pytest.mark.parametrize(
    "path",
    ["", "/health", "/requests", "/support", "/incidents", "/people"],
)
def test_nobody_else_sees_that_there_is_a_desk(
    client: FlaskClient, desk: FlaskClient, path: str
) -> None:
    answer = client.get(f"/operator{path}")
    assert answer.status_code == 404
    assert bare(answer.text) == bare(client.get("/nowhere").text)
    assert desk.get(f"/operator{path}").status_code == 200
    assert "/operator" not in client.get("/account").text


def test_the_overview_counts_what_waits_and_names_nobody(desk: FlaskClient, times: Times) -> None:
    make.rights_request(make.alice())
    make.conversation(make.alice())
    times.go(days=31)
    make.sign_in(desk, make.operator())
    page = desk.get("/operator").text
    assert "Requests overdue" in page
    assert "past the law" in page
    assert "The clock never ran" in page
    assert "alice" not in page.lower()
    queue = desk.get("/operator/requests").text
    assert "Overdue" in queue
    assert "alice" not in queue.lower()
    assert viewed() == [], "nothing of anybody was shown"


def test_the_queue_is_ordered_by_deadline_with_a_word_for_each(db: object, times: Times) -> None:
    start = times.now

    def word(**later: float) -> str:
        now = start + timedelta(**later)
        return judge(start + timedelta(days=7), start + timedelta(days=30), now).word

    assert word(days=1) == "On time"
    assert word(days=7) == "Past our aim"
    assert word(days=25) == "Due soon"
    assert word(days=30) == "Overdue"


def test_a_request_is_worked_off_from_start_to_answer(
    desk: FlaskClient, client: FlaskClient
) -> None:
    id = make.rights_request(make.alice()).id
    url = f"/operator/requests/{id}"
    page = desk.get(url).text
    assert "Press Start" in page
    assert "alice@orchard.example" in page
    assert desk.post(f"{url}/answer", data={"words": "Too early"}).status_code == 409
    assert desk.post(f"{url}/start").status_code == 303
    assert "Say what is held, why" in desk.get(url).text
    assert desk.post(f"{url}/answer", data={"words": ""}).status_code == 422
    assert desk.post(f"{url}/answer", data={"words": "Three cups."}).status_code == 303
    assert one(id).state == "answered"
    assert (
        desk.post(f"{url}/refusal", data={"reason": "excessive", "refusal": "x"}).status_code == 409
    )
    mine = client.get(f"/settings/privacy/requests/{id}").text
    assert "Three cups." in mine


def test_each_look_at_a_request_is_on_record_and_the_person_sees_it(
    desk: FlaskClient, client: FlaskClient
) -> None:
    made = make.rights_request(make.alice())
    code, alice = made.code, make.alice().id
    desk.get(f"/operator/requests/{made.id}")
    desk.get(f"/operator/requests/{one(made.id).id}")
    assert viewed() == [alice, alice]
    looks = client.get("/settings/privacy/looks").text
    assert looks.count(f"To work on your request {code}") == 1, "one look within the half hour"
    assert "Olga Oak" in looks


def test_refusing_and_taking_time_need_a_reason_from_the_list(desk: FlaskClient) -> None:
    id = make.rights_request(make.alice()).id
    url = f"/operator/requests/{id}"
    desk.post(f"{url}/start")
    assert desk.post(f"{url}/extension", data={"extension": "busy"}).status_code == 422
    assert desk.post(f"{url}/extension", data={"extension": "many"}).status_code == 303
    assert desk.post(f"{url}/extension", data={"extension": "many"}).status_code == 409
    assert one(id).due_at - one(id).received_at == timedelta(days=90)
    bad = desk.post(f"{url}/refusal", data={"reason": "no", "refusal": "No."})
    assert bad.status_code == 422
    assert "No." in bad.text, "nothing typed is lost"
    assert (
        desk.post(f"{url}/refusal", data={"reason": "legal_duty", "refusal": "No."}).status_code
        == 303
    )
    assert (one(id).state, one(id).refusal) == ("refused", "legal_duty")


def test_one_who_lost_the_link_is_verified_by_hand_with_words_that_they_can_read(
    desk: FlaskClient,
) -> None:
    made = request_intake.receive(Kind.ACCESS, Source.MAIL, clock.now(), email=DORA)
    database.session.commit()
    url = f"/operator/requests/{made.id}"
    assert DORA in desk.get(url).text
    assert desk.post(f"{url}/verification", data={"why": "short"}).status_code == 422
    sent = {"why": "Called back on the number of her invoice"}
    assert desk.post(f"{url}/verification", data=sent).status_code == 303
    assert (one(made.id).state, one(made.id).proof) == ("open", "by_hand")
    assert sent["why"] in [event.words for event in one(made.id).events]
    assert desk.post(f"{url}/link").status_code == 409
    assert desk.post(f"{url}/verification", data=sent).status_code == 409


@pytest.fixture
def deletes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A verb that carries deletions out, as features register it."""
    done: list[int] = []

    def delete(request: RightsRequest, now: datetime) -> str:
        done.append(request.id)
        return "All is gone but an invoice."

    monkeypatch.setitem(carrying_out.CARRY_OUT, Kind.DELETION, delete)
    return done


def test_what_can_be_carried_out_is_and_the_rest_is_a_list(
    desk: FlaskClient, deletes: list[int]
) -> None:
    deletion = make.rights_request(make.alice(), Kind.DELETION).id
    access = make.rights_request(make.alice(), Kind.COMPLAINT).id
    for id in (deletion, access):
        desk.post(f"/operator/requests/{id}/start")
    assert "Carry it out" in desk.get(f"/operator/requests/{deletion}").text
    assert "to be done by hand" in desk.get(f"/operator/requests/{access}").text
    assert desk.post(f"/operator/requests/{access}/execution").status_code == 409
    assert desk.post(f"/operator/requests/{deletion}/execution").status_code == 303
    assert deletes == [deletion]
    assert "All is gone but an invoice." in [event.words for event in one(deletion).events]


def test_a_link_alone_destroys_nothing_of_an_account(desk: FlaskClient, deletes: list[int]) -> None:
    made = make.rights_request(make.alice(), Kind.DELETION)
    made.proof = Proof.LINK
    database.session.commit()
    url = f"/operator/requests/{made.id}"
    desk.post(f"{url}/start")
    assert "the person confirms by signing in" in desk.get(url).text
    assert desk.post(f"{url}/execution").status_code == 409
    requests.strengthen(one(made.id), clock.now())
    database.session.commit()
    assert desk.post(f"{url}/execution").status_code == 303
    assert deletes == [made.id]


def test_nothing_is_carried_out_before_work_has_begun(
    desk: FlaskClient, deletes: list[int]
) -> None:
    id = make.rights_request(make.alice(), Kind.DELETION).id
    assert desk.post(f"/operator/requests/{id}/execution").status_code == 409
    assert deletes == []


def test_a_message_is_answered_and_opening_it_is_on_record(
    desk: FlaskClient, client: FlaskClient
) -> None:
    id, alice = make.conversation(make.alice()).id, make.alice().id
    listed = desk.get("/operator/support").text
    assert f"No. {id}" in listed
    assert "A question" not in listed
    url = f"/operator/support/{id}"
    assert "Where is the door?" in desk.get(url).text
    assert viewed() == [alice]
    assert desk.post(f"{url}/answer", data={"words": " "}).status_code == 422
    assert desk.post(f"{url}/answer", data={"words": "On the left."}).status_code == 303
    assert "On the left." in client.get(f"/support/{id}").text
    assert f"no. {id}" in client.get("/settings/privacy/looks").text
    assert desk.post(f"{url}/closing").status_code == 303
    assert database.session.get_one(Conversation, id).closed_at


def test_what_a_stranger_has_not_confirmed_is_not_readable_at_the_desk(desk: FlaskClient) -> None:
    begun = conversing.begin_unconfirmed(DORA, "t", "x", clock.now())
    database.session.commit()
    assert desk.get(f"/operator/support/{begun.id}").status_code == 404
    assert desk.post(f"/operator/support/{begun.id}/answer", data={"words": "x"}).status_code == 404


def test_a_network_whose_person_left_has_its_keys_destroyed_here(app: Flask, db: object) -> None:
    from app.channels.connecting import forget_keys
    from app.privacy import meta

    assert [forget_keys] == meta.ON_DEAUTHORIZED
    channel = make.channel(make.alice())
    count = forget_keys(channel.network, channel.account_id, clock.now())
    database.session.commit()
    assert (count, channel.grant, channel.state) == (1, None, "needs_reconnect")
    assert forget_keys("facebook", channel.account_id, clock.now()) == 0
