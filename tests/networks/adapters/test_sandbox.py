"""The sandbox, asked of an instance that runs: the questions of every adapter, and its own."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from app import clock
from app.db import db as database
from app.networks import Figures, Grant, Piece, Refused
from app.networks.adapters.sandbox import Sandbox
from app.sandbox.models import Wall, WallPost
from tests import make
from tests.networks.contract import *  # noqa: F403
from tests.networks.contract import Case
from tests.networks.measured import *  # noqa: F403
from tests.networks.measured import measure
from tests.servers.doubles import Standing
from tests.servers.front import Front

DATABASES = ("sqlite",)


class Walls(Front):
    """What is counted there is written on the wall."""

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        rows = database.session.execute(database.select(WallPost.key, WallPost.likes))
        return {key: {"likes": likes} for key, likes in rows}

    @counts.setter
    def counts(self, wanted: dict[str, dict[str, int]]) -> None:
        for key, told in wanted.items():
            mine = database.update(WallPost).where(WallPost.key == key)
            database.session.execute(mine.values(likes=told.get("likes", 0)))
            database.session.commit()


@pytest.fixture
def front(app: Flask, db: Any) -> Iterator[Front]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()

    def stands(text: str) -> list[Standing]:
        found = database.session.scalars(database.select(WallPost).where(WallPost.text == text))
        said = [Standing(post.key, post.text, str(post.wall_id)) for post in found]
        database.session.rollback()  # SQLite has one writer at a time, and the server is one
        return said

    def publishes(request: Any) -> bool:
        return bool(request.method == "PUT")

    made = Walls.of_puts(f"http://127.0.0.1:{server.server_port}", publishes, stands)
    yield made
    made.stop()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def case(front: Front) -> Case:
    wall, token = Wall.put_up(make.member(make.alice()), clock.now())
    account = wall.account(front.url)
    database.session.commit()
    piece = Piece(f"Ripe apples {secrets.token_hex(4)}")
    dead = replace(account, host="http://localhost:1")
    return Case(
        Sandbox(),
        front,
        account,
        Grant({"token": token}, None),
        piece,
        dead=dead,
        none_is_0=Sandbox.tells,
    )


def test_other_words_under_our_key_are_not_written_over(case: Case) -> None:
    parcel = case.parcel()
    case.publish(parcel)
    said = case.publish(replace(parcel, record=parcel.record | {"text": "Rotten apples"}))
    assert isinstance(said, Refused) and said.permanent
    assert case.times() == 1


def test_a_wall_that_was_put_up_again_wants_its_new_key(case: Case) -> None:
    parcel = case.parcel()
    Wall.put_up(make.member(make.alice()), clock.now())
    database.session.commit()
    said = case.publish(parcel)
    assert isinstance(said, Refused) and said.reconnect


def test_presses_on_the_wall_are_the_likes_that_it_tells(case: Case, client: FlaskClient) -> None:
    parcel = case.parcel()
    case.publish(parcel)
    slug = case.account.account_id
    for _ in range(3):
        pressed = client.post(f"/sandbox/{slug}/posts/{parcel.key}/like")
        assert pressed.status_code == 303
    assert ">3 likes<" in client.get(pressed.location).text
    assert measure(case, parcel.key) == {parcel.key: Figures(likes=3)}


def test_nobody_likes_on_a_wall_of_others(case: Case, client: FlaskClient) -> None:
    parcel = case.parcel()
    case.publish(parcel)
    make.sign_in(client, make.charlie())
    assert (
        client.post(f"/sandbox/{case.account.account_id}/posts/{parcel.key}/like").status_code
        == 404
    )
    assert client.post(f"/sandbox/{case.account.account_id}/posts/none/like").status_code == 404
    assert measure(case, parcel.key) == {parcel.key: Figures(likes=0)}
