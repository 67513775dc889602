"""The machine of requests, driven at random: whatever people and the desk do in whatever order."""

from datetime import timedelta
from itertools import pairwise

import hypothesis.strategies as st
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from app.db import db as database
from app.privacy import request_intake, requests
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import (
    ACTIVE,
    MOVES,
    OVER,
    UNVERIFIED,
    Extension,
    Kind,
    Refusal,
    Source,
    State,
)
from tests import make

KIND = st.sampled_from([Kind.ACCESS, Kind.DELETION])
ADDRESS = st.sampled_from(["alice@orchard.example", "dora@stranger.example"])


class Desk(RuleBasedStateMachine):
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        database.session.rollback()
        with database.engine.begin() as connection:
            connection.execute(text("DELETE FROM rights_request"))
        database.session.expire_all()
        self.now = make.NOON
        self.alice, self.olga = make.alice(), make.bob()
        self.alice.email_verified_at = self.now
        database.session.commit()

    def change(self, id: int, verb: object, *words: object) -> None:
        """Do it as a route would: locked, and undone as a whole when a rule stands against it."""
        found = requests.locked(RightsRequest.id == id)
        if found is None:
            return
        try:
            verb(found, *words)  # type: ignore[operator]
        except requests.NotNow:
            database.session.rollback()
        database.session.commit()

    @rule(target=ids, email=ADDRESS, kind=KIND)
    def form(self, email: str, kind: Kind) -> int:
        made = request_intake.receive(kind, Source.FORM, self.now, email=email)
        database.session.commit()
        return made.id

    @rule(target=ids, kind=KIND)
    def settings_page(self, kind: Kind) -> int:
        made = request_intake.ask(self.alice, kind, "", self.now)
        database.session.commit()
        return made.id

    @rule(id=ids)
    def mail_link(self, id: int) -> None:
        self.change(id, request_intake.renew_link, self.now)

    @rule(id=ids, kind=KIND)
    def press_link(self, id: int, kind: Kind) -> None:
        self.change(id, request_intake.confirm, kind, "words", self.now)

    @rule(id=ids)
    def verify(self, id: int) -> None:
        self.change(id, request_intake.verify_by_hand, self.olga, "by phone", self.now)

    @rule(id=ids)
    def sign_in(self, id: int) -> None:
        self.change(id, requests.strengthen, self.now)

    @rule(id=ids)
    def start(self, id: int) -> None:
        self.change(id, requests.start, self.olga, self.now)

    @rule(id=ids)
    def answer(self, id: int) -> None:
        self.change(id, requests.answer, self.olga, "Here.", self.now)

    @rule(id=ids, reason=st.sampled_from(list(Refusal)))
    def refuse(self, id: int, reason: Refusal) -> None:
        self.change(id, requests.refuse, self.olga, reason, "No.", self.now)

    @rule(id=ids)
    def extend(self, id: int) -> None:
        self.change(id, requests.extend, self.olga, Extension.COMPLEX, self.now)

    @rule(id=ids)
    def withdraw(self, id: int) -> None:
        self.change(id, requests.withdraw, self.now)

    @rule(id=ids)
    def appeal(self, id: int) -> None:
        self.change(id, requests.appeal, "Look again", self.now)

    @rule(days=st.sampled_from([1, 7, 13, 31]))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def hold_together(self) -> None:
        database.session.expire_all()
        found = list(database.session.scalars(database.select(RightsRequest)))
        active = [(one.kind, one.holder) for one in found if one.is_active]
        assert len(active) == len(set(active)), "one of a kind at a time"
        for one in found:
            self.look(one)

    def look(self, one: RightsRequest) -> None:
        state = State(one.state)
        path = [State(event.state) for event in one.events]
        assert path[0] == State.RECEIVED
        assert path[-1] == state, "its history ends where it is"
        steps = [(a, b) for a, b in pairwise(path) if a != b]
        assert all(b in MOVES[a] for a, b in steps), path
        assert path.count(State.APPEALED) <= 1 or len(set(steps)) == len(steps)
        assert (one.closed_at is not None) == (state in OVER)
        assert (one.proof is None) == (state in UNVERIFIED or one.holder is None)
        assert (one.refusal is not None) == (State.REFUSED in path)
        assert one.due_at <= max(one.received_at, one.appealed_at or one.received_at) + timedelta(
            days=30 if not one.extension or one.appealed_at else 90
        )
        if state in UNVERIFIED:
            assert one.holder is None, "claims nothing before it is shown who asks"
            assert one.user_id is None
        else:
            assert State.OPEN in path or state == State.WITHDRAWN
        if state in ACTIVE:
            assert one.proof
            assert one.holder


def test_no_order_of_events_breaks_a_rule(app: Flask, db: object) -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_state_can_be_left_or_is_the_end() -> None:
    ends = {state for state, ways in MOVES.items() if not ways}
    assert ends == {State.WITHDRAWN}
    reached = {State.RECEIVED}.union(*MOVES.values())
    assert reached == set(State)
