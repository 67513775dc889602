"""Weekly slots per channel: add several, change, take out, copy to other channels."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Response, abort, flash, g, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account.forms import BlankForm
from app.channels.models import Channel, find_channel
from app.db import db
from app.scheduler import advice, free_slots, slots
from app.scheduler.calendar import LONG_WEEKDAYS, WEEKDAYS
from app.scheduler.routes import bp
from app.scheduler.sheets import channels
from app.scheduler.slot_forms import SlotForm, SlotsForm
from app.scheduler.slots import Slot
from app.web import allows, ids, page, see

NONE_PICKED = "Choose at least one channel."


@bp.get("/slots")
@allows("organization.view")
def slot_list(form: SlotsForm | None = None, status: int = 200, problem: str = "") -> Response:
    known = channels()
    found = list(db.session.scalars(Slot.of(g.member)))
    picked = ids(request.form.getlist("channels")) if form else [one.id for one in known[:1]]
    next_ones = {one.channel.id: one.at for one in free_slots.places(known, clock.now())}
    return page(
        "scheduler/slots.html",
        "slots",
        status,
        weeks=[_week(one, found, known) | {"next": next_ones[one.id]} for one in known],
        channels=[{"id": c.id, "channel": c, "checked": c.id in picked} for c in known],
        form=form or SlotsForm(formdata=None, timezone=current_user.timezone),
        problem=problem,
        advised=advice.of(g.member),
    )


def _week(channel: Channel, found: list[Slot], known: list[Channel]) -> dict[str, Any]:
    """One channel's slots by weekday, and whom they can be copied to."""
    own = [one for one in found if one.channel_id == channel.id]
    return {
        "channel": channel,
        "days": [
            (name, [_shown(one) for one in own if one.weekday == number])
            for number, name in enumerate(WEEKDAYS)
        ],
        "count": len(own),
        "others": [one for one in known if one.id != channel.id] if own else [],
    }


def _shown(slot: Slot) -> dict[str, Any]:
    is_elsewhere = slot.zone != current_user.timezone
    return {
        "id": slot.id,
        "day": LONG_WEEKDAYS[slot.weekday],
        "time": slot.wall_time,
        "place": slot.zone.rsplit("/", 1)[-1].replace("_", " ") if is_elsewhere else "",
    }


@bp.post("/slots")
@allows("slot.manage")
def add_slots() -> BaseResponse:
    form, picked = SlotsForm(), _picked()
    if not form.validate() or not picked:
        return slot_list(form, 422, "" if picked else NONE_PICKED)
    verb = partial(slots.add, g.member, picked, form.days, form.wall_times, form.timezone.data)
    return _added(verb, form, [one.id for one in picked])


def _picked() -> list[Channel]:
    chosen = set(ids(request.form.getlist("channels")))
    return [one for one in channels() if one.id in chosen]


def _added(verb: Callable[[], int], form: SlotsForm | None, concerned: list[int]) -> BaseResponse:
    try:
        count = verb()
    except slots.Full as trouble:
        return slot_list(form, 422, str(trouble))
    if count:
        audit.record("slot.added", count=count, channels=concerned)
    else:
        audit.unchanged()
    db.session.commit()
    flash(_told(count), "message")
    return see("scheduler.slot_list")


def _told(count: int) -> str:
    if not count:
        return "All of these were there already."
    return f"{count} {'slot' if count == 1 else 'slots'} added."


@bp.post("/slots/copies")
@allows("slot.manage")
def copy_slots() -> BaseResponse:
    [id] = ids([request.form.get("from", "")]) or [0]
    source, picked = find_channel(g.member, id) or abort(404), _picked()
    if not picked:
        return slot_list(None, 422, NONE_PICKED)
    return _added(partial(slots.copy, g.member, source, picked), None, [one.id for one in picked])


def _mine(id: int) -> Slot:
    return slots.find(g.member, id) or abort(404)


@bp.get("/slots/<int:id>")
@allows("slot.manage")
def slot(id: int, form: SlotForm | None = None, status: int = 200) -> Response:
    found = _mine(id)
    known = SlotForm(
        formdata=None, timezone=found.zone, weekday=str(found.weekday), time=found.wall_time
    )
    return page(
        "scheduler/slot.html",
        "slot",
        status,
        slot=_shown(found),
        channel=found.channel,
        form=form or known,
        blank=BlankForm(),
    )


@bp.post("/slots/<int:id>")
@allows("slot.manage")
def change_slot(id: int) -> BaseResponse:
    found, form = _mine(id), SlotForm()
    if not form.validate():
        return slot(id, form, 422)
    if not slots.change(found, int(form.weekday.data), form.wall_time, form.timezone.data):
        form.time.errors = [f"{found.channel.handle} has this slot already."]
        return slot(id, form, 422)
    audit.record("slot.changed", slot=id, channel=found.channel_id)
    db.session.commit()
    flash("Changed. Posts that are in it keep the time that they have.", "message")
    return see("scheduler.slot_list")


@bp.post("/slots/<int:id>/deletion")
@allows("slot.manage")
def delete_slot(id: int) -> BaseResponse:
    found = _mine(id)
    db.session.delete(found)
    audit.record("slot.removed", slot=id, channel=found.channel_id)
    db.session.commit()
    flash("Taken out. Posts that are in it keep the time that they have.", "message")
    return see("scheduler.slot_list")
