"""Fault runs: a simulated day in which senders die, replies are lost and people change their minds.

Each shift of the publisher is a forked process that may really die (`os._exit`), on a real
database; time is simulated, and everything follows from the seed."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from flask import Flask

from app import clock, create_app
from app.db import db
from app.networks import Idempotency, registry
from app.publishing import clockwork, engine, intents, outcomes
from app.scheduler import composing
from app.scheduler.models import Post
from app.scheduler.states import SCHEDULED
from app.scope import across_organizations
from tests import make
from tests.chaos.invariants import Violations, check_always, check_at_the_end, nothing
from tests.chaos.network import ChaosNetwork, Truth
from tests.servers.postgres import create_tables

DEADLY = ((intents, "intend"), (outcomes, "record"), (intents, "keep_records"))
SPAN = 1800  # simulated seconds over which the posts are due
QUIET = 3 * 86400  # simulated seconds in which what is open must come to an end
KINDS = {"exact": Idempotency.EXACT, "list": Idempotency.LIST, "blind": Idempotency.BLIND}


class Day:
    """One run over `count` posts."""

    def __init__(self, app: Flask, folder: Path, count: int, seed: int) -> None:
        self.app, self.count, self.seed = app, count, seed
        self.truth = Truth(folder / f"truth-{seed}")
        self.truth.path.touch()
        self.random = Random(seed)
        self.now = self.start = clock.now()
        self.networks = {slug: ChaosNetwork(slug, kind, self.truth) for slug, kind in KINDS.items()}
        self.found = nothing()
        self.deaths = 0

    def run(self) -> Violations:
        with ExitStack() as stack:
            stack.enter_context(self.app.app_context())
            stack.enter_context(across_organizations("a run looks at everything"))
            stack.enter_context(patch.object(clock, "now", lambda: self.now))
            stack.enter_context(patch.dict(registry.NETWORKS, self.networks))
            self._schedule()
            self._live_through()
            check_at_the_end(self.found, self.truth.lines())
            db.session.remove()
        return self.found

    def _schedule(self) -> None:
        alice = make.alice()
        channels = [make.channel(alice, slug, slug) for slug in KINDS]
        for number in range(self.count):
            due = self.start + timedelta(seconds=self.random.uniform(1, SPAN))
            chosen = self.random.choice(channels)
            made = composing.Composition(f"Post {number}", (chosen,), (), due, "", "UTC")
            composing.write(make.member(alice), made, f"{self.seed}-{number}", self.start)
        db.session.commit()

    def _live_through(self) -> None:
        shifts = 0
        while self.now < self.start + timedelta(seconds=SPAN + 300):
            self.now += timedelta(seconds=self.random.uniform(1, 40))
            self._change_minds()
            self._sweep()
            self._shift(shifts := shifts + 1)
        step = 30.0
        while self.now < self.start + timedelta(seconds=SPAN + QUIET):
            self.now += timedelta(seconds=step)
            step = min(step * 1.2, 3600)
            self._sweep()
            self._shift(None)

    def _sweep(self) -> None:
        clockwork.sweep(self.now)
        db.session.commit()
        check_always(self.found, self.now)
        db.session.rollback()

    def _change_minds(self) -> None:
        """People move, rewrite and cancel a few posts that wait, until the last moment."""
        member = make.member(make.alice())
        soon = db.select(Post).where(Post.state == SCHEDULED).order_by(Post.due_at).limit(40)
        posts = list(db.session.scalars(soon))
        for post in self.random.sample(posts, min(len(posts), self.random.randrange(3))):
            later = self.now + timedelta(seconds=self.random.uniform(0, 300))
            kind = self.random.choice(("move", "rewrite", "cancel"))
            if kind == "move":
                composing.move(post, member, later, "", "UTC", self.now)
            elif kind == "cancel":
                composing.cancel(post, member, self.now)
            else:
                channels = tuple(row.channel for row in post.deliveries)
                made = composing.Composition(f"{post.text}!", channels, (), later, "", "UTC")
                composing.revise(post, member, made, post.version, self.now)
        db.session.commit()

    def _shift(self, number: int | None) -> None:
        """One shift in a process of its own; `number` seeds its faults, None is without any."""
        db.session.remove()
        db.engine.dispose()
        if (child := os.fork()) == 0:
            self._be_the_publisher(None if number is None else Random(f"{self.seed}/{number}"))
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, 9), f"the publisher ended with {code}"
        self.deaths += code == 9

    def _be_the_publisher(self, random: Random | None) -> None:
        code = 1
        try:
            for network in self.networks.values():
                network.random = random
            with self.app.app_context(), _may_die(random):
                engine.run_shift()
            code = 0
        finally:
            os._exit(code)


@contextmanager
def _may_die(random: Random | None) -> Iterator[None]:
    """The machine may also stop between the work and its commit, or just before it."""
    if random is None:
        yield
        return
    with ExitStack() as stack:
        for module, name in DEADLY:
            whole = getattr(module, name)
            stack.enter_context(patch.object(module, name, _deadly(whole, random)))
        yield


def _deadly(whole: Callable[..., Any], random: Random) -> Callable[..., Any]:
    def perhaps(*args: Any) -> Any:
        if random.random() < 0.02:
            os._exit(9)
        answer = whole(*args)
        if random.random() < 0.02:
            os._exit(9)
        return answer

    return perhaps


def application(folder: Path, url: str) -> Flask:
    """The application on an empty database."""
    app = create_app(
        app_env="test",
        secret_key="only-for-chaos-" + "x" * 32,
        encryption_keys="YWxsc3RhYy1vbmx5LWZvci10ZXN0cy0wMTIzNDU2Nzg=",
        database_url=url,
        redis_url="redis://127.0.0.1:1/0",
        storage_url=f"file://{folder}/media",
        publish_settle_seconds=60,
        publish_lease_seconds=90,
        pages_per_minute=0,
    )
    create_tables(url)
    return app
