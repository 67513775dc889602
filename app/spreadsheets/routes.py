"""/import: upload a spreadsheet, say what its columns hold, see each row as a post, bring all in."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, g, request
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, storage
from app.account.forms import BlankForm
from app.db import db
from app.privacy.streaming import csv_line
from app.scheduler.ringing import ring
from app.scheduler.sheets import channels
from app.scheduler.wall_time import on_the_wall
from app.sizes import takes_files
from app.spreadsheets import bringing_in, columns, reading, showing, uploads
from app.spreadsheets.forms import MappingForm
from app.spreadsheets.places import name_of
from app.spreadsheets.reading import Grid, Unreadable
from app.spreadsheets.uploads import Spreadsheet
from app.web import allows, page, see

bp = Blueprint("spreadsheets", __name__)
NO_FILE = "Choose a CSV file."
GONE = "The uploaded file is gone. Upload it again."


@bp.get("/import")
@allows("post.create")
def index(problem: str = "", status: int = 200) -> Response:
    waiting = db.session.scalars(Spreadsheet.of(g.member, clock.now())).all()
    return page(
        "spreadsheets/index.html",
        "import",
        status,
        waiting=waiting,
        problem=problem,
        form=BlankForm(),
        names=columns.OWN_NAMES,
        layouts=columns.LAYOUTS,
        most=reading.MOST_ROWS,
    )


@bp.get("/import/template.csv")
@allows("post.create")
def template() -> Response:
    """The columns by name and two rows as they may be, due on the days after tomorrow."""
    names = "\n".join(name_of(one) for one in channels()[:2]) or "bluesky:you.example"
    soon = on_the_wall(clock.now() + timedelta(days=2), current_user.zone).replace(hour=9, minute=0)
    rows = [list(columns.OWN_NAMES.values())]
    for days, words in ((0, "Good morning"), (1, "A thread\n---\nhas a line of dashes in it")):
        due = f"{soon + timedelta(days=days):%Y-%m-%d %H:%M}"
        said = {columns.TEXT: words, columns.MOMENT: due, columns.CHANNELS: names}
        said |= {columns.ZONE: current_user.timezone, columns.LABELS: "example"}
        rows.append([said.get(name, "") for name in columns.OWN_NAMES])
    response = Response(b"\xef\xbb\xbf" + b"".join(map(csv_line, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="posts.csv"'
    return response


@bp.post("/import")
@allows("post.create")
@takes_files
def upload() -> BaseResponse:
    sent = request.files.get("file")
    raw = sent.stream.read(reading.MOST_BYTES + 1) if sent else b""
    if not sent or not sent.filename:
        return index(NO_FILE, 422)
    try:
        grid = reading.read(raw)
        made = uploads.receive(g.member, raw, len(grid.rows), clock.now())
    except (Unreadable, uploads.TooMany) as trouble:
        return index(str(trouble), 422)
    audit.record("spreadsheet.uploaded", spreadsheet=made.id, rows=made.rows)
    db.session.commit()
    return see("spreadsheets.show", id=made.id)


@bp.get("/import/<int:id>")
@allows("post.create")
def show(id: int) -> Response:
    sheet = uploads.find(g.member, id, clock.now()) or abort(404)
    if sheet.posts is not None:
        return page("spreadsheets/done.html", "import", sheet=sheet)
    grid = _grid(sheet)
    form = _mapping(grid, request.args)
    if not form.validate():
        return _shown(sheet, grid, form, 422 if request.args else 200)
    now = clock.now()
    lines = bringing_in.lay_out(grid, form.choices, channels(), g.member, now)
    bringing_in.check(lines, now)
    return _shown(sheet, grid, form, lines=lines)


def _grid(sheet: Spreadsheet) -> Grid:
    try:
        return reading.read(uploads.raw_of(sheet))
    except FileNotFoundError:
        abort(409, GONE)


def _mapping(grid: Grid, sent: "MultiDict[str, str]") -> MappingForm:
    return MappingForm(
        sent or None,
        header=grid.header,
        channels_there=channels(),
        guessed=columns.guess(grid.header, columns.recognise(grid.header)),
        zone=current_user.timezone,
    )


def _shown(
    sheet: Spreadsheet, grid: Grid, form: MappingForm, status: int = 200, **found: Any
) -> Response:
    lines: list[bringing_in.Checked] | None = found.get("lines")
    return page(
        "spreadsheets/show.html",
        "import",
        status,
        sheet=sheet,
        grid=grid,
        form=form,
        layout=columns.recognise(grid.header),
        blank=BlankForm(),
        preview=showing.preview(lines, form.choices) if lines is not None else None,
    )


@bp.post("/import/<int:id>/confirmation")
@allows("post.create")
def confirm(id: int) -> BaseResponse:
    """All of it or nothing. Twice sent is once done: the second finds the posts written."""
    now = clock.now()
    sheet = uploads.find(g.member, id, now, lock=True) or abort(404)
    if sheet.posts is not None:
        audit.unchanged()
        return _done(sheet.posts)
    grid = _grid(sheet)
    form = _mapping(grid, request.form)
    if not form.validate():
        audit.unchanged()
        return _shown(sheet, grid, form, 422)
    lines = bringing_in.lay_out(grid, form.choices, channels(), g.member, now)
    made = bringing_in.write(lines, g.member, sheet.nonce, now)
    if made is None:
        return _not_all(id, lines, now)
    gone = uploads.finish(sheet, len(made))
    audit.record("posts.imported", spreadsheet=id, posts=len(made))
    db.session.commit()
    storage.discard(str(gone))
    for post in bringing_in.to_ring_for(made):
        ring(post)
    return _done(len(made))


def _not_all(id: int, tried: list[bringing_in.Checked], now: datetime) -> Response:
    """Something is wrong with a row, so none is written: all of it once more, with the problems."""
    db.session.rollback()
    audit.unchanged()
    sheet = uploads.find(g.member, id, now) or abort(404)
    grid = _grid(sheet)
    form = _mapping(grid, request.form)
    form.validate()
    lines = bringing_in.lay_out(grid, form.choices, channels(), g.member, now)
    bringing_in.check(lines, now)
    for one, before in zip(lines, tried, strict=True):
        one.line.take_over(before.line)
    return _shown(sheet, grid, form, 422, lines=lines)


def _done(posts: int) -> BaseResponse:
    flash(f"{posts} {'post is' if posts == 1 else 'posts are'} in.", "message")
    return see("scheduler.posts")


@bp.post("/import/<int:id>/removal")
@allows("post.create")
def remove(id: int) -> BaseResponse:
    sheet = uploads.find(g.member, id, clock.now(), lock=True) or abort(404)
    gone = sheet.storage_key
    db.session.delete(sheet)
    audit.record("spreadsheet.removed", spreadsheet=id)
    db.session.commit()
    if gone:
        storage.discard(gone)
    flash("The uploaded spreadsheet is gone.", "message")
    return see("spreadsheets.index")
