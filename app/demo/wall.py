"""The demo's sandbox wall: what stands on it, what is planned for it, and what went wrong."""

from datetime import datetime, timedelta
from typing import NamedTuple

from flask import current_app
from sqlalchemy import select

from app.account.approval_rule import ApprovalRule
from app.account.models import Membership, User
from app.channels.connecting import attach
from app.channels.models import Channel
from app.db import db
from app.demo.people import TEAM, ZONE
from app.networks import Grant
from app.sandbox.models import Wall, WallPost
from app.scheduler.attempts import Attempt
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.events import note
from app.scheduler.models import Delivery, Post
from app.scheduler.states import FAILED, PUBLISHED, sum_up
from app.scheduler.wall_time import on_the_wall, resolve


class Line(NamedTuple):
    """One demo post: days from today, local hour and minute, what it says."""

    day: int
    at: str
    text: str


LINES = (
    Line(-12, "09:00", "We open the roastery to visitors every first Saturday. Come and smell."),
    Line(-11, "12:30", "New on the shelf: Sidamo, washed, notes of bergamot and honey. #coffee"),
    Line(-9, "08:15", "Monday habit: weigh the water too, not only the beans."),
    Line(-8, "17:00", "Thank you, Leipzig. 214 cups in one afternoon, and not one left over."),
    Line(-6, "10:00", "How we read a harvest report, and why two good years can taste so unlike."),
    Line(
        -5, "09:30", "Our grinder guide is out: burrs, dust and patience. https://example.com/grind"
    ),
    Line(-3, "18:20", "Tasting tonight. Eight places were left at noon; now there are two."),
    Line(
        -2, "08:00", "Good morning. Today we clean every machine. Even the shy one in the corner."
    ),
    Line(-1, "12:00", "Lunch break reading: what altitude does to sugar in a coffee cherry."),
    Line(1, "09:00", "Fresh off the drum: Huila, Colombia. Caramel first, then red apple. #coffee"),
    Line(1, "17:30", "Opening hours this week: Wednesday to Saturday, 10 to 18."),
    Line(2, "12:15", "Three questions that we hear at every tasting, answered in one minute."),
    Line(4, "10:00", "Workshop: milk that behaves. Six places. https://example.com/milk"),
    Line(5, "08:30", "A quiet Friday filter: 15 g, 250 g, 93 degrees, three minutes."),
    Line(8, "09:00", "December blend is here. We argued for a month so that you don't have to."),
    Line(9, "18:00", "Behind the bar: Ada has poured here since the first day."),
    Line(11, "11:00", "Gift cards, on real paper, with a real stamp."),
    Line(15, "09:00", "Last day for parcels that should arrive before the holidays."),
    Line(18, "16:00", "We close at noon on the 24th. See you in the new year."),
)
FAILING = Line(-4, "11:00", "Twelve pictures from the farm, all at once.")
ASKING = Line(
    3, "16:00", "Noor brews tonight: six coffees, one kettle, no secrets. Doors at seven."
)
DOUBT = "Lovely. Is it six coffees or seven? The poster says seven."
DRAFTS = (
    "Idea: a short series on water. Hard, soft, filtered: what changes in the cup?",
    "Draft for the spring menu. Ask Noor for the photos first.",
)
SERIES = (  # goes on after the first draft
    "Soft water takes more out of the bean, and is gentle to no mistake.",
    "Hard water keeps the acids to itself. That is why the same bag tastes flat at your aunt's.",
)


def plant(member: Membership, channel: Channel, on: Wall, now: datetime) -> None:
    for line in LINES:
        _post(member, channel, on, line, now)
    _fail(_post(member, channel, None, FAILING, now))
    for text, further in zip(DRAFTS, (SERIES, ()), strict=True):
        made = Composition(text, (channel,), (), None, "", "", further=further)
        write(member, made, text[:20], now)


def put_up(member: Membership, now: datetime) -> tuple[Channel, Wall]:
    wall, token = Wall.put_up(member, now)
    base = current_app.config["SETTINGS"].base_url
    return attach(member, wall.account(base), Grant({"token": token}, None), now), wall


def _post(
    member: Membership,
    channel: Channel,
    on: Wall | None,
    line: Line,
    now: datetime,
    ago: timedelta = timedelta(days=14),
) -> Post:
    local = on_the_wall(now + timedelta(days=line.day), ZONE)
    hour, minute = map(int, line.at.split(":"))
    local = local.replace(hour=hour, minute=minute)
    due = resolve(local, ZONE).instant
    text = local.strftime("%Y-%m-%dT%H:%M")
    made = Composition(line.text, (channel,), (), due, text, ZONE.key)
    post = write(member, made, f"demo{line.day}{line.at}", now - ago)
    if due < now and on is not None:
        stand(post.deliveries[0], on)
        post.state = sum_up([PUBLISHED])
    return post


def stand(delivery: Delivery, on: Wall) -> None:
    """As the engine would have left it, so that the past has something to show."""
    assert delivery.due_at
    key = f"demo{delivery.post_id}"
    sent = delivery.due_at + timedelta(milliseconds=180)
    answered = sent + timedelta(milliseconds=140)
    db.session.add(
        WallPost(
            wall_id=on.id,
            key=key,
            text=delivery.post.text,
            pictures=[],
            card=None,
            created_at=sent,
            received_at=answered,
        )
    )
    delivery.state, delivery.published_at = PUBLISHED, answered
    delivery.remote_key, delivery.remote_at, delivery.tries = key, sent, 1
    delivery.external_id, delivery.external_url = key, f"{delivery.channel.url}#{key}"
    delivery.attempts = [
        _attempt("accepted", "Accepted.", key, delivery.content_hash, sent, answered)
    ]


def ask(channel: Channel, now: datetime) -> None:
    """One that waits for a yes, with a question about it."""
    noor, jonas = (
        db.session.scalars(select(Membership).join(User).where(User.name == name)).one()
        for name, _ in TEAM
    )
    noor.organization.approval_rule = ApprovalRule.ONE
    post = _post(noor, channel, None, ASKING, now, timedelta(hours=2))
    note(post, jonas, "commented", now - timedelta(hours=1), DOUBT)


def _fail(post: Post) -> None:
    """One that the network refused, so that the way back can be tried."""
    delivery = post.deliveries[0]
    assert delivery.due_at
    sent = delivery.due_at + timedelta(milliseconds=200)
    answer = "The sandbox refused this on purpose: it is here to show what a refusal looks like."
    delivery.state, delivery.reason, delivery.tries = FAILED, answer, 1
    delivery.attempts = [
        _attempt("rejected", answer, f"demo{post.id}", delivery.content_hash, sent, sent)
    ]
    post.state = FAILED


def _attempt(
    state: str, answer: str, key: str, hashed: str, sent: datetime, answered: datetime
) -> Attempt:
    return Attempt(
        n=1,
        fence=1,
        state=state,
        answer=answer,
        key=key,
        content_hash=hashed,
        started_at=sent,
        finished_at=answered,
    )
