"""From the rows of a spreadsheet to posts: checked as the composer checks, all of them or none."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from app.account.models import Membership
from app.channels.models import Channel
from app.scheduler import composing, uploads
from app.scheduler.forms import PostForm
from app.scheduler.models import Post
from app.scheduler.quotas import Planned
from app.scheduler.sheets import Sheet
from app.scheduler.states import PENDING, SCHEDULED
from app.scheduler.tagging import Tagging
from app.scheduler.timing import no_slot
from app.scheduler.wording import Wording
from app.spreadsheets import columns as c
from app.spreadsheets.lines import SCHEDULE, Choices, Line, read_line
from app.spreadsheets.places import Directory
from app.spreadsheets.reading import Grid, Row

# The composer's fields by the beginning of their names, and where their problems stand here.
BESIDE = {
    "text-": c.OWN,
    "comment-": c.OWN,
    "option-": c.OWN,
    "text": c.TEXT,
    "part": c.TEXT,
    "comment": c.COMMENT,
    "channels": c.CHANNELS,
    "media": c.MEDIA,
    "new_labels": c.LABELS,
    "labels": c.LABELS,
    "campaign": c.CAMPAIGN,
}


@dataclass
class Checked:
    """A line with the composer's sheet that holds what it says."""

    line: Line
    sheet: Sheet
    due_at: datetime | None = None  # None for drafts and next free slots
    names: list[str] = field(default_factory=list)  # of the channels

    @property
    def is_fine(self) -> bool:
        return not self.line.problems

    @property
    def takes_slot(self) -> bool:
        return self.line.action == SCHEDULE and self.line.fields.get("when") == "next_slot"


def lay_out(
    grid: Grid, choices: Choices, channels: list[Channel], member: Membership, now: datetime
) -> list[Checked]:
    """Every row as a sheet of the composer, unchecked."""
    directory = Directory(channels)
    found = []
    for rows in _threads(grid.rows, choices.places):
        line = read_line(rows, choices, directory, now)
        found.append(Checked(line, _sheet(line, channels, member)))
    return found


def _threads(rows: Iterable[Row], places: Mapping[str, int]) -> Iterator[list[Row]]:
    """Rows that follow each other and name the same thread are one post."""
    place = places.get(c.THREAD)

    def thread(row: Row) -> object:
        name = row.cells[place].strip() if place is not None else ""
        return name or row.number

    for _, found in groupby(rows, key=thread):
        yield list(found)


def _sheet(line: Line, channels: list[Channel], member: Membership) -> Sheet:
    picked = {int(id) for id in line.fields.getlist("channels")}
    form = PostForm(
        formdata=line.fields,
        zone=line.zone,
        channels=channels,
        picked=picked,
        meta={"csrf": False},  # the form around all of them has its own
    )
    pictures = uploads.read_kept(member, line.fields)
    return Sheet(form, Wording.read(line.fields, channels), pictures, Tagging.read(line.fields))


def check(lines: Iterable[Checked], now: datetime) -> None:
    """Problems stand beside the cells afterwards. Nothing is written; what earlier lines would take
    of the room is counted."""
    planned = Planned()
    for one in lines:
        one.sheet.timing.planned = planned
        _check(one, now)
        if one.is_fine and one.line.action == SCHEDULE:
            planned.add(one.sheet.form.picked, one.due_at)


def _check(one: Checked, now: datetime) -> None:
    sheet, line = one.sheet, one.line
    one.names = [channel.handle for channel in sheet.form.picked]
    if not sheet.is_ready(line.action):
        for name, found in _troubles(sheet.form):
            for words in found:
                _stand(line, name, words)
    if line.action == SCHEDULE and not line.is_untimely:
        line.notices += sheet.form.notes
        one.due_at = None if one.takes_slot or sheet.form.due_at.errors else sheet.form.moment(now)


def _troubles(form: PostForm) -> Iterator[tuple[str, Iterable[str]]]:
    yield from form.troubles.items()
    yield from ((name or "", map(str, found)) for name, found in form.errors.items())


def _stand(line: Line, name: str, words: str) -> None:
    """Beside the cell that it is about; beside the whole row where the file has no such column."""
    if name in ("due_at", "when", "fold"):
        if not line.is_untimely or "slot" in words:
            line.trouble(next((one for one in (c.MOMENT, c.DATE) if one in line.cells), ""), words)
        return
    if name == "channels" and c.CHANNELS in line.problems and not line.fields.get("channels"):
        return  # it is said already which name is no channel's
    beside = next((BESIDE[one] for one in BESIDE if name.startswith(one)), "")
    line.trouble(beside if beside in line.cells else "", words)


def write(lines: list[Checked], member: Membership, nonce: str, now: datetime) -> list[Post] | None:
    """The posts; None when a line has a problem, which stands beside its cell then. What was written
    until there is the caller's to roll back."""
    check(lines, now)
    made: list[Post] = []
    for one in lines:
        if one.takes_slot:
            _take_slots(one, now)
        if not one.is_fine:
            return None
        said = replace(one.sheet.composition(one.line.action), zone=one.line.zone.key)
        made.append(composing.write(member, said, f"{nonce}-{one.line.number}", now))
    for post in _asking(made)[1:]:
        post.told_at = now  # approvers get one mail for all of them, not hundreds
    return made


def _take_slots(one: Checked, now: datetime) -> None:
    """Those that the lines before left free."""
    one.sheet.timing.find_places(now, hold=True)
    for place in one.sheet.timing.places:
        if place.at is None:
            _stand(one.line, "when", no_slot(place))


def _asking(posts: Iterable[Post]) -> list[Post]:
    return [one for one in posts if one.state == PENDING]


def to_ring_for(posts: list[Post]) -> list[Post]:
    """The first that waits for a yes, and the one that goes out soonest."""
    leaving = [one for one in posts if one.state == SCHEDULED]
    soonest = sorted(leaving, key=lambda one: (one.due_at is None, one.due_at, one.id))
    return [*_asking(posts)[:1], *soonest[:1]]
