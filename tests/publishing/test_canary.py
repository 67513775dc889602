"""A test post through the engine and over HTTP to this instance's own wall."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from app.publishing import canary, clockwork, health
from app.publishing.models import Canary
from tests import make
from tests.times import Times

Act = Callable[[], None]


@pytest.fixture
def served(app: Flask, db: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The instance answers at its own address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    changed = app.config["SETTINGS"].model_copy(update={"base_url": url})
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield
    server.shutdown()
    thread.join()


def planned(times: Times, db: Any) -> Canary:
    canary.plan(times.now, timedelta(minutes=5))
    db.session.commit()
    times.go(seconds=4)
    return db.session.scalars(db.select(Canary)).one()


def test_it_flies_through_the_engine_to_our_own_wall(
    times: Times, served: None, publish: Act, client: FlaskClient, db: Any
) -> None:
    bird = planned(times, db)
    publish()
    assert (bird.seen_at, bird.trouble) == (times.now, "")
    assert health.look(times.now).test == canary.Seen("Test post 1 s ago, 1.0 s late", True)
    clockwork.tick(0.0)
    assert "Test post 1 s ago, 1.0 s late" in client.get("/queue").text
    times.go(minutes=3)
    assert "Test post 3 min ago, 1.0 s late" in health.look(times.now).test.words


def test_what_keeps_it_stands_at_the_desk(
    times: Times, publish: Act, anonymous: FlaskClient, db: Any
) -> None:
    bird = planned(times, db)
    publish()  # nobody answers at the address of the tests
    assert bird.trouble
    assert not health.look(times.now).test.is_well
    make.sign_in(anonymous, make.operator())
    assert "The test post 1 s ago did not arrive" in anonymous.get("/operator").text


def test_one_that_nobody_takes_is_told_and_not_sent_later(
    times: Times, publish: Act, db: Any
) -> None:
    bird = planned(times, db)
    times.go(minutes=2)
    publish()
    assert bird.began_at is None
    assert health.look(times.now).test.words == "The test post 2 min ago has not arrived"
    assert not health.look(times.now).test.is_well


def test_they_are_planned_by_the_clock_kept_for_a_day_and_off_in_tests(
    times: Times, app: Flask, monkeypatch: pytest.MonkeyPatch, db: Any
) -> None:
    clockwork.tick(0.0)
    assert db.session.scalar(db.select(db.func.count(Canary.id))) == 0
    changed = app.config["SETTINGS"].model_copy(update={"app_env": "development"})
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    for _ in range(3):
        clockwork.tick(0.0)
        times.go(minutes=3)
    assert db.session.scalar(db.select(db.func.count(Canary.id))) == 2
    times.go(days=2)
    clockwork.tick(0.0)
    assert db.session.scalar(db.select(db.func.count(Canary.id))) == 1


def test_the_wall_opens_to_this_instances_own_key_only(
    times: Times, client: FlaskClient, db: Any
) -> None:
    bird = planned(times, db)
    path, body = "/sandbox/api/walls/canary/posts/x", {"text": str(bird.id)}
    assert client.put(path, json=body).status_code == 401
    wrong = {"Authorization": "Bearer " + "0" * 64}
    assert client.put(path, json=body, headers=wrong).status_code == 401
    ours = {"Authorization": f"Bearer {canary.key()}"}
    assert client.put(path, json={"text": "999999"}, headers=ours).status_code == 404
    assert client.put(path, json=["x"], headers=ours).status_code == 404
    assert client.put(path, json=body, headers=ours).status_code == 200
    db.session.expire_all()
    assert bird.seen_at
