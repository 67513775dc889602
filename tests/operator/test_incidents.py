"""The register of incidents: the 72 hours, whom it concerns, and telling them."""

import pytest
from flask.testing import FlaskClient

from app import clock
from app.datamap import Category, columns, mark
from app.db import db as database
from app.operator import jobs
from app.operator.blast_radius import EVERYTHING, SEALED, choices, measure
from app.operator.models import Incident, IncidentNotice
from app.support import conversing
from tests import make
from tests.servers.smtp import Sink
from tests.times import Times

DORA = "dora@stranger.example"


def opened(desk: FlaskClient, times: Times, **change: str) -> str:
    found_at = times.now.strftime("%Y-%m-%dT%H:%M")
    sent = {"title": "A lost laptop", "summary": "It was sealed.", "found_at": found_at}
    answer = desk.post("/operator/incidents", data=sent | change)
    assert answer.status_code == 303, answer.text
    return answer.location


def only() -> Incident:
    database.session.expire_all()
    return database.session.scalars(database.select(Incident)).one()


@pytest.mark.proves("P7.6")
def test_the_72_hours_are_counted_from_when_we_knew_until_the_authority_is_told(
    desk: FlaskClient, times: Times
) -> None:
    url = opened(desk, times)
    page = desk.get(url).text
    assert "Within 72 hours" in page
    assert "71 h" in page or "72 h" in page or "3 days" in page
    times.go(hours=73)
    assert "Past 72 hours" in desk.get("/operator/incidents").text
    assert "Incidents" in desk.get("/operator").text
    assert desk.post(f"{url}/notification").status_code == 303
    assert "Past 72 hours" not in desk.get(url).text
    assert only().notified_at == times.now


def test_it_is_not_closed_while_a_duty_is_open(desk: FlaskClient, times: Times) -> None:
    url = opened(desk, times)
    close = f"{url}/closing"
    assert desk.post(close).status_code == 409, "not assessed"
    desk.post(f"{url}/assessment", data={"reached": "user", "risk": "high"})
    assert desk.post(close).status_code == 409, "the authority is not told"
    desk.post(f"{url}/notification")
    assert desk.post(close).status_code == 409, "the people are not told"
    desk.post(f"{url}/notices", data={"notice": "Change your password."})
    assert desk.post(f"{url}/containment").status_code == 303
    assert desk.post(close).status_code == 303
    assert only().closed_at
    assert (
        desk.post(f"{url}/assessment", data={"reached": "user", "risk": "none"}).status_code == 409
    )
    assert desk.post(f"{url}/summary", data={"summary": "Found again."}).status_code == 303


def test_mistakes_are_told_beside_their_fields(desk: FlaskClient, times: Times) -> None:
    for change in ({"title": ""}, {"found_at": "yesterday"}, {"found_at": "2099-01-01T10:00"}):
        sent = {"title": "t", "summary": "s", "found_at": "2026-01-01T10:00"} | change
        assert desk.post("/operator/incidents", data=sent).status_code == 422
    url = opened(desk, times)
    assert desk.post(f"{url}/assessment", data={"risk": "high"}).status_code == 422
    assert desk.post(f"{url}/assessment", data={"reached": "x", "risk": "high"}).status_code == 422
    assert desk.post(f"{url}/notices", data={"notice": "x"}).status_code == 409, "not assessed"


@pytest.mark.proves("P7.6")
def test_everybody_whom_it_concerns_is_told_once_and_nobody_else(
    desk: FlaskClient, times: Times, mailing: Sink
) -> None:
    """Support messages were reached: Alice wrote one, Dora too without an account; Bob did not."""
    make.conversation(make.alice())
    make.bob()
    conversing.begin_unconfirmed(DORA, "t", "x", clock.now())
    database.session.commit()
    url = opened(desk, times)
    desk.post(f"{url}/assessment", data={"reached": "support_message", "risk": "high"})
    page = desk.get(url).text
    assert "1 people with an account, 1 addresses without one" in page
    assert "Message to support" in page
    desk.post(f"{url}/notices", data={"notice": "Somebody could read your message."})
    jobs.tell_people(only().id)
    jobs.tell_people(only().id)
    assert sorted(str(mail["To"]) for mail in mailing.messages) == ["alice@orchard.example", DORA]
    assert "Somebody could read your message." in mailing.messages[0].get_content()
    assert "0 still to be told" in desk.get(url).text
    desk.post(f"{url}/notices", data={"notice": "Again."})
    jobs.tell_people(only().id)
    assert len(mailing.messages) == 2, "each once"


def test_an_address_that_is_refused_does_not_stop_the_others(
    desk: FlaskClient, times: Times, mailing: Sink
) -> None:
    for address in ("gone@bounce.test", DORA):
        conversing.begin_unconfirmed(address, "t", "x", clock.now())
    database.session.commit()
    url = opened(desk, times)
    desk.post(f"{url}/assessment", data={"reached": "support_conversation", "risk": "high"})
    desk.post(f"{url}/notices", data={"notice": "x"})
    jobs.tell_people(only().id)
    assert [str(mail["To"]) for mail in mailing.messages] == [DORA]
    assert "1 still to be told" in desk.get(url).text


def test_a_job_that_died_in_the_middle_goes_on_where_it_ended(
    desk: FlaskClient, times: Times, mailing: Sink
) -> None:
    for address in ("a@later.test", DORA):
        conversing.begin_unconfirmed(address, "t", "x", clock.now())
    database.session.commit()
    url = opened(desk, times)
    desk.post(f"{url}/assessment", data={"reached": "support_conversation", "risk": "high"})
    desk.post(f"{url}/notices", data={"notice": "x"})
    jobs.tell_people(only().id)
    notices = database.session.scalars(database.select(IncidentNotice)).all()
    assert sorted(one.sent_at is not None for one in notices) == [False, True]


def test_secrets_that_a_key_opens_concern_the_members_of_their_organisations(db: object) -> None:
    alice, _, charlie = make.alice(), make.bob(), make.charlie()
    make.channel(alice)
    radius = measure(database.metadata, [SEALED])
    assert radius.kinds[Category.TOKEN] == (2, 0), "Alice and Bob; Charlie has no channel"
    assert radius.people is not None
    assert charlie.id not in set(database.session.scalars(radius.people))


def test_a_table_concerns_those_whom_its_rows_name_over_any_number_of_keys(db: object) -> None:
    alice, charlie = make.alice(), make.charlie()
    post = make.post(alice, make.channel(alice))
    assert post
    make.rights_request(charlie)
    radius = measure(database.metadata, ["request_event"])
    assert radius.people is not None
    assert set(database.session.scalars(radius.people)) == {charlie.id}
    assert Category.REQUEST in radius.kinds


def test_everything_concerns_everybody_in_every_category(db: object) -> None:
    make.alice(), make.bob(), make.charlie()
    make.invitation(make.alice(), DORA)
    radius = measure(database.metadata, [EVERYTHING])
    assert radius.counts == (3, 1)
    personal = {m.category for c in columns(database.metadata) if (m := mark(c)) and m.is_personal}
    assert set(radius.kinds) == personal
    assert radius.kinds[Category.EMAIL] == (3, 1)


def test_an_empty_database_concerns_nobody(db: object) -> None:
    names = [name for name, _ in choices(database.metadata)]
    assert {"user", "support_message", "rights_request", "channel_grant"} <= set(names)
    assert measure(database.metadata, names).counts == (0, 0)
