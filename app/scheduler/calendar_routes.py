"""The calendar: looked at by month, week, day or as a list, and a post picked up in it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, g, request
from flask_login import current_user
from sqlalchemy import Row, select

from app import clock
from app.account.forms import BlankForm
from app.account.models import Membership, User
from app.channels.models import Channel
from app.db import db
from app.scheduler import moving
from app.scheduler.calendar import WEEKDAYS
from app.scheduler.calendar_asked import VIEWS, Asked
from app.scheduler.calendar_page import Laid, Layer
from app.scheduler.forms import MoveForm
from app.scheduler.labels import CAMPAIGN, Label
from app.scheduler.lists import SHOWN, first_words
from app.scheduler.models import Post
from app.scheduler.routes import bp
from app.scheduler.sheets import channels
from app.scheduler.states import WORDS
from app.scheduler.wall_time import on_the_wall
from app.web import allows, ids, page

STUCK = "This post can't be moved: it is on its way, it is out, or somebody else has to move it."


@dataclass(frozen=True)
class Choices:
    """What posts can be filtered by."""

    channels: list[Channel]
    labels: list[Label]
    people: list[Row[tuple[int, str]]]
    states: tuple[tuple[str, str], ...] = tuple((state, WORDS[state]) for state in SHOWN)

    @classmethod
    def of(cls, member: Membership) -> "Choices":
        people = select(User.id, User.name).join(Membership, Membership.user_id == User.id)
        people = people.where(Membership.organization_id == member.organization_id)
        return cls(
            channels(),
            list(db.session.scalars(Label.of(member))),
            list(db.session.execute(people.order_by(User.name))),
        )

    @property
    def channels_named(self) -> list[tuple[int, str]]:
        return [(one.id, f"{one.network_name}: {one.handle}") for one in self.channels]

    @property
    def labels_named(self) -> list[tuple[int, str]]:
        kind = {CAMPAIGN: "Campaign: "}
        return [(one.id, f"{kind.get(one.kind, '')}{one.name}") for one in self.labels]

    def have(self, asked: Asked) -> bool:
        """Is each thing that was asked for one of the organisation's?"""
        known: dict[str, list[Any]] = {
            "channel": self.channels,
            "label": self.labels,
            "author": self.people,
        }
        return all(
            name not in asked.filters or asked.chosen(name) in {one.id for one in rows}
            for name, rows in known.items()
        )


@dataclass(frozen=True)
class Picked:
    """A post that looks for another time, and its time on the wall."""

    id: int
    words: str
    wall: datetime | None

    @property
    def time(self) -> str:
        return f"{self.wall:%H:%M}" if self.wall else "09:00"

    @property
    def form_time(self) -> str:
        return self.wall.isoformat()[:16] if self.wall else ""


@bp.get("/calendar")
@allows("organization.view")
def calendar() -> Response:
    asked = Asked.read(request.args, _today()) or abort(404)
    return show(asked, picked=_picked())


@bp.get("/calendar/<day>")
@allows("organization.view")
def day(day: str) -> Response:
    asked = Asked.read(request.args, _today(), day) or abort(404)
    return show(asked, picked=_picked())


def not_moved(post: Post, form: MoveForm) -> Response:
    """The calendar that the form was sent from, with what is wrong beside the time."""
    return show(Asked.at(moving.calendar_address(), _today()), 422, picked=post.id, form=form)


def show(
    asked: Asked, status: int = 200, *, picked: int = 0, form: MoveForm | None = None, **more: Any
) -> Response:
    choices, zone = Choices.of(g.member), current_user.zone
    choices.have(asked) or abort(404)
    moved = moving.Moved.take()
    known, was = [one.id for one in choices.channels], moved.id if moved else 0
    layer = Layer(g.member, asked, zone, clock.now(), known, moved=was, picked=picked)
    laid = layer.lay_out()
    return page(
        "scheduler/calendar.html",
        "calendar",
        status,
        asked=asked,
        laid=laid,
        choices=choices,
        moved=moved,
        picked=_found(laid, picked, zone) if picked else None,
        move_form=form or MoveForm(formdata=None, zone=zone),
        form=BlankForm(),
        views=VIEWS,
        weekdays=WEEKDAYS,
        **{"day_form": None} | more,
    )


def _today() -> date:
    return clock.now().astimezone(current_user.zone).date()


def _picked() -> int:
    """The post that the address names; 0 for none."""
    if "move" not in request.args:
        return 0
    [id] = ids([request.args["move"]]) or abort(404)
    return id


def _found(laid: Laid, id: int, zone: ZoneInfo) -> Picked:
    detail = laid.details.get(id) or abort(404)
    detail.may_move or abort(409, STUCK)
    wall = detail.due_at and on_the_wall(detail.due_at, zone)
    return Picked(id, first_words(detail.words, 60) or "Picture", wall)
