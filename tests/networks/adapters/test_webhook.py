"""The signed webhook: what every adapter must do, what receivers are promised in docs/webhook.md."""

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook as Specified

from app import clock, http
from app.networks import Grant, Idempotency, Piece, Published, Refused, Unknown
from app.networks.adapters import webhook
from app.networks.adapters.webhook import Webhook
from tests.networks.contract import (
    Case,
    test_a_dead_server_is_a_definite_no,
    test_a_lost_reply_never_makes_two,
    test_a_server_error_is_not_knowing,
    test_a_token_that_ran_out_is_told_apart_from_one_that_was_taken_back,
    test_being_asked_to_wait_gives_a_time,
    test_deleting_twice_is_well,
    test_it_publishes_once_and_finds_it,
    test_what_never_arrived_is_absent,
)
from tests.networks.pieces import picture, video
from tests.servers.doubles.receiver import SECRET, Receiver

__all__ = [
    "test_a_dead_server_is_a_definite_no",
    "test_a_lost_reply_never_makes_two",
    "test_a_server_error_is_not_knowing",
    "test_a_token_that_ran_out_is_told_apart_from_one_that_was_taken_back",
    "test_being_asked_to_wait_gives_a_time",
    "test_deleting_twice_is_well",
    "test_it_publishes_once_and_finds_it",
    "test_what_never_arrived_is_absent",
]
DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/webhook.md").read_text()
BLOCKS = re.findall(r"```(json|python)\n(.*?)```", DOCUMENT, re.S)


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def case(server: Receiver) -> Case:
    for kept in (server.posts, server.faults, server.revoked, server.known, server.events):
        kept.clear()
    server.remembers, server.status = False, 204
    grant = Grant({"url": server.address, "secret": SECRET}, None)

    def kill() -> None:
        grant.secrets["url"] = "http://127.0.0.1:9/"

    account = webhook._account(server.address, "")
    return Case(Webhook(), server, account, grant, Piece("Good morning ☕"), kill=kill)


def connect(case: Case, **answers: str) -> Any:
    given = {"url": case.grant.secrets["url"], "secret": SECRET} | answers
    return case.run(lambda web: case.network.connect(web, given))


def test_connecting_sends_a_signed_ping(case: Case, server: Receiver) -> None:
    account, grant = connect(case, remembers="yes")
    assert [event["type"] for event in server.events] == ["ping"]
    assert (account.handle, account.facts["kind"]) == ("127.0.0.1", "remembers")
    assert grant.secrets == {"url": server.address, "secret": SECRET}
    assert "canary" not in repr(account), "the address may hold a secret"


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"secret": ""}, "secret"),
        ({"secret": SECRET.removeprefix("whsec_")}, "secret"),
        ({"secret": "whsec_" + base64.b64encode(b"x" * 23).decode()}, "secret"),
        ({"secret": "whsec_" + base64.b64encode(b"x" * 65).decode()}, "secret"),
        ({"secret": "whsec_!!!"}, "secret"),
        ({"secret": "whsec_" + base64.b64encode(b"another key, of 24 bytes").decode()}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"url": "http://[bad"}, "url"),
        ({"url": "http://127.0.0.1:9/"}, "url"),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field(
    case: Case, answers: dict[str, str], field: str
) -> None:
    said = connect(case, **answers)
    assert isinstance(said, Refused) and said.field == field


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://169.254.169.254/", "http://a.example/"]
)
def test_private_and_plain_addresses_are_refused(url: str) -> None:
    async def run() -> Any:
        async with http.client(allow_private=False) as web:
            return await Webhook().connect(web, {"url": url, "secret": SECRET})

    said = asyncio.run(run())
    assert isinstance(said, Refused) and said.field == "url"


def test_a_secret_is_made_for_each_connection() -> None:
    one, two = webhook.new_secret(), webhook.new_secret()
    assert one != two and one.startswith("whsec_")
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32
    assert next(f for f in Webhook.fields if f.name == "secret").made is webhook.new_secret


@pytest.mark.parametrize(
    ("status", "is_reconnect"), [(410, True), (401, True), (403, True), (302, False), (404, False)]
)
def test_what_answers_mean(case: Case, server: Receiver, status: int, is_reconnect: bool) -> None:
    parcel, before = case.parcel(), len(server.seen)
    server.status = status
    said = case.publish(parcel)
    assert isinstance(said, Refused)
    assert (said.reconnect, said.permanent) == (is_reconnect, not is_reconnect)
    assert len(server.seen) == before + 1, "a redirect is not followed"


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_every_2xx_is_a_yes_whatever_it_says(case: Case, server: Receiver, status: int) -> None:
    server.status = status
    assert isinstance(case.publish(case.parcel()), Published)
    server.faults.append("garbage")
    assert isinstance(case.publish(case.parcel()), Published)


def test_a_receiver_that_forgets_is_blind_and_one_that_remembers_may_be_sent_to_again(
    case: Case, server: Receiver
) -> None:
    assert case.network.idempotency_of(case.account) is Idempotency.BLIND
    parcel = case.parcel()
    assert isinstance(case.publish(parcel), Published)
    assert isinstance(case.publish(parcel), Published)
    assert case.times() == 2, "so it is never sent twice by itself"


@pytest.mark.parametrize("fault", ["lose", "500 after", "500 before", "drop", "truncated"])
def test_a_receiver_that_remembers_ends_up_with_one(
    case: Case, server: Receiver, fault: str
) -> None:
    """What the engine does with an exact key: look, then send again under the same one."""
    server.remembers = True
    account = webhook._account(server.address, "yes")
    assert case.network.idempotency_of(account) is Idempotency.EXACT
    remembering = replace(case, account=account)
    parcel = remembering.parcel()
    server.faults.append(fault)
    assert isinstance(remembering.publish(parcel), Unknown)
    remembering.find(parcel)
    assert isinstance(remembering.publish(parcel), Published)
    assert case.times() == 1


def test_every_try_has_the_same_id_and_bytes(case: Case, server: Receiver) -> None:
    parcel, before = case.parcel(Piece("again", (picture(1),))), len(server.seen)
    for _ in range(2):
        case.publish(parcel)
    one, two = server.seen[before:]
    assert one.body == two.body
    assert one.headers["webhook-id"] == two.headers["webhook-id"] == parcel.key


def test_what_is_sent_keeps_to_the_schema(case: Case, server: Receiver) -> None:
    """The schema of the document, against everything that this module sent."""
    check = Draft202012Validator(json.loads(BLOCKS[2][1]))
    check.check_schema(check.schema)
    check.validate(json.loads(BLOCKS[0][1]))
    whole = Piece("all", (picture(1), picture(2)), video(), place=1, is_comment=True)
    first = case.publish(case.parcel())
    case.publish(replace(case.parcel(whole), before=(first,)))
    case.run(lambda web: case.network.delete(web, case.account, case.grant, first.external_id))
    connect(case)
    kinds = set()
    for event in server.bodies():
        check.validate(event)
        kinds.add(event["type"])
    assert kinds == {"ping", "post.published", "post.deleted"}
    [post] = server.standing("all")
    assert (post.reply_to, post.more["place"]) == (first.external_id, 1)
    assert not check.is_valid({"type": "post.published", "timestamp": "now", "data": {}})


def test_the_example_of_the_document_accepts_ours_and_nothing_else() -> None:
    """The ten lines, run as they stand there."""
    kind, source = BLOCKS[1]
    assert kind == "python"
    scope: dict[str, Any] = {}
    exec(compile(source, "docs/webhook.md", "exec"), scope)
    is_ours = scope["is_from_allstac"]
    body, at = b'{"a":"\xc3\xbc"}', int(clock.now().timestamp())

    def headers(id: str = "one", sent: int = at, by: str = SECRET) -> dict[str, str]:
        signature = webhook.sign(by, id, sent, body)
        return {"webhook-id": id, "webhook-timestamp": str(sent), "webhook-signature": signature}

    other = webhook.new_secret()
    assert is_ours(SECRET, headers(), body)
    two = headers() | {"webhook-signature": "v1,AAAA " + headers()["webhook-signature"]}
    assert is_ours(SECRET, two, body)
    assert not is_ours(SECRET, headers(), body + b" ")
    assert not is_ours(SECRET, headers() | {"webhook-id": "two"}, body)
    assert not is_ours(SECRET, headers(by=other), body)
    assert not is_ours(SECRET, headers(sent=at - 301), body)


def test_our_signature_is_the_specifications() -> None:
    now = clock.now()
    wanted = Specified(SECRET).sign("msg_1", now, '{"a":1}')
    assert webhook.sign(SECRET, "msg_1", int(now.timestamp()), b'{"a":1}') == wanted


def test_neither_secret_nor_address_is_in_an_answer(case: Case, server: Receiver) -> None:
    said: list[Any] = []
    for fault in ("", "lose", "500 before", "429 seconds"):
        parcel = case.parcel()
        if fault:
            server.faults.append(fault)
        said += [parcel, case.publish(parcel)]
    server.status = 410
    said += [case.publish(parcel), connect(case)]
    told = "".join(map(repr, said))
    assert SECRET not in told and "canary" not in told
