"""Matrix, asked of a real Synapse: the questions of every adapter, and what is its own."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from app import clock
from app.networks import Absent, Figures, Grant, Parcel, Piece, Published, Refused, Unknown
from app.networks.adapters.matrix import Matrix
from tests.networks import drawn
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.servers.doubles import Standing
from tests.servers.front import Front
from tests.servers.synapse import Person, Synapse

# Each fault and each of three places once; `make security` asks all pairs.
AS_A_RULE = {(0, "garbage"), (1, "429 seconds"), (1, "drop"), (2, "lose")}
# What the specification shows of a token that ran out (5.7.4, "Soft logout").
STALE = web.json_response(
    {"errcode": "M_UNKNOWN_TOKEN", "error": "Token has expired", "soft_logout": True}, status=401
)


class Room:
    """A room with Grace in it, and what stands there."""

    def __init__(self, synapse: Synapse) -> None:
        self.synapse, self.grace = synapse, synapse.make_person("grace")
        self.id = synapse.make_room(self.grace, room_alias_name=f"orchard{secrets.token_hex(3)}")

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.synapse.messages(self.grace, self.id)

    def stands(self, text: str) -> list[Standing]:
        said = [(event["event_id"], event["content"]["body"]) for event in self.events]
        return [Standing(id, body, self.grace.id) for id, body in said if body == text]


@pytest.fixture(scope="module")
def room(synapse: Synapse) -> Room:
    return Room(synapse)


@pytest.fixture(scope="module")
def front(synapse: Synapse, room: Room) -> Iterator[Front]:
    made = Front.of_puts(synapse.url, lambda r: "/send/" in r.path, room.stands, STALE)
    yield made
    made.stop()


@pytest.fixture
def case(front: Front, room: Room) -> Iterator[Case]:
    made = connect(front, room.grace, room.id)
    assert not isinstance(made, Refused), made
    account, grant = made
    piece = Piece(f"Ripe apples {secrets.token_hex(4)}")
    dead = replace(account, host="http://localhost:1")
    yield Case(Matrix(), front, account, grant, piece, refreshes=True, dead=dead)
    front.faults.clear()
    front.revoked.clear()
    front.expired.clear()


def connect(front: Front, person: Person, where: str, **more: str) -> Any:
    answers = {"host": front.url, "username": person.id, "password": person.password, "room": where}
    passing = Case(Matrix(), front, None, None, None)  # type: ignore[arg-type]
    return passing.run(lambda web: Matrix().connect(web, answers | more))


def content(room: Room, said: Published) -> list[dict[str, Any]]:
    by_id = {event["event_id"]: event["content"] for event in room.events}
    return [by_id[id] for id in said.external_id.split()]


def test_the_same_key_is_the_same_event(case: Case) -> None:
    """So long as the server remembers it, also with another body, and after a refresh."""
    parcel = case.parcel()
    first = case.publish(parcel)
    assert case.publish(parcel) == first
    renewed = case.run(lambda web: case.network.refresh(web, case.account, case.grant))
    assert isinstance(renewed, Grant)
    assert renewed.secrets["access"] != case.grant.secrets["access"]
    assert replace(case, grant=renewed).publish(parcel) == first
    assert case.times() == 1


def test_another_device_finds_it_by_our_own_key(case: Case, front: Front, room: Room) -> None:
    """Transaction ids are a device's own; the key in the event is not."""
    parcel = case.parcel()
    said = case.publish(parcel)
    _, other = connect(front, room.grace, room.id)
    assert replace(case, grant=other).find(parcel) == said


def test_the_server_is_found_by_its_well_known_name(case: Case, front: Front) -> None:
    """The file says where it lives; a name that says nothing is taken as it is."""
    assert [seen.path for seen in front.seen if "well-known" in seen.path]
    assert case.account.host == front.url


@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"password": "wrong"}, "password", "don't belong together"),
        ({"username": "", "password": ""}, "username", "or an access token"),
        ({"access_token": "syt_made_up"}, "access_token", "does not know"),
        ({"room": "Garden"}, "room", "looks like"),
        ({"room": "#nowhere:localhost"}, "room", "refused it"),
        ({"host": "http://localhost:1"}, "host", "could not reach"),
        ({"host": "", "username": "grace"}, "host", "Name the server"),
    ],
)
def test_what_does_not_open_a_room(
    front: Front, room: Room, answers: dict[str, str], field: str, words: str
) -> None:
    said = connect(front, room.grace, room.id, **answers)
    assert isinstance(said, Refused)
    assert (said.field, words in said.reason) == (field, True), said


def test_an_alias_and_a_link_name_a_room_too(front: Front, room: Room, synapse: Synapse) -> None:
    alias = synapse.call("GET", f"v3/rooms/{room.id}/aliases", token=room.grace.token)["aliases"][0]
    for typed in (alias, f"https://matrix.to/#/{alias}?via=localhost"):
        account, _ = connect(front, room.grace, typed)
        assert account.account_id == f"{room.grace.id} {room.id}"
        assert (account.name, account.facts["room"]) == ("Orchard", "Orchard")
        assert account.facts["image_bytes"] == 50 * 1024 * 1024


def test_an_encrypted_room_is_refused_and_leaves_no_device(front: Front, synapse: Synapse) -> None:
    ada = synapse.make_person("ada")
    state = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    sealed = synapse.make_room(ada, initial_state=[state])
    before = synapse.devices(ada)
    said = connect(front, ada, sealed)
    assert isinstance(said, Refused)
    assert (said.field, "encrypted" in said.reason) == ("room", True)
    assert synapse.devices(ada) == before


def test_disconnecting_signs_the_device_out(front: Front, synapse: Synapse, room: Room) -> None:
    before = synapse.devices(room.grace)
    account, grant = connect(front, room.grace, room.id)
    assert set(grant.secrets) == {"access", "refresh"}  # the password is not among them
    assert len(synapse.devices(room.grace)) == len(before) + 1
    asked = Case(Matrix(), front, account, grant, Piece(""))
    assert asked.run(lambda web: Matrix().revoke(web, account, grant)) is None
    assert synapse.devices(room.grace) == before
    checked = asked.run(lambda web: Matrix().check(web, account, grant))
    assert isinstance(checked, Refused) and checked.reconnect
    assert asked.run(lambda web: Matrix().revoke(web, account, grant)) is None


def test_a_token_that_was_typed_opens_the_room(front: Front, room: Room, synapse: Synapse) -> None:
    account, grant = connect(front, room.grace, room.id, access_token=room.grace.token)
    assert account.account_id == f"{room.grace.id} {room.id}"
    assert grant.secrets == {"access": room.grace.token} and grant.expires_at is None


def test_links_are_links_and_nothing_else_is_markup(case: Case, room: Room) -> None:
    text = "Read https://a.example/?a=1&b=2 <b>now</b>"
    said = case.publish(case.parcel(Piece(text)))
    [event] = content(room, said)
    assert event["body"] == text
    assert event["formatted_body"] == (
        '<p>Read <a href="https://a.example/?a=1&amp;b=2">https://a.example/?a=1&amp;b=2</a>'
        " &lt;b&gt;now&lt;/b&gt;</p>"
    )
    [plain] = content(room, case.publish(case.parcel(seed=8)))
    assert "formatted_body" not in plain


def test_the_longest_text_fits_into_an_event(case: Case, room: Room) -> None:
    text = "https://a.example " + "&" * 49_900
    assert case.network.count(text).problem is not None  # too many characters: 20,000
    assert case.network.count("🍎" * 12_501).problem is not None  # too many bytes
    longest = "https://a.example " + "🍎" * 12_400
    assert case.network.count(longest).problem is None
    said = case.publish(case.parcel(Piece(longest)))
    assert isinstance(said, Published)
    assert content(room, said)[0]["body"] == longest


def test_pictures_follow_as_events_of_their_own(case: Case, room: Room, synapse: Synapse) -> None:
    two = (drawn.picture("a teal box"), drawn.picture(side=9))
    piece = replace(case.piece, pictures=two, video=drawn.video("a film"))
    said = case.publish(case.parcel(piece))
    words, first, second, film = content(room, said)
    assert words["body"] == piece.text
    assert (first["msgtype"], first["body"], first["info"]["w"]) == ("m.image", "a teal box", 8)
    assert second["body"] == second["filename"] == "image.png"
    assert (film["msgtype"], film["body"]) == ("m.video", "a film")
    assert synapse.media(room.grace, first["url"]) == two[0].body
    assert said.ref == said.external_id.split()[0]
    deleted = case.run(
        lambda web: case.network.delete(web, case.account, case.grant, said.external_id)
    )
    assert deleted is None
    assert not set(said.external_id.split()) & {event["event_id"] for event in room.events}


AT_ONE_OF_THREE = [
    pytest.param(
        *(after, fault),
        marks=[] if (after, fault) in AS_A_RULE else pytest.mark.security_long,
    )
    for after in range(3)
    for fault in ("lose", "drop", "garbage", "429 seconds")
]


@pytest.mark.parametrize(("after", "fault"), AT_ONE_OF_THREE)
def test_a_fault_at_any_of_several_events_makes_each_once(
    case: Case, front: Front, room: Room, fault: str, after: int
) -> None:
    piece = replace(case.piece, pictures=(drawn.picture("one"), drawn.picture("two")))
    parcel = case.parcel(piece)
    front.faults.extend([""] * after + [fault])
    assert isinstance(case.publish(parcel), Unknown if after else Unknown | Refused)
    front.faults.clear()
    everything = after == 2 and fault in ("lose", "garbage")
    assert isinstance(case.find(parcel), Published if everything else Absent)
    said = case.publish(parcel)
    assert isinstance(said, Published) and case.find(parcel) == said
    ours = [e for e in room.events if e["content"].get("allstac.key") == parcel.key]
    assert [event["content"]["allstac.part"] for event in ours] == [0, 1, 2]


def test_a_post_of_which_a_part_is_refused_is_told_to_stand_in_part(case: Case, room: Room) -> None:
    parcel = case.parcel(replace(case.piece, pictures=(drawn.picture("one"),)))
    parcel.record["events"][1]["body"] = "x" * 70_000  # more than an event holds
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.permanent and said.partly
    assert "Some of it stands in the room" in said.reason
    assert [one.text for one in room.stands(case.piece.text)] == [case.piece.text]


def test_half_of_a_post_is_not_completed_when_its_keys_are_forgotten(
    case: Case, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = case.parcel(replace(case.piece, pictures=(drawn.picture(),)))
    front.faults.extend(["", "drop"])
    assert isinstance(case.publish(parcel), Unknown)
    later = clock.now() + timedelta(hours=21)
    monkeypatch.setattr(clock, "now", lambda: later)
    said = case.find(parcel)
    assert isinstance(said, Refused) and said.permanent and "not all of the files" in said.reason


def test_a_thread_hangs_under_its_first_event(case: Case, room: Room) -> None:
    first = case.publish(case.parcel())
    assert isinstance(first, Published)
    second = case.publish(replace(case.parcel(seed=8), before=(first,)))
    third = case.publish(replace(case.parcel(seed=9), before=(first, second)))
    [event] = content(room, third)
    relation = event["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", first.ref)
    assert relation["m.in_reply_to"]["event_id"] == second.ref


def test_who_may_not_speak_is_told_so(case: Case, front: Front, synapse: Synapse) -> None:
    owner, guest = synapse.make_person("owner"), synapse.make_person("guest")
    quiet = synapse.make_room(owner, power_level_content_override={"events_default": 50})
    account, grant = connect(front, guest, quiet)
    said = replace(case, account=account, grant=grant).publish(case.parcel())
    assert isinstance(said, Refused) and said.permanent and "refused it" in said.reason


def test_what_was_redacted_is_absent(case: Case) -> None:
    parcel: Parcel = case.parcel()
    said = case.publish(parcel)
    case.run(lambda web: case.network.delete(web, case.account, case.grant, said.external_id))
    assert isinstance(case.find(parcel), Absent)


def measure(case: Case, *ids: str) -> Any:
    return case.run(lambda web: case.network.measure(web, case.account, case.grant, ids))


def relate(synapse: Synapse, room: Room, person: Person, kind: str, to: str, **body: Any) -> str:
    type = "m.reaction" if kind == "m.annotation" else "m.room.message"
    key = {"key": body.pop("key")} if "key" in body else {}
    content = {"m.relates_to": {"rel_type": kind, "event_id": to} | key} | body
    path = f"v3/rooms/{quote(room.id)}/send/{type}/{secrets.token_hex(4)}"
    return str(synapse.call("PUT", path, content, person.token)["event_id"])


def test_reactions_and_answers_in_the_thread_are_counted(
    case: Case, synapse: Synapse, room: Room
) -> None:
    ids = [case.publish(case.parcel(seed=n)).external_id for n in (41, 42)]
    ben, eve = synapse.make_person("ben"), synapse.make_person("eve")
    for person in (ben, eve):
        synapse.call("POST", f"v3/join/{quote(room.id)}", {}, person.token)
    last = [relate(synapse, room, who, "m.annotation", ids[0], key="🍎") for who in (ben, eve)][1]
    relate(synapse, room, ben, "m.annotation", ids[0], key="👍")
    words = {"msgtype": "m.text", "body": "Yes"}
    for who in (ben, eve):
        relate(synapse, room, who, "m.thread", ids[0], **words)
    assert measure(case, *ids) == {
        ids[0]: Figures(likes=3, replies=2),
        ids[1]: Figures(likes=0, replies=0),
    }
    synapse.call("PUT", f"v3/rooms/{quote(room.id)}/redact/{quote(last)}/x", {}, eve.token)
    assert measure(case, ids[0]) == {ids[0]: Figures(likes=2, replies=2)}
    case.run(lambda web: case.network.delete(web, case.account, case.grant, ids[1]))
    unknown = "$" + "a" * 43
    assert measure(case, ids[1], unknown) == {ids[1]: Absent(), unknown: Absent()}


@pytest.mark.parametrize("fault", ["500 before", "429 seconds", "lose"])
def test_figures_that_do_not_come_are_a_value(case: Case, fault: str) -> None:
    said = case.publish(case.parcel(seed=43))
    case.double.reading_faults.extend([fault, fault])
    told = measure(case, said.external_id)
    case.double.reading_faults.clear()
    assert isinstance(told, Refused if fault.startswith("429") else Unknown)


def test_keys_that_are_not_taken_tell_no_figures(case: Case) -> None:
    said = case.publish(case.parcel(seed=44))
    case.double.expired |= set(case.grant.secrets.values())
    stale = measure(case, said.external_id)
    assert isinstance(stale, Refused) and stale.stale_token
