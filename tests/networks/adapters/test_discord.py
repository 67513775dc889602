"""Discord's webhooks: what every adapter must do, and what only they ask for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.networks import Grant, Piece, Published, Refused
from app.networks.adapters.discord import Discord, wire
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.networks.measured import *  # noqa: F403
from tests.networks.pieces import PNG, picture
from tests.servers.doubles.discord import CHANNEL, GUILD, THREAD, TOKEN, WEBHOOK, DiscordDouble


@pytest.fixture(scope="module")
def server() -> Iterator[DiscordDouble]:
    made = DiscordDouble()
    made.pictures = {f"{n}.png": PNG + bytes([n]) for n in range(10)}
    yield made
    made.stop()


@pytest.fixture
def case(server: DiscordDouble) -> Case:
    server.posts.clear()
    server.faults.clear()
    server.revoked.clear()
    server.is_forum = server.is_deleted = False
    server.wait = 0.0
    network = Discord()
    network.api = f"{server.url}/api/v10"
    said = {"id": WEBHOOK, "name": "News", "channel_id": CHANNEL, "guild_id": GUILD}
    return Case(
        network,
        server,
        wire.account(said),
        Grant({"id": WEBHOOK, "token": TOKEN}, None),
        Piece("News for @everyone"),
        kill=lambda: setattr(network, "api", "http://127.0.0.1:9/api/v10"),
        none_is_0=frozenset({"likes"}),
    )


def connect(case: Case, url: str) -> Any:
    return case.run(lambda web: case.network.connect(web, {"url": url}))


def test_a_channel_is_connected_by_its_webhook(case: Case, server: DiscordDouble) -> None:
    account, grant = connect(case, f" {server.address} ")
    assert (account.account_id, account.name) == (WEBHOOK, "News")
    assert account.url == f"https://discord.com/channels/{GUILD}/{CHANNEL}"
    assert grant.secrets == {"id": WEBHOOK, "token": TOKEN}
    assert TOKEN not in repr(account)


@pytest.mark.parametrize(
    "url",
    [
        *("", "nonsense", "https://[bad", "https://discord.com/api/webhooks/1/short"),
        f"https://evil.example/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com.evil.example/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com@evil.example/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com:8443/api/webhooks/{WEBHOOK}/{TOKEN}",
        f"https://discord.com/api/webhooks/{WEBHOOK}/{TOKEN}/../..",
    ],
)
def test_an_address_that_is_not_discords_is_not_asked(
    case: Case, server: DiscordDouble, url: str
) -> None:
    before = len(server.seen)
    said = connect(case, url)
    assert isinstance(said, Refused) and said.field == "url" and "looks like" in said.reason
    assert len(server.seen) == before


@pytest.mark.parametrize("host", ["discord.com", "discordapp.com", "canary.discord.com"])
def test_whatever_host_was_typed_only_the_known_one_is_asked(host: str) -> None:
    typed = f"https://{host}/api/v9/webhooks/{WEBHOOK}/{TOKEN}/"
    assert wire.keys(typed, Discord.api) == {"id": WEBHOOK, "token": TOKEN}


def test_a_webhook_that_discord_does_not_know_is_told(case: Case, server: DiscordDouble) -> None:
    said = connect(case, server.address.replace(WEBHOOK, "999999999999999999"))
    assert said.reason == "Discord does not know this webhook."


def test_a_deleted_webhook_wants_a_reconnection(case: Case, server: DiscordDouble) -> None:
    parcel = case.parcel()
    server.is_deleted = True
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.reconnect and "new one" in said.reason


def test_disconnecting_deletes_the_webhook_there(case: Case, server: DiscordDouble) -> None:
    def revoke() -> Any:
        return case.run(lambda web: case.network.revoke(web, case.account, case.grant))

    assert revoke() is None and server.is_deleted
    assert revoke() is None, "gone already"


def test_the_wait_stands_in_the_body_with_fractions(case: Case, server: DiscordDouble) -> None:
    parcel, now = case.parcel(), clock.now()
    server.wait = 64.57
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.retry_at
    assert timedelta(seconds=64) < said.retry_at - now < timedelta(seconds=67)


def test_nobody_is_called_by_a_text(case: Case, server: DiscordDouble) -> None:
    said = case.publish(case.parcel())
    [post] = server.standing(case.piece.text)
    assert post.more["allowed_mentions"] == {"parse": []}
    assert "flags" not in post.more
    assert said.url == f"https://discord.com/channels/{GUILD}/{CHANNEL}/{post.id}"


def test_pictures_go_along_with_their_alt_texts(case: Case, server: DiscordDouble) -> None:
    ten = tuple(picture(n, f"{server.url}/media") for n in range(10))
    said = case.publish(case.parcel(Piece("ten", ten)))
    post = server.posts[said.external_id]
    assert post.media == [f"Picture {n}" for n in range(10)]
    assert [post.more["files"][f"files[{n}]"] for n in range(10)] == list(server.pictures.values())


def test_a_picture_that_cannot_be_read_stops_it_before_it_leaves(
    case: Case, server: DiscordDouble
) -> None:
    said = case.publish(case.parcel(Piece("gone", (picture(77, f"{server.url}/media"),))))
    assert isinstance(said, Refused) and said.not_sent and said.prepare_again
    assert not server.standing("gone")


def test_silence_and_previews_are_flags(case: Case, server: DiscordDouble) -> None:
    options = {"silent": "yes", "hide_preview": "yes"}
    case.publish(case.parcel(Piece("quiet", options=options)))
    assert server.standing("quiet")[0].more["flags"] == 4096 + 4


def test_a_forum_wants_a_title_and_later_parts_stay_in_its_thread(
    case: Case, server: DiscordDouble
) -> None:
    server.is_forum = True
    said = case.publish(case.parcel())
    assert isinstance(said, Refused) and said.permanent and "title" in said.reason
    first = case.publish(case.parcel(Piece("first", options={"title": "News"})))
    assert first.external_id.startswith(f"{THREAD}/")
    later = Piece("second", options={"title": "News"}, place=1)
    second = case.publish(replace(case.parcel(later), before=(first,)))
    assert isinstance(second, Published) and second.external_id.startswith(f"{THREAD}/")
    for one in (first, second):
        gone = case.run(
            lambda web, id=one.external_id: case.network.delete(web, case.account, case.grant, id)
        )
        assert gone is None
    assert server.posts == {}


def test_a_thread_is_named_by_its_number(case: Case, server: DiscordDouble) -> None:
    said = case.publish(case.parcel(Piece("in it", options={"thread": THREAD})))
    assert said.external_id.startswith(f"{THREAD}/")
    unknown = case.publish(case.parcel(Piece("in it", options={"thread": "1" * 18})))
    assert isinstance(unknown, Refused) and "thread" in unknown.reason
    wrong = Piece("in it", options={"thread": "news"})
    made = case.run(
        lambda web: case.network.prepare(web, case.account, case.grant, wrong, clock.now(), {})
    )
    assert isinstance(made, Refused) and made.permanent


def test_what_is_wrong_with_a_field_is_told(case: Case) -> None:
    said = case.publish(case.parcel(Piece("x" * 2001)))
    assert isinstance(said, Refused) and said.permanent and "2000 or fewer" in said.reason
    assert case.network.count("x" * 2001).problem and not case.network.count("🦋" * 1000).problem


def test_the_token_is_in_no_answer(case: Case, server: DiscordDouble) -> None:
    said: list[Any] = []
    for fault in ("", "lose", "500 before", "garbage", "429 seconds"):
        parcel = case.parcel()
        if fault:
            server.faults.append(fault)
        said += [parcel, case.publish(parcel)]
    server.is_deleted = True
    said += [case.publish(parcel), connect(case, server.address)]
    assert TOKEN not in "".join(map(repr, said))
