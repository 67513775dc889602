"""/posts/export.csv: the posts that a list shows, to be kept, changed and brought in again."""

from itertools import chain

from flask import Response, g, stream_with_context
from flask_login import current_user

from app import audit, clock
from app.db import db, writing
from app.scheduler import lists
from app.scheduler.routes import wanted_posts
from app.spreadsheets import export
from app.spreadsheets.routes import bp
from app.web import allows

MARK = b"\xef\xbb\xbf"  # without it Excel reads UTF-8 as something else


@bp.get("/posts/export.csv")
@allows("organization.view")
def posts() -> Response:
    """On record before the first line goes out, so a GET that writes."""
    wanted, home = wanted_posts(), g.member.organization_id
    chosen, zone = lists.choose(g.member, wanted), current_user.zone
    with writing():
        db.session.rollback()
        audit.record("posts.exported", organization=home, actor=current_user.id)
        db.session.commit()
    made = chain([MARK], export.lines(chosen, home, zone))
    response = Response(stream_with_context(made), mimetype="text/csv")
    name = f"posts-{clock.now().astimezone(zone):%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
