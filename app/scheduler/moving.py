"""Moved in the calendar: back to where it was moved from, with a way to put it back."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import redirect, request, session
from werkzeug.wrappers import Response

from app.origins import safe_path
from app.scheduler.models import Post
from app.scheduler.wall_time import on_the_wall

SOON = timedelta(minutes=2)  # too soon to be put back to
APART = "All of its channels go out then; before, they had slots of their own."
OUT_OF_SLOT = "It has left its weekly slot."


@dataclass(frozen=True)
class Moved:
    """`was` is the time before, on the wall; '' where it can't be had again. `fold` is 1 for the
    second of an hour that came twice."""

    id: int
    was: str
    fold: int

    @property
    def before(self) -> str:
        """In words: Thu 26 Nov, 09:20."""
        wall = datetime.fromisoformat(self.was)
        return f"{wall:%a} {wall.day} {wall:%b}, {wall:%H:%M}"

    @classmethod
    def take(cls) -> "Moved | None":
        """What was moved last, told once."""
        kept = session.pop("moved", None)
        return cls(**kept) if kept else None


def calendar_address() -> str:
    """Of the calendar that a form was sent from; '' when it came from elsewhere."""
    back = request.form.get("back", "")
    is_ours = back == "/calendar" or back.startswith(("/calendar?", "/calendar/"))
    return back if is_ours and safe_path(back) == back else ""


def remember(post: Post, zone: ZoneInfo, now: datetime) -> Moved:
    """Where it stands before it moves."""
    times = {one.due_at for one in post.deliveries}
    if post.due_at is None or post.due_at < now + SOON or len(times) > 1:
        return Moved(post.id, "", 0)
    local = post.due_at.astimezone(zone)
    return Moved(post.id, on_the_wall(post.due_at, zone).isoformat()[:16], local.fold)


def words(post: Post, instant: datetime, zone: ZoneInfo, note: str) -> str:
    """What a person is told about a move that is about to be made."""
    local = instant.astimezone(zone)
    told = [note, f"Moved to {local:%a} {local.day} {local:%b}, {local:%H:%M}."]
    if len({one.due_at for one in post.deliveries}) > 1:
        told.append(APART)
    elif any(one.in_slot for one in post.deliveries):
        told.append(OUT_OF_SLOT)
    return " ".join(filter(None, told))


def back(moved: Moved) -> Response | None:
    """To the calendar that it was moved in; None when it was moved elsewhere."""
    address = calendar_address()
    if not address:
        return None
    session["moved"] = asdict(moved)
    return redirect(address, 303)
