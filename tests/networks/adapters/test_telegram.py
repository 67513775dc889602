"""Telegram: what every adapter must do, and what only Telegram asks for."""

import logging
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock, http
from app.channels.models import Channel
from app.networks import Account, Grant, Piece, Published, Refused, Unknown
from app.networks.adapters.telegram import Telegram, wire
from app.scheduler.checking import problems
from app.scheduler.saying import Part, Saying, Shown
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.networks.pieces import picture, video
from tests.servers.doubles.telegram import CHANNEL, TOKEN, TelegramDouble

ANSWERS = {"token": TOKEN, "channel": "@allstac_news"}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server() -> Iterator[TelegramDouble]:
    made = TelegramDouble()
    yield made
    made.stop()


@pytest.fixture
def case(server: TelegramDouble) -> Case:
    server.posts.clear()
    server.faults.clear()
    server.revoked.clear()
    server.unreachable.clear()
    server.rights, server.status, server.kind, server.flood = True, "administrator", "channel", 0
    network = Telegram()
    network.api = server.url
    account = Account(
        "telegram",
        "telegram.org",
        str(CHANNEL),
        "@allstac_news",
        "AllStac News",
        "https://t.me/allstac_news",
    )
    return Case(
        network,
        server,
        account,
        Grant({"token": TOKEN}, None),
        Piece("News of <b>today</b> & *more* #tag https://allstac.example"),
        kill=lambda: setattr(network, "api", NOWHERE),
    )


def connect(case: Case, **answers: str) -> Any:
    return case.run(lambda web: case.network.connect(web, ANSWERS | answers))


@pytest.mark.parametrize("typed", ["@allstac_news", "allstac_news", " https://t.me/allstac_news "])
def test_a_channel_is_connected_by_token_and_name(case: Case, typed: str) -> None:
    account, grant = connect(case, channel=typed)
    assert (account.account_id, account.handle) == (str(CHANNEL), "@allstac_news")
    assert account.url == "https://t.me/allstac_news"
    assert grant.secrets == {"token": TOKEN} and TOKEN not in repr(account)


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"token": "no token"}, "token"),
        ({"token": "123456789:" + "x" * 35}, "token"),
        ({"channel": ""}, "channel"),
        ({"channel": "@somebody_else"}, "channel"),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field(
    case: Case, answers: dict[str, str], field: str
) -> None:
    said = connect(case, **answers)
    assert isinstance(said, Refused) and said.field == field


@pytest.mark.parametrize(
    ("kind", "status", "rights", "is_well"),
    [
        ("channel", "administrator", True, True),
        ("channel", "administrator", False, False),
        ("channel", "member", True, False),
        ("supergroup", "member", True, True),
        ("supergroup", "restricted", False, False),
        ("supergroup", "left", True, False),
        ("private", "member", True, False),
    ],
)
def test_the_bot_must_be_allowed_to_post(
    case: Case, server: TelegramDouble, kind: str, status: str, rights: bool, is_well: bool
) -> None:
    server.kind, server.status, server.rights = kind, status, rights
    said = connect(case)
    assert isinstance(said, tuple) if is_well else said.field == "channel"


def test_a_bot_that_was_thrown_out_wants_a_reconnection(case: Case, server: TelegramDouble) -> None:
    parcel = case.parcel()
    server.status = "kicked"
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.reconnect and "administrator" in said.reason
    asked = case.run(lambda web: case.network.check(web, case.account, case.grant))
    assert isinstance(asked, Refused) and asked.reconnect


def test_the_wait_stands_in_the_body(case: Case, server: TelegramDouble) -> None:
    parcel, now = case.parcel(), clock.now()
    server.flood = 35
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.retry_at
    assert timedelta(seconds=34) < said.retry_at - now < timedelta(seconds=37)


def test_text_goes_out_as_it_is_with_its_options(case: Case, server: TelegramDouble) -> None:
    options = {"silent": "yes", "hide_preview": "yes"}
    said = case.publish(case.parcel(replace(case.piece, options=options)))
    [post] = server.standing(case.piece.text)
    assert said.url == f"https://t.me/allstac_news/{post.id}"
    assert post.more["disable_notification"] is True
    assert post.more["link_preview_options"] == {"is_disabled": True}
    case.publish(case.parcel(Piece("loud")))
    assert "disable_notification" not in server.standing("loud")[0].more


def test_one_picture_a_video_and_an_album(case: Case, server: TelegramDouble) -> None:
    one = case.publish(case.parcel(Piece("one", (picture(1),))))
    assert server.posts[one.external_id].media == [picture(1).url]
    film = case.publish(case.parcel(Piece("film", video=video())))
    assert server.posts[film.external_id].media == [video().url]
    album = case.publish(case.parcel(Piece("album", tuple(map(picture, range(10))))))
    numbers = album.external_id.split(",")
    assert [server.posts[n].media[0] for n in numbers] == [picture(n).url for n in range(10)]
    case.run(lambda web: case.network.delete(web, case.account, case.grant, album.external_id))
    assert not set(numbers) & set(server.posts)


def test_what_telegram_cannot_fetch_is_said(case: Case, server: TelegramDouble) -> None:
    server.unreachable.add(picture(1).url)
    said = case.publish(case.parcel(Piece("one", (picture(1),))))
    assert isinstance(said, Refused) and said.permanent and "internet" in said.reason


def test_a_caption_is_shorter_than_a_text(case: Case) -> None:
    def prepare(words: str) -> Any:
        piece = Piece(words, (picture(1),))
        return case.run(
            lambda web: case.network.prepare(web, case.account, case.grant, piece, clock.now(), {})
        )

    assert isinstance(prepare("🦋" * 512), dict)
    assert "beside a picture or video, allows 1024" in prepare("🦋" * 513).reason
    beside = case.network.limits.beside((picture(1),))
    assert case.network.count("🦋" * 513, beside).problem
    assert not case.network.count("🦋" * 513, case.network.limits.beside(())).problem


@pytest.mark.parametrize(
    ("words", "used", "is_well"),
    [("a" * 4096, 4096, True), ("🦋" * 2049, 4098, False), ("é" * 4096, 4096, True)],
)
def test_characters_are_utf_16_units(case: Case, words: str, used: int, is_well: bool) -> None:
    count = case.network.count(words)
    assert (count.used, count.problem is None) == (used, is_well)
    parcel = case.parcel()
    longer = replace(parcel, record=parcel.record | {"parameters": {"text": words}})
    assert isinstance(case.publish(longer), Published if is_well else Refused)


def test_a_thread_answers_the_message_before(case: Case, server: TelegramDouble) -> None:
    first = case.publish(case.parcel())
    later = replace(case.parcel(Piece("second", place=1)), before=(first,))
    second = case.publish(later)
    assert server.posts[second.external_id].reply_to == first.external_id


def test_a_private_channel_has_links_for_its_members(case: Case) -> None:
    hidden = replace(case.account, url="")
    assert wire.link(hidden, 7) == "https://t.me/c/1234567890/7"
    assert wire.link(replace(hidden, account_id="-55"), 7) == ""


@pytest.mark.proves("P7.3")
def test_the_token_is_in_no_words_and_no_log(
    case: Case, server: TelegramDouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[Any] = []
    for fault in ("", "lose", "500 before", "garbage", "truncated", "429 seconds"):
        parcel = case.parcel()
        if fault:
            server.faults.append(fault)
        said += [parcel, case.publish(parcel)]
    server.revoked.add(TOKEN)
    said += [case.publish(parcel), connect(case)]
    assert case.kill
    case.kill()
    said += [case.publish(parcel)]
    assert {type(one) for one in said} >= {Published, Refused, Unknown}
    assert TOKEN not in "".join(map(repr, said)) + caplog.text


def test_an_exception_of_the_way_out_does_not_name_the_address() -> None:
    """What a report of a fault would print: the exception and all that caused it."""
    address = f"{NOWHERE}/bot{TOKEN}/getMe"
    try:
        Case.run(None, lambda web: web.send("POST", address))  # type: ignore[arg-type]
    except http.NotSent:
        told = "".join(traceback.format_exception(*sys.exc_info()))
    assert "NotSent" in told and "canary" not in told


def test_the_composer_is_told_before_it_is_too_late() -> None:
    shown = Shown(1, "image/png", "hash", "key", "alt", size=10, width=5, height=5)
    channel = Channel(id=1, network="telegram", handle="@news", facts={})

    def told(words: str, *pictures: Shown) -> str:
        said = Saying((Part(words, pictures),))
        return " ".join(words for _, words in problems(channel, said, is_own=True))

    assert "beside a picture or video, allows 1024" in told("x" * 1025, shown)
    assert told("x" * 1024, shown) == told("x" * 1025) == ""
