"""Nostr: what every adapter must do, against a double for the faults and a real relay for the rest."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import clock
from app.networks import Absent, Account, Figures, Grant, Piece, Published, Refused, Unknown
from app.networks.adapters.nostr import Nostr, events, keys, relays
from tests.networks.contract import (
    Case,
    test_a_broken_reply_is_not_knowing,
    test_a_dead_server_is_a_definite_no,
    test_a_late_effect_is_found_once,
    test_a_lost_reply_never_makes_two,
    test_deleting_twice_is_well,
    test_equal_posts_never_share_an_id,
    test_it_publishes_once_and_finds_it,
    test_what_never_arrived_is_absent,
)
from tests.networks.pieces import PNG, picture, video
from tests.servers.doubles.nostr import NostrDouble
from tests.servers.nostr import Relay

__all__ = [
    "test_a_broken_reply_is_not_knowing",
    "test_a_dead_server_is_a_definite_no",
    "test_a_late_effect_is_found_once",
    "test_a_lost_reply_never_makes_two",
    "test_deleting_twice_is_well",
    "test_equal_posts_never_share_an_id",
    "test_it_publishes_once_and_finds_it",
    "test_what_never_arrived_is_absent",
]
# The two pairs of NIP-19.
NPUB = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg"
NPUB_HEX = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e"
NSEC = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
NSEC_HEX = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"
NOWHERE = "ws://127.0.0.1:9"


@pytest.fixture(scope="module")
def server() -> Iterator[NostrDouble]:
    made = NostrDouble()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    made = Relay(tmp_path_factory.mktemp("relay"))
    yield made
    made.stop()


def account(*urls: str, **facts: str) -> Account:
    author = keys.public(NSEC_HEX)
    return Account("nostr", "nostr", author, "npub", "npub", "", {"relays": list(urls)} | facts)


@pytest.fixture
def case(server: NostrDouble) -> Case:
    server.clear()
    return Case(
        Nostr(),
        server,
        account(server.relay),
        Grant({"key": NSEC_HEX}, None),
        Piece("News"),
        dead=account(NOWHERE),
    )


def connect(case: Case, **answers: str) -> Any:
    given = {"nsec": NSEC, "relays": case.account.facts["relays"][0]} | answers
    return case.run(lambda web: case.network.connect(web, given))


def delete(case: Case, id: str) -> Any:
    return case.run(lambda web: case.network.delete(web, case.account, case.grant, id))


def test_a_real_relay_takes_a_note_once_and_forgets_it(case: Case, relay: Relay) -> None:
    """Its own code checks hash and signature."""
    real = replace(case, account=account(relay.url))
    assert isinstance(connect(real), tuple)
    parcel = real.parcel(
        Piece('Grüße 🦋 "quoted" \\ back\n\ttab #Tag https://allstac.example/?a=1&b')
    )
    assert isinstance(real.find(parcel), Absent)
    first, again = real.publish(parcel), real.publish(parcel)
    assert isinstance(first, Published) and isinstance(again, Published)
    assert first.external_id == again.external_id
    found = real.find(parcel)
    assert isinstance(found, Published) and found.external_id == first.external_id
    assert delete(real, first.external_id) is None
    assert isinstance(real.find(parcel), Absent)


def test_a_real_relay_holds_a_thread_with_pictures(case: Case, relay: Relay) -> None:
    real = replace(case, account=account(relay.url))
    before: tuple[Published, ...] = ()
    for place in range(3):
        piece = Piece(f"part {place}", (picture(place),), place=place)
        parcel = replace(real.parcel(piece), before=before)
        said = real.publish(parcel)
        assert isinstance(said, Published), said
        assert isinstance(real.find(parcel), Published)
        before = (*before, said)


def test_the_pairs_of_the_specification() -> None:
    assert keys.encode("npub", bytes.fromhex(NPUB_HEX)) == NPUB
    assert (
        keys.secret(NSEC) == keys.secret(f" {NSEC.upper()} ") == keys.secret(NSEC_HEX) == NSEC_HEX
    )


def test_the_nevent_holds_id_relay_and_author() -> None:
    raw = keys.decode("nevent", keys.nevent(NPUB_HEX, NSEC_HEX, "wss://r.example"))
    assert raw == (
        b"\x00\x20" + bytes.fromhex(NPUB_HEX) + b"\x01\x0fwss://r.example"
        b"\x02\x20" + bytes.fromhex(NSEC_HEX)
    )


@given(st.binary(min_size=1, max_size=80), st.integers(0, 200), st.sampled_from(keys.ALPHABET))
def test_bech32_goes_both_ways_and_sees_a_wrong_letter(raw: bytes, place: int, put: str) -> None:
    spelled = keys.encode("nsec", raw)
    assert keys.decode("nsec", spelled) == raw
    assert keys.decode("npub", spelled) is None
    at = 5 + place % (len(spelled) - 5)
    wrong = spelled[:at] + put + spelled[at + 1 :]
    assert wrong == spelled or keys.decode("nsec", wrong) is None


@pytest.mark.parametrize(
    "typed",
    ["", "nsec1", NPUB, NSEC[:-1] + "q", "00" * 32, "ff" * 32, "zz" * 32, "nsec1" + "é" * 58],
)
def test_what_is_no_key_is_refused(case: Case, typed: str) -> None:
    assert keys.secret(typed) is None
    said = connect(case, nsec=typed)
    assert isinstance(said, Refused) and said.field == "nsec"


def test_an_account_is_its_key_and_relays(case: Case, server: NostrDouble) -> None:
    content = '{"display_name": "Alice"}'
    server.profile = events.sign(NSEC_HEX, clock.now(), 0, [], content)
    made, grant = connect(case, relays=f"{server.relay}/ , {NOWHERE}", media="media.example")
    assert (made.account_id, made.name) == (keys.public(NSEC_HEX), "Alice")
    assert made.facts == {"relays": [server.relay, NOWHERE], "endpoint": "https://media.example"}
    assert grant.secrets == {"key": NSEC_HEX}
    assert NSEC_HEX not in repr(made) and NSEC not in repr(made)
    server.is_forger = True
    assert connect(case)[0].name.startswith("npub1"), "a relay can't give somebody another name"


def test_a_new_key_is_taken_only_by_a_yes(case: Case) -> None:
    """A typed key is not shown again after a mistake: then nobody may become somebody else."""
    new = keys.new_nsec()
    _, grant = connect(case, nsec="", new_key=new, is_new="yes")
    assert grant.secrets["key"] == keys.secret(new)
    said = connect(case, nsec="", new_key=new)
    assert isinstance(said, Refused) and said.field == "nsec"
    assert next(f for f in Nostr.fields if f.name == "new_key").made is keys.new_nsec


@pytest.mark.parametrize("typed", ["", NOWHERE, " ".join(f"wss://r{n}.example" for n in range(11))])
def test_relays_that_are_none_are_told(case: Case, typed: str) -> None:
    said = connect(case, relays=typed)
    assert isinstance(said, Refused) and said.field == "relays"


@pytest.mark.parametrize(
    ("words", "is_permanent"),
    [
        ("blocked: no", True),
        ("pow: 28", True),
        ("rate-limited: slow", False),
        ("error: disk", False),
    ],
)
def test_a_refusal_of_all_is_told(
    case: Case, server: NostrDouble, words: str, is_permanent: bool
) -> None:
    server.refusal = words
    said = case.publish(case.parcel())
    assert isinstance(said, Refused) and said.permanent is is_permanent and words in said.reason


def test_one_relay_is_enough_and_each_word_is_told(case: Case, server: NostrDouble) -> None:
    two = NostrDouble()
    two.refusal = "blocked: not you"
    several = replace(case, account=account(NOWHERE, two.relay, server.relay))
    said = several.publish(several.parcel())
    two.stop()
    assert isinstance(said, Published) and said.ref == server.relay
    assert f"{two.relay}: blocked: not you" in said.told
    assert f"{server.relay}: accepted" in said.told and NOWHERE in said.told


def test_silence_of_one_beside_a_no_of_another_is_not_knowing(
    case: Case, server: NostrDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "WAIT", 0.2)
    two = NostrDouble()
    two.is_mute, server.refusal = True, "blocked: no"
    several = replace(case, account=account(two.relay, server.relay))
    parcel = several.parcel()
    assert isinstance(several.publish(parcel), Unknown)
    assert isinstance(several.find(parcel), Absent), "sending again makes no second one"
    mute = replace(case, account=account(two.relay))
    assert isinstance(mute.find(parcel), Unknown)
    two.stop()


def test_people_and_topics_become_tags(case: Case, server: NostrDouble) -> None:
    words = f"Thanks @{NPUB} and nostr:{NPUB}, not {NPUB[:-1]}q. #Nostr #nostr #2026 x"
    case.publish(case.parcel(Piece(words)))
    [event] = server.events.values()
    assert event["content"] == words.replace("@", "nostr:")
    assert [tag for tag in event["tags"] if tag[0] in "pt"] == [["p", NPUB_HEX], ["t", "nostr"]]


def test_a_thread_names_its_root_and_what_it_answers(case: Case, server: NostrDouble) -> None:
    root = case.publish(case.parcel())
    second = case.publish(replace(case.parcel(Piece("2")), before=(root,)))
    third = case.publish(replace(case.parcel(Piece("3")), before=(root, second)))
    author = keys.public(NSEC_HEX)

    def ends(said: Published) -> list[list[str]]:
        return [tag for tag in server.events[said.external_id]["tags"] if tag[0] == "e"]

    to_root = ["e", root.external_id, server.relay, "root", author]
    assert ends(second) == [to_root]
    assert ends(third) == [to_root, ["e", second.external_id, server.relay, "reply", author]]


def test_pictures_are_addresses_with_what_stands_behind_them(
    case: Case, server: NostrDouble
) -> None:
    options = {"warning": "spoiler"}
    case.publish(case.parcel(Piece("look", (picture(1),), options=options)))
    [event] = server.events.values()
    assert event["content"] == f"look\n{picture(1).url}"
    assert ["content-warning", "spoiler"] in event["tags"]
    [tag] = [tag for tag in event["tags"] if tag[0] == "imeta"]
    assert {"alt Picture 1", "m image/png", "dim 640x480", f"url {picture(1).url}"} < set(tag)


def test_a_media_server_keeps_pictures_and_video(case: Case, server: NostrDouble) -> None:
    kept = replace(case, account=account(server.relay, endpoint=server.url))
    whole = Piece("look", (picture(1), replace(picture(2), body=PNG + b"2")), video())
    kept.publish(kept.parcel(whole))
    assert sorted(server.blobs.values()) == sorted([PNG, PNG + b"2", video().read(0, 10**6)])
    [event] = server.events.values()
    assert event["content"].count("https://media.example/") == 3
    large = Piece("look", (replace(picture(1), body=b"x" * 100_001),))
    said = kept.run(
        lambda web: kept.network.prepare(web, kept.account, kept.grant, large, clock.now(), {})
    )
    assert isinstance(said, Refused) and "Too large" in said.reason


def test_what_was_changed_after_signing_is_not_taken_for_ours(
    case: Case, server: NostrDouble
) -> None:
    parcel = case.parcel()
    case.publish(parcel)
    server.is_forger = True
    assert isinstance(case.find(parcel), Absent)
    assert not events.is_genuine({}) and not events.is_genuine(None)


@settings(max_examples=10)
@given(st.text(max_size=200))
def test_every_text_can_be_hashed_and_signed(words: str) -> None:
    content, tags = events.written(words)
    assert events.is_genuine(events.sign(NSEC_HEX, clock.now(), 1, tags, content))


@pytest.mark.proves("P7.3")
def test_the_key_is_in_no_words_and_no_log(
    case: Case, server: NostrDouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[Any] = [connect(case)[0]]
    for fault in ("", "lose", "garbage"):
        parcel = case.parcel()
        server.faults.append(fault)
        said += [parcel, case.publish(parcel)]
    server.refusal = "blocked: no"
    said += [case.publish(parcel), connect(case, nsec=NSEC[:-1] + "q")]
    told = "".join(map(repr, said)) + caplog.text
    assert NSEC_HEX not in told and NSEC[:-1] not in told
    assert not any(NSEC_HEX.encode() in one.body for one in server.seen)


def measure(case: Case, *ids: str) -> Any:
    return case.run(lambda web: case.network.measure(web, case.account, case.grant, ids))


def somebody(case: Case, n: int, kind: int, content: str, *tags: list[str]) -> str:
    """An event of another person's, at the case's relay; its id."""
    event = events.sign(f"{n:064x}", clock.now(), kind, list(tags), content)
    said = case.run(lambda web: relays.offer(web, case.account.facts["relays"], event))
    assert relays.outcome(said) == case.account.facts["relays"][0], said
    return str(event["id"])


@pytest.mark.parametrize("where", ["a real relay", "the double"])
def test_likes_answers_reposts_and_quotes_of_others_are_counted(
    case: Case, relay: Relay, where: str
) -> None:
    case = replace(case, account=account(relay.url)) if where == "a real relay" else case
    id, other = (case.publish(case.parcel(seed=n)).external_id for n in (31, 32))
    e, q = ["e", id], ["q", id]
    for n, content in ((1, "+"), (2, "🦋"), (3, "-")):
        somebody(case, n, 7, content, ["e", other], e)
    somebody(case, 1, 7, "🎉", e)  # the same person once more
    answer = somebody(case, 4, 1, "Well said", ["e", id, "", "root"])
    somebody(case, 5, 1, "So it is", ["e", id, "", "root"], ["e", answer, "", "reply"])
    somebody(case, 6, 1, "Unlike that one", ["e", id, "", "mention"])
    somebody(case, 7, 6, "", e)
    somebody(case, 8, 1, "Read this", q)
    assert measure(case, id, other, "0" * 64) == {
        id: Figures(likes=2, replies=2, reposts=2),
        other: Figures(likes=0, replies=0, reposts=0),
        "0" * 64: Absent(),
    }


def test_relays_that_do_not_answer_tell_no_figures(case: Case) -> None:
    assert isinstance(measure(replace(case, account=account(NOWHERE)), "0" * 64), Unknown)
