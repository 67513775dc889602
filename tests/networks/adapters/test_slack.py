"""Slack's incoming webhooks: what every adapter must do, and what only they ask for."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.networks import Account, Grant, Piece, Refused
from app.networks.adapters import slack
from app.networks.adapters.slack import Slack
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.networks.pieces import picture
from tests.servers.doubles.slack import HOOK, SECRET, TEAM, SlackDouble


@pytest.fixture(scope="module")
def server() -> Iterator[SlackDouble]:
    made = SlackDouble()
    yield made
    made.stop()


@pytest.fixture
def case(server: SlackDouble) -> Case:
    server.posts.clear()
    server.faults.clear()
    server.revoked.clear()
    server.word = ""
    network = Slack()
    network.api = server.url
    url = f"https://app.slack.com/client/{TEAM}"
    return Case(
        network,
        server,
        Account("slack", "slack.com", f"{TEAM}/{HOOK}", "#news", "#news", url),
        Grant({"team": TEAM, "hook": HOOK, "secret": SECRET}, None),
        Piece("News & more for <!channel>"),
        deletes=False,
        kill=lambda: setattr(network, "api", "http://127.0.0.1:9"),
    )


def connect(case: Case, url: str) -> Any:
    answers = {"url": url, "channel": "#news"}
    return case.run(lambda web: case.network.connect(web, answers))


def test_a_channel_is_connected_without_a_word_appearing_there(
    case: Case, server: SlackDouble
) -> None:
    account, grant = connect(case, f" {server.address} ")
    assert account == case.account and grant == case.grant
    assert SECRET not in repr(account)
    assert server.posts == {}


@pytest.mark.parametrize(
    "url",
    [
        *("", "nonsense", "https://[bad", "https://hooks.slack.com/services/T1/B1"),
        f"https://evil.example/services/{TEAM}/{HOOK}/{SECRET}",
        f"https://hooks.slack.com.evil.example/services/{TEAM}/{HOOK}/{SECRET}",
        f"https://hooks.slack.com@evil.example/services/{TEAM}/{HOOK}/{SECRET}",
        f"https://hooks.slack.com/services/{TEAM}/{HOOK}/{SECRET}/../x",
    ],
)
def test_an_address_that_is_not_slacks_is_not_asked(
    case: Case, server: SlackDouble, url: str
) -> None:
    before = len(server.seen)
    said = connect(case, url)
    assert isinstance(said, Refused) and said.field == "url" and "looks like" in said.reason
    assert len(server.seen) == before


def test_a_webhook_that_is_gone_is_told_at_connecting(case: Case, server: SlackDouble) -> None:
    said = connect(case, server.address.replace(HOOK, "B0OTHER"))
    assert said.field == "url" and "removed in Slack" in said.reason


@pytest.mark.parametrize("word", sorted(slack.DEAD))
def test_each_way_of_being_gone_has_its_words(case: Case, server: SlackDouble, word: str) -> None:
    parcel = case.parcel()
    server.word = word
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.reconnect and said.reason.startswith(slack.DEAD[word])


def test_reserved_characters_are_escaped(case: Case, server: SlackDouble) -> None:
    said = case.publish(case.parcel())
    [post] = server.standing(case.piece.text)
    assert post.more["text"] == "News &amp; more for &lt;!channel&gt;"
    assert post.more["unfurl_links"] is True
    assert said.url == "", "Slack tells no address"


def test_two_messages_never_share_a_name(case: Case) -> None:
    """Slack gives none, so ours have to differ: a channel holds each name once."""
    assert case.publish(case.parcel()).external_id != case.publish(case.parcel()).external_id


def test_pictures_are_blocks_below_the_text(case: Case, server: SlackDouble) -> None:
    bare = replace(picture(2), alt="")
    piece = Piece("a & b " * 600, (picture(1), bare), options={"hide_preview": "yes"})
    assert case.publish(case.parcel(piece)).external_id
    [post] = server.posts.values()
    kinds = [block["type"] for block in post.more["blocks"]]
    assert kinds == ["section", "section", "image", "image"]
    assert post.media == ["Picture 1", "Picture"]
    assert post.more["unfurl_media"] is False


@given(st.text(st.sampled_from("ab&<> \n🦋"), min_size=1, max_size=9000))
def test_sections_say_the_same_words_and_fit(words: str) -> None:
    made = slack.sections(words)
    assert all(len(one) <= slack.SECTION for one in made)
    joined = "".join(made)
    assert "".join(joined.split()) == "".join(slack.escape(words).split())


def test_what_slack_calls_wrong_is_permanent(case: Case) -> None:
    said = case.publish(replace(case.parcel(), record={"text": "x", "colour": "red"}))
    assert isinstance(said, Refused) and said.permanent and "invalid_payload" in said.reason


def test_the_secret_is_in_no_answer(case: Case, server: SlackDouble) -> None:
    said: list[Any] = []
    for fault in ("", "lose", "500 before", "garbage", "429 seconds"):
        parcel = case.parcel()
        if fault:
            server.faults.append(fault)
        said += [parcel, case.publish(parcel)]
    server.word = "no_service"
    said += [case.publish(parcel), connect(case, server.address)]
    assert SECRET not in "".join(map(repr, said))
