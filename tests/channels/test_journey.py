"""To a network and back: what is one's own, once and in time, becomes a channel; nothing else does."""

import secrets
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import telemetry
from app.audit.models import AuditEvent
from app.channels import registrations
from app.channels.away import Connecting
from app.channels.models import Channel
from app.db import db as database
from app.networks import Refused, Way
from app.networks.registry import NETWORKS
from app.privacy import retention_jobs
from tests import make
from tests.account import crowd
from tests.channels.elsewhere import ISSUER, Elsewhere, account
from tests.times import Times

HERE = "/channels/connect/elsewhere"


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    made, other = Elsewhere(), Elsewhere()
    other.slug = "another"
    monkeypatch.setitem(NETWORKS, "elsewhere", made)
    monkeypatch.setitem(NETWORKS, "another", other)
    monkeypatch.setattr(telemetry, "tell", lambda *_, **__: None)  # knows the real networks alone
    return made


def leave(client: FlaskClient, **more: str) -> TestResponse:
    answer = client.post(f"{HERE}/away", data={"host": "elsewhere.example"} | more)
    assert answer.status_code == 200, answer.text
    return answer


def back(client: FlaskClient, said: dict[str, str], slug: str = "elsewhere") -> TestResponse:
    return client.get(f"/channels/connect/{slug}/return", query_string=said)


def channels() -> list[Channel]:
    database.session.rollback()
    return list(database.session.scalars(database.select(Channel).order_by(Channel.id)))


def test_out_by_a_link_and_back_into_a_channel(client: FlaskClient, network: Elsewhere) -> None:
    answer = leave(client)
    assert "Location" not in answer.headers
    assert 'href="https://elsewhere.example/authorize?' in answer.text
    door = network.doors[-1]
    assert door.redirect_uri == f"http://localhost{HERE}/return"
    assert len(door.state) >= 43
    assert door.app and door.app.client_secret == "app secret"
    assert back(client, network.answer()).location == f"/channels/{channels()[0].id}"
    [channel] = channels()
    assert (channel.handle, channel.host, channel.state) == ("grace", ISSUER, "active")
    assert channel.grant and channel.grant.open().app == door.app
    assert database.session.scalars(database.select(Connecting)).all() == []
    told = database.select(AuditEvent.action).order_by(AuditEvent.number.desc())
    assert database.session.scalars(told).first() == "channel.connected"


def test_htmx_is_told_to_go_there(client: FlaskClient, network: Elsewhere) -> None:
    answer = client.post(f"{HERE}/away", data={"host": ""}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].startswith("https://elsewhere.example/authorize?")


def test_nothing_of_it_lies_open(client: FlaskClient, network: Elsewhere) -> None:
    leave(client)
    stored = str(database.session.execute(text("SELECT * FROM connecting")).all())
    stored += str(database.session.execute(text("SELECT * FROM registration")).all())
    assert network.doors[-1].state not in stored
    assert "app secret" not in stored
    assert "verifier" not in stored


def test_an_instance_registers_once_per_server(client: FlaskClient, network: Elsewhere) -> None:
    for host in ("elsewhere.example", "Elsewhere.Example/@me", "other.example"):
        leave(client, host=host)
    assert network.registered == 2
    hosts = database.session.scalars(database.select(registrations.Registration.host))
    assert sorted(hosts) == ["https://elsewhere.example", "https://other.example"]
    before = registrations.registered("elsewhere", ISSUER)
    assert registrations.reseal_all() == 2
    assert registrations.registered("elsewhere", ISSUER) == before


def test_a_server_that_forgot_this_instance_is_asked_anew(
    client: FlaskClient, network: Elsewhere
) -> None:
    leave(client)
    network.forgot = True
    assert "had forgotten this instance" in back(client, network.answer()).text
    network.forgot = False
    leave(client)
    assert back(client, network.answer()).status_code == 303
    assert network.registered == 2


def mutations(network: Elsewhere) -> Iterator[tuple[str, dict[str, str], str]]:
    """Four hundred returns that are not the one that was begun: (name, query, network)."""
    good = network.answer()
    for n in range(60):
        yield f"no such state {n}", good | {"state": secrets.token_urlsafe(32)}, "elsewhere"
    for n in range(len(good["state"])):
        sign = "A" if good["state"][n] != "A" else "B"
        changed = good["state"][:n] + sign + good["state"][n + 1 :]
        yield f"state changed at {n}", good | {"state": changed}, "elsewhere"
        yield f"state cut at {n}", good | {"state": good["state"][:n]}, "elsewhere"
        yield f"another network {n}", good | {"code": f"{n}"}, "another"
        yield f"state as another's {n}", good | {"state": changed}, "another"
    for name in ("state", "code", "iss", "error"):
        for odd in ("", "\x00", "'", "x" * 3000, "٣", "../..", "null", "[]", "%00", "<b>"):
            if name == "state":
                yield f"{name} {odd[:9]!r}", good | {name: odd}, "elsewhere"
                yield (
                    f"{name} with {odd[:9]!r}",
                    good | {name: good["state"] + "x" + odd},
                    "elsewhere",
                )
                yield (
                    f"{name} in {odd[:9]!r}",
                    good | {name: "x" + odd + good["state"]},
                    "elsewhere",
                )
            else:
                yield f"{name} {odd[:9]!r}", good | {name: odd, "state": odd}, "elsewhere"
    for n in range(200):
        yield f"no state {n}", {"code": f"code {n}", "iss": ISSUER}, "elsewhere"


@pytest.mark.parametrize(
    "step", [8, pytest.param(1, marks=pytest.mark.security_long)], ids=["some", "all"]
)
def test_four_hundred_other_returns_open_nothing(
    client: FlaskClient, network: Elsewhere, step: int
) -> None:
    leave(client)
    tried = list(mutations(network))[:400]
    assert len(tried) == 400
    for name, said, slug in tried[::step]:
        assert back(client, said, slug).status_code == 400, name
    assert channels() == []
    assert back(client, network.answer()).status_code == 303, "the true one counts still"


@pytest.mark.parametrize(
    "change",
    [
        {"code": "code for somebody else"},
        {"code": ""},
        {"iss": "https://mixed-up.example"},
        {"iss": ""},
        {"error": "access_denied"},
        {"error": "server_error", "error_description": "<b>Oh</b>"},
    ],
)
def test_a_no_is_told_and_uses_the_state_up(
    client: FlaskClient, network: Elsewhere, change: dict[str, str]
) -> None:
    leave(client)
    answer = back(client, network.answer(**change))
    assert answer.status_code == 400
    assert "Not connected" in answer.text and "<b>Oh" not in answer.text
    assert back(client, network.answer()).status_code == 400
    assert channels() == []


def test_a_state_counts_once(client: FlaskClient, network: Elsewhere) -> None:
    leave(client)
    assert back(client, network.answer()).status_code == 303
    assert back(client, network.answer()).status_code == 400
    assert len(channels()) == 1


def test_fifty_returns_at_once_have_one_winner(
    app: Flask, client: FlaskClient, network: Elsewhere
) -> None:
    leave(client)
    said, cookie = network.answer(), crowd.cookie_of(client)
    answers = crowd.at_once(app, [lambda one: back(one, said)] * 50, [cookie] * 50)
    assert crowd.statuses(answers) == {303: 1, 400: 49}
    assert len(channels()) == 1


def test_ten_minutes_and_no_more(client: FlaskClient, network: Elsewhere, times: Times) -> None:
    leave(client)
    times.go(minutes=10)
    assert back(client, network.answer()).status_code == 400
    retention_jobs.run_retention()
    assert database.session.scalars(database.select(Connecting)).all() == []


def test_only_the_browser_and_the_person_that_left_come_back(
    app: Flask, client: FlaskClient, network: Elsewhere
) -> None:
    leave(client)
    said = network.answer()
    same, bob, charlie = (app.test_client() for _ in range(3))
    make.sign_in(same, make.alice())
    make.sign_in(bob, make.bob("admin"))
    make.sign_in(charlie, make.charlie())
    for other in (same, bob, charlie):
        assert back(other, said).status_code == 400
    assert back(app.test_client(), said).status_code == 303  # to the sign-in
    assert channels() == []


def test_signing_out_ends_it(client: FlaskClient, network: Elsewhere) -> None:
    leave(client)
    client.post("/logout")
    make.sign_in(client, make.alice())
    assert back(client, network.answer()).status_code == 400


def test_who_may_not_connect_any_more_does_not(client: FlaskClient, network: Elsewhere) -> None:
    leave(client)
    make.bob("owner")
    make.member(make.alice()).role = "viewer"
    database.session.commit()
    assert back(client, network.answer()).status_code == 403
    assert channels() == []


def test_of_several_accounts_the_person_chooses(client: FlaskClient, network: Elsewhere) -> None:
    network.opens = [account(str(n), f"page{n}") for n in range(3)]
    leave(client)
    answer = back(client, network.answer())
    assert answer.location == f"{HERE}/choice"
    assert channels() == []
    shown = client.get(answer.location)
    assert all(f"page{n}" in shown.text for n in range(3))
    assert client.post(answer.location, data={}).status_code == 422
    assert client.post(answer.location, data={"account": ["x", "9"]}).status_code == 422
    assert client.post(answer.location, data={"account": ["0", "2"]}).location == "/channels"
    assert [one.handle for one in channels()] == ["page0", "page2"]
    assert client.get(answer.location).status_code == 404
    assert client.post(answer.location, data={"account": "1"}).status_code == 404


def test_the_choice_is_for_who_began_it_and_in_time(
    app: Flask, client: FlaskClient, network: Elsewhere, times: Times
) -> None:
    network.opens = [account("1"), account("2")]
    leave(client)
    back(client, network.answer())
    bob = app.test_client()
    make.sign_in(bob, make.bob("admin"))
    assert bob.get(f"{HERE}/choice").status_code == 404
    assert bob.post(f"{HERE}/choice", data={"account": "0"}).status_code == 404
    times.go(minutes=10)
    assert client.post(f"{HERE}/choice", data={"account": "0"}).status_code == 404
    assert channels() == []


def test_one_click_brings_the_same_channel_back(client: FlaskClient, network: Elsewhere) -> None:
    leave(client)
    back(client, network.answer())
    [channel] = channels()
    channel.state, channel.handle = "needs_reconnect", "old-name"
    database.session.commit()
    assert f'name="channel" value="{channel.id}"' in client.get(f"/channels/{channel.id}").text
    network.opens = [account("7", "stranger"), account()]
    client.post(f"{HERE}/away", data={"channel": str(channel.id)})
    assert back(client, network.answer()).location == f"/channels/{channel.id}"
    [same] = channels()
    assert (same.id, same.state, same.handle) == (channel.id, "active", "grace")


@pytest.mark.parametrize("way", ["away", "form"])
def test_another_account_is_told_and_asked_about(
    client: FlaskClient, network: Elsewhere, way: str
) -> None:
    leave(client)
    back(client, network.answer())
    [channel] = channels()
    network.opens = [account("2", "heidi")]
    if way == "away":
        leave(client, channel=str(channel.id))
        answer = back(client, network.answer())
    else:
        answer = client.post(HERE, data={"key": "k", "channel": str(channel.id)})
    assert answer.location == f"{HERE}/choice"
    shown = client.get(answer.location).text
    assert "You wanted to reconnect grace" in shown and "heidi" in shown
    assert len(channels()) == 1
    client.post(answer.location, data={"account": "0"})
    assert [one.handle for one in channels()] == ["grace", "heidi"]
    assert channels()[0].id == channel.id


def test_another_organisations_channel_is_not_reconnected(
    client: FlaskClient, network: Elsewhere
) -> None:
    theirs = make.channel(make.charlie(), "elsewhere", "1")
    leave(client, channel=str(theirs.id))
    assert "charlie" not in back(client, network.answer()).text
    mine, other = (one.organization_id for one in reversed(channels()))
    assert mine != other


def test_what_the_network_refuses_stands_beside_its_field(
    client: FlaskClient, network: Elsewhere
) -> None:
    network.refuses = Refused("That server does not answer.", field="host")
    answer = client.post(f"{HERE}/away", data={"host": "nowhere.example"})
    assert answer.status_code == 422
    assert "That server does not answer." in answer.text and "nowhere.example" in answer.text


def test_a_server_that_leads_to_a_script_leads_nowhere(
    client: FlaskClient, network: Elsewhere
) -> None:
    network.api = "javascript:alert(1)//"
    answer = client.post(f"{HERE}/away", data={})
    assert answer.status_code == 422 and "javascript:" not in answer.text


def test_a_network_without_its_app_is_named_and_leads_nowhere(
    client: FlaskClient, network: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "needs_app", True)
    shown = client.get("/channels/connect").text
    assert "The operator has not set this up." in shown
    assert f'href="{HERE}"' not in shown
    for answer in (client.get(HERE), client.post(f"{HERE}/away"), back(client, {"state": "x"})):
        assert answer.status_code == 404


def test_both_ways_are_shown_and_limits_count(client: FlaskClient, network: Elsewhere) -> None:
    shown = client.get(HERE).text
    assert f'action="{HERE}/away"' in shown and f'action="{HERE}"' in shown
    codes = [client.post(f"{HERE}/away", data={}).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_a_network_that_is_typed_only_has_no_way_out(client: FlaskClient) -> None:
    assert Way.AWAY not in NETWORKS["sandbox"].ways
    assert client.post("/channels/connect/sandbox/away").status_code == 404
    assert client.get("/channels/connect/sandbox/return?state=x").status_code == 404


@pytest.mark.parametrize("hold", ["reconnect", "disconnected"])
def test_what_is_held_for_its_keys_offers_the_way_back(
    client: FlaskClient, network: Elsewhere, hold: str
) -> None:
    leave(client)
    back(client, network.answer())
    [channel] = channels()
    post = make.post(make.alice(), channel)
    post.deliveries[0].state, post.deliveries[0].hold = "held", hold
    database.session.commit()
    for path in ("/attention", f"/posts/{post.id}"):
        assert f'action="{HERE}/away"' in client.get(path).text, path
