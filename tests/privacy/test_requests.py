"""Requests about privacy from the outside: the public form, the mailed link, the settings."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import periodic
from app.account.models import User
from app.db import db as database
from app.privacy import request_intake, request_jobs, requests
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import KINDS, Extension, Kind, Proof, Refusal, Source
from tests import make
from tests.mailing import link_in
from tests.servers.smtp import Sink
from tests.times import Times

DORA = "dora@stranger.example"
MINE = "/settings/privacy/requests"


def every() -> list[RightsRequest]:
    database.session.expire_all()
    return list(database.session.scalars(database.select(RightsRequest).order_by(RightsRequest.id)))


def only() -> RightsRequest:
    [found] = every()
    return found


def ask(client: FlaskClient, email: str = DORA, kind: str = "deletion") -> int:
    return client.post("/privacy/request", data={"email": email, "kind": kind}).status_code


def link_for(sink: Sink, request: RightsRequest, address: str = DORA) -> str:
    sink.messages.clear()
    request_jobs.send_link(request.id)
    return link_in(sink, address)


def act(verb: Callable[..., None], *words: object) -> None:
    """What the desk does with the only request."""
    verb(only(), *words)
    database.session.commit()


def operator() -> User:
    olga = make.charlie()
    olga.is_operator = True
    database.session.commit()
    return olga


@pytest.mark.proves("P12.1")
def test_anybody_asks_by_the_form_and_begins_it_by_the_link_that_was_mailed(
    anonymous: FlaskClient, mailing: Sink
) -> None:
    assert ask(anonymous) == 303
    assert only().state == "received"
    path = link_for(mailing, only())
    assert mailing.messages[0]["Auto-Submitted"] == "auto-generated"
    assert (only().state, only().proof, only().holder) == ("identity_pending", None, None)
    shown = anonymous.get(path)
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert only().state == "identity_pending", "looking at a link begins nothing"
    sent = {"kind": "access", "details": "I once got\r\na report."}
    assert anonymous.post(path, data=sent).status_code == 303
    assert (only().state, only().proof, only().kind) == ("open", "link", "access")
    assert only().details == "I once got\na report."
    assert anonymous.post(path, data=sent).status_code == 409, "good once"
    page = anonymous.get(path).text
    assert "Waits for us" in page
    assert "I once got" in page


def test_the_clocks_run_from_the_day_it_came_and_are_shown(
    anonymous: FlaskClient, mailing: Sink, times: Times
) -> None:
    came = times.now
    ask(anonymous)
    times.go(days=3)
    path = link_for(mailing, only())
    anonymous.post(path, data={"kind": "access"})
    found = only()
    assert found.received_at == came
    assert found.target_at - came == timedelta(days=7)
    assert found.due_at - came == timedelta(days=30)
    assert f"{found.due_at.day} {found.due_at:%b %Y}" in anonymous.get(path).text


def test_a_childs_data_are_for_the_day_after_tomorrow(db: object, times: Times) -> None:
    found = request_intake.ask(make.alice(), Kind.CHILD, "", times.now)
    assert found.target_at - found.received_at == timedelta(days=2)


def test_nobody_learns_who_is_known_to_us(
    anonymous: FlaskClient, mailing: Sink, times: Times
) -> None:
    alice = make.alice()
    pages = []
    for email in (alice.email, DORA):
        assert ask(anonymous, email) == 303
        form = anonymous.get("/privacy/request").text
        mail = mailing.messages.clear() or link_for(mailing, every()[-1], email)
        words = mailing.messages[-1].get_content().replace(mail, "LINK")
        confirm = anonymous.get(mail).text.replace(email, "ADDRESS").replace(mail, "LINK")
        pages.append(
            [re.sub(r'csrf_token" value="[^"]+"', "", text) for text in (form, words, confirm)]
        )
    assert pages[0] == pages[1]


def test_an_address_gets_three_links_an_hour(anonymous: FlaskClient, times: Times) -> None:
    assert [ask(anonymous) for _ in range(4)] == [303, 303, 303, 429]
    assert ask(anonymous, "other@stranger.example") == 303
    assert anonymous.post("/privacy/request", data={"email": "no"}).status_code == 422


def test_one_who_is_not_shown_to_be_somebody_is_not_in_the_way_of_one_who_is(
    client: FlaskClient, app: Flask, mailing: Sink
) -> None:
    """A stranger types Alice's address first; her own request opens, is worked on and answered."""
    stranger = app.test_client()
    ask(stranger, "alice@orchard.example")
    assert client.post(MINE, data={"kind": "deletion"}).status_code == 303
    theirs, hers = every()
    before = (hers.state, len(hers.events))
    for _ in range(2):
        ask(stranger, "alice@orchard.example")
    theirs, hers = every()[:2]
    assert (hers.state, len(hers.events)) == before
    assert theirs.user_id is None
    assert client.get(MINE).text.count("person-row") == 1, "nor do they stand in her list"


def test_a_second_one_of_the_same_kind_joins_the_first(
    anonymous: FlaskClient, mailing: Sink
) -> None:
    for details in ("First", "Second"):
        ask(anonymous)
        path = link_for(mailing, every()[-1])
        anonymous.post(path, data={"kind": "deletion", "details": details})
    first, second = every()
    assert (first.state, second.state) == ("open", "withdrawn")
    assert [event.words for event in first.events if event.words] == ["Second"]
    assert f"Joined with request {first.code}" in [event.title for event in second.events]
    page = anonymous.get(path).text
    assert "First" in page
    assert "Second" in page


def test_the_link_of_an_accounts_own_address_stands_in_its_settings(
    client: FlaskClient, app: Flask, mailing: Sink, times: Times
) -> None:
    """Once confirmed; and a sign-in makes the weaker proof the stronger one."""
    alice = make.alice()
    alice.email_verified_at = times.now
    database.session.commit()
    stranger = app.test_client()
    ask(stranger, alice.email, "export")
    path = link_for(mailing, only(), alice.email)
    stranger.post(path, data={"kind": "export"})
    page = client.get(f"{MINE}/{only().id}").text
    assert "Confirm by signing in" in page
    assert client.post(f"{MINE}/{only().id}/confirmation").status_code == 303
    assert only().proof == Proof.SIGN_IN
    assert client.post(f"{MINE}/{only().id}/confirmation").status_code == 409
    after = stranger.get(path).text
    assert "Sign in to read it" in after, "the link alone reads no more"
    assert stranger.post(f"{path}/withdrawal").status_code == 404


def test_an_account_whose_address_was_never_confirmed_is_not_taken_for_its_owner(
    client: FlaskClient, app: Flask, mailing: Sink
) -> None:
    """Else somebody could open an account in another's name and read their request."""
    stranger = app.test_client()
    ask(stranger, "alice@orchard.example")
    stranger.post(link_for(mailing, only(), "alice@orchard.example"), data={"kind": "access"})
    assert only().user_id is None
    assert client.get(f"{MINE}/{only().id}").status_code == 404


def test_a_person_asks_after_a_fresh_sign_in_and_sees_state_and_date(
    client: FlaskClient, mailing: Sink, times: Times
) -> None:
    times.go(minutes=16)
    answer = client.post(MINE, data={"kind": "correction", "details": "My old name"})
    assert answer.status_code == 303
    assert answer.location.startswith("/login/again")
    assert every() == [], "nothing happens before"
    confirmed = client.post("/login/again", data={"password": make.PASSWORD, "next": MINE})
    assert "My old name" in client.get(confirmed.location).text, "nothing typed is lost"
    answer = client.post(MINE, data={"kind": "correction", "details": "My old name"})
    assert answer.location == f"{MINE}/{only().id}"
    assert (only().state, only().proof) == ("open", "sign_in")
    listed = client.get(MINE).text
    assert KINDS[Kind.CORRECTION] in listed
    assert "Waits for us" in listed
    assert f"{only().due_at.day} {only().due_at:%b %Y}" in listed


def test_news_are_mailed_without_what_they_say(client: FlaskClient, mailing: Sink) -> None:
    client.post(MINE, data={"kind": "access"})
    olga, now = operator(), only().received_at
    act(requests.start, olga, now)
    act(requests.answer, olga, "We hold three cups.", now)
    request_jobs.tell(only().id)
    mail = mailing.wait_for("alice@orchard.example")
    assert "cups" not in mail.get_content()
    page = client.get(link_in(mailing, "alice@orchard.example")).text
    assert "We hold three cups." in page
    assert "data protection authority" in page


def test_a_refusal_has_a_coded_reason_in_words_and_one_appeal(
    anonymous: FlaskClient, mailing: Sink, times: Times
) -> None:
    ask(anonymous)
    anonymous.post(link_for(mailing, only()), data={"kind": "deletion"})
    olga = operator()
    act(requests.start, olga, times.now)
    act(requests.refuse, olga, Refusal.LEGAL_DUTY, "Until 2030.", times.now)
    mailing.messages.clear()
    request_jobs.tell(only().id)
    path = link_in(mailing, DORA)
    page = anonymous.get(path).text
    assert "art. 17(3)(b)" in page
    assert "Until 2030." in page
    assert anonymous.post(f"{path}/appeal", data={"words": ""}).status_code == 422
    times.go(days=40)
    assert anonymous.get(path).status_code == 404, "the link ended"
    request_jobs.tell(only().id)
    path = re.findall(r"/privacy/request/\S+", mailing.messages[-1].get_content())[0]
    assert anonymous.post(f"{path}/appeal", data={"words": "Look"}).status_code == 303
    assert only().due_at == times.now + timedelta(days=30), "new clocks"
    act(requests.answer, olga, "You are right.", times.now)
    assert anonymous.post(f"{path}/appeal", data={"words": "Again"}).status_code == 409


def test_more_time_is_taken_once_before_the_limit_and_with_a_reason(
    db: object, times: Times
) -> None:
    alice, olga = make.alice(), operator()
    found = request_intake.ask(alice, Kind.ACCESS, "", times.now)
    other = request_intake.ask(alice, Kind.EXPORT, "", times.now)
    requests.extend(found, olga, Extension.COMPLEX, times.go(days=29))
    assert found.due_at - found.received_at == timedelta(days=90)
    assert "The request is complex." in [event.words for event in found.events]
    with pytest.raises(requests.NotNow):
        requests.extend(found, olga, Extension.MANY, times.now)
    with pytest.raises(requests.NotNow):
        requests.extend(other, olga, Extension.MANY, times.go(days=1))


def test_what_nobody_stood_by_is_gone_after_14_days(db: object, times: Times) -> None:
    request_intake.receive(Kind.ACCESS, Source.FORM, times.now, email=DORA)
    mine = request_intake.ask(make.alice(), Kind.ACCESS, "", times.now)
    times.go(days=14)
    periodic.run("requests.tidy")
    assert len(every()) == 2
    times.go(seconds=1)
    periodic.run("requests.tidy")
    assert [one.id for one in every()] == [mine.id]


def test_the_page_of_a_code_tells_the_state_and_nothing_of_the_person(
    client: FlaskClient, anonymous: FlaskClient
) -> None:
    client.post(MINE, data={"kind": "deletion", "details": "My secret wish"})
    page = anonymous.application.test_client().get(f"/privacy/requests/{only().code}").text
    assert "Waits for us" in page
    for secret in ("alice", "Alice", "secret wish"):
        assert secret not in page
    assert anonymous.get("/privacy/requests/0123").status_code == 404


def test_a_request_outlives_the_account_as_proof_without_the_person(
    db: object, times: Times
) -> None:
    alice = make.alice()
    found = request_intake.ask(alice, Kind.DELETION, "", times.now)
    database.session.flush()
    database.session.delete(alice)
    database.session.commit()
    assert (only().id, only().user_id, only().address) == (found.id, None, "")
    request_jobs.tell(only().id)


def test_withdrawn_is_withdrawn(client: FlaskClient, app: Flask) -> None:
    client.post(MINE, data={"kind": "objection"})
    other = app.test_client()
    make.sign_in(other, make.bob())
    assert other.post(f"{MINE}/{only().id}/withdrawal").status_code == 404
    assert client.post(f"{MINE}/{only().id}/withdrawal").status_code == 303
    assert client.post(f"{MINE}/{only().id}/withdrawal").status_code == 409
    assert client.post(f"{MINE}/{only().id}/appeal", data={"words": "x"}).status_code == 409
    assert only().closed_at


def test_two_that_open_at_the_same_moment_become_one(
    app: Flask, db: object, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look for a twin sees nothing yet; the database's own rule decides."""
    alice = make.alice()
    first = request_intake.ask(alice, Kind.ACCESS, "one", times.now)
    real, looks = requests.twin, []

    def blind(request: RightsRequest, is_locked: bool = False) -> RightsRequest | None:
        looks.append(is_locked)
        return real(request, is_locked) if is_locked else None

    monkeypatch.setattr(request_intake, "twin", blind)
    assert request_intake.ask(alice, Kind.ACCESS, "two", times.now) is first
    database.session.commit()
    assert looks == [False, True]
    assert [one.state for one in every()] == ["open", "withdrawn"]


def test_the_desk_is_reminded_each_day_while_a_limit_is_near(
    app: Flask, db: object, mailing: Sink, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"operator_email": "desk@allstac.example"}
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update=told))
    make.rights_request(make.alice())

    def remind() -> list[str]:
        mailing.messages.clear()
        periodic.run("requests.reminder")
        return [mail.get_content() for mail in mailing.messages]

    times.go(days=24)
    assert remind() == []
    times.go(days=1)
    [mail] = remind()
    assert "within five days: 1. Over it already: 0." in mail
    assert "alice" not in mail
    times.go(days=5)
    assert "Over it already: 1." in remind()[0]
    act(requests.withdraw, times.now)
    assert remind() == []
