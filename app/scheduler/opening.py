"""The composer as its address asks for it: empty, with another post's words, or with a template."""

from datetime import datetime

from flask import abort, g
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.scheduler import reusing, slots, starting, templates
from app.scheduler.forms import PostForm
from app.scheduler.post_routes import mine
from app.scheduler.sheets import Sheet, channels
from app.scheduler.suggesting import suggest, wall_time_in
from app.scheduler.uploads import add_picked
from app.web import ids

Asked = MultiDict[str, str]


def opened(asked: Asked, now: datetime) -> Sheet:
    """404 for a post or a template that is not the organisation's."""
    if "from" in asked:
        sheet = reusing.sheet_again(mine(_id(asked["from"])))
        sheet.form.due_at.data = suggest(None, current_user.zone, now)
        return sheet
    sheet = _blank(asked, now)
    if "template" in asked:
        found = templates.find(g.member, _id(asked["template"]), templates.POST)
        starting.put_in(sheet, found or abort(404))
    return sheet


def _id(asked: str) -> int:
    [id] = ids([asked]) or abort(404)
    return id


def _blank(asked: Asked, now: datetime) -> Sheet:
    """For the channels, the time or day, the next slot and the pictures that are named there."""
    known = channels()
    usable = {channel.id for channel in known if channel.is_usable}
    usable &= set(ids(asked.getlist("channel"))) or usable
    form = PostForm(formdata=None, zone=current_user.zone, channels=known, picked=usable)
    form.due_at.data = wall_time_in(asked.get("at")) or suggest(
        asked.get("on"), current_user.zone, now
    )
    names_time = {"at", "on"} & asked.keys()
    if asked.get("when") == "next_slot" or (not names_time and slots.stand_for(form.picked)):
        form.when.data = "next_slot"
    sheet = Sheet(form)
    add_picked(sheet.pictures, g.member, asked.getlist("pick"))
    return sheet
