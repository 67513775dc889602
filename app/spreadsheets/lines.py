"""A row of a spreadsheet as the composer's form would send it, so that the composer's own checks say
what is wrong with it, and the composer's own words are written."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.coming_back import Unfit
from app.coming_back import zone as known_zone
from app.scheduler.threads import cut_thread
from app.scheduler.words import MOST_PARTS
from app.spreadsheets import columns as c
from app.spreadsheets.places import Directory
from app.spreadsheets.reading import Row
from app.spreadsheets.times import Asked, Unclear, read_clock, read_date, read_moment
from app.spreadsheets.writing import cut_names, cut_texts, unguard

DRAFT, SCHEDULE = "draft", "schedule"
SLOT, TELL = "slot", "tell"
OURS = re.compile(r"/media/([0-9]{1,9})(?:#([0-9]{1,2}))?")
NO_ZONE = "{} is no time zone, like Europe/Berlin."
NO_OBJECT = "This is not what the export wrote: a JSON object with a channel's name for each key."
HALF = "There is a date, and no time of the day."


@dataclass(frozen=True)
class Choices:
    """What a person said about the file: the column of each field, whose clock its times are on,
    which number of a date is the day, where rows go that name no channel, and what becomes of rows
    without a time (`draft` or `slot`) and of those whose time has passed (`tell` or `draft`)."""

    places: Mapping[str, int]
    zone: str
    order: str
    channels: frozenset[int]
    home: str = ""  # the address of this instance, with which its pictures' own begin
    undated: str = DRAFT
    past: str = TELL


@dataclass
class Line:
    """`rows` are several where they are one thread. `cells` by field, as they stand in the first row.
    `problems` by field; '' is the row as a whole."""

    rows: list[Row]
    cells: dict[str, str]
    zone: ZoneInfo
    action: str = SCHEDULE
    fields: "MultiDict[str, str]" = field(default_factory=MultiDict)
    problems: dict[str, list[str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.rows[0].number

    @property
    def is_untimely(self) -> bool:
        """Is its time unclear?"""
        return not self.problems.keys().isdisjoint((c.MOMENT, c.DATE, c.CLOCK, c.ZONE))

    def trouble(self, name: str, words: str) -> None:
        known = self.problems.setdefault(name, [])
        if words not in known:
            known.append(words)

    def take_over(self, other: "Line") -> None:
        """What was found wrong with the same row before."""
        for name, found in other.problems.items():
            for words in found:
                self.trouble(name, words)


def read_line(rows: list[Row], choices: Choices, directory: Directory, now: datetime) -> Line:
    """What the cells say, and what is unclear in them."""
    cells = cells_of(rows[0], choices.places)
    line = Line(rows, cells, ZoneInfo(choices.zone))
    _say(line, choices)
    _send(line, choices, directory)
    for name in cut_names(cells.get(c.LABELS, "")):
        line.fields.add("labels", name)
    line.fields["campaign"] = cells.get(c.CAMPAIGN, "")
    _show(line, choices.home)
    _differ(line, directory)
    _time(line, choices, now)
    return line


def cells_of(row: Row, places: Mapping[str, int]) -> dict[str, str]:
    return {name: unguard(row.cells[place]) for name, place in places.items()}


def _say(line: Line, choices: Choices) -> None:
    parts = cut_thread(line.cells.get(c.TEXT, ""))
    for row in line.rows[1:]:
        parts += cut_thread(cells_of(row, choices.places).get(c.TEXT, ""))
    if len(parts) > MOST_PARTS:
        line.trouble(c.TEXT, f"A thread has at most {MOST_PARTS} posts; these are {len(parts)}.")
    line.fields["text"] = parts[0]
    line.fields.setlist("part", parts[1:MOST_PARTS])
    line.fields["comment"] = line.cells.get(c.COMMENT, "")


def _send(line: Line, choices: Choices, directory: Directory) -> None:
    found, troubles = directory.find_all(line.cells.get(c.CHANNELS, ""))
    for words in troubles:
        line.trouble(c.CHANNELS, words)
    named = {one.id for one in found} if found or troubles else choices.channels
    line.fields.setlist("channels", [str(id) for id in sorted(named)])


def _show(line: Line, home: str) -> None:
    """Pictures of the organisation's own, named by their address here. Nothing is fetched."""
    words = line.cells.get(c.MEDIA, "").split()
    ours = [found for word in words if (found := OURS.fullmatch(word.removeprefix(home)))]
    alts = cut_texts(line.cells.get(c.ALT, ""))
    for place, found in enumerate(ours):
        line.fields.add("kept", found[1])
        line.fields.add("picture_part", str(max(int(found[2] or 1) - 1, 0)))
        line.fields.add("alt", alts[place] if place < len(alts) else "")
    if left := len(words) - len(ours):
        line.notices.append(
            "A picture is left out: it is not fetched from the web."
            if left == 1
            else f"{left} pictures are left out: they are not fetched from the web."
        )


def _differ(line: Line, directory: Directory) -> None:
    """Words and answers of single channels, as the export writes them."""
    cell = line.cells.get(c.OWN, "").strip()
    if not cell:
        return
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        line.trouble(c.OWN, NO_OBJECT)
        return
    for name, own in found.items():
        channel = directory.find(name)
        if isinstance(channel, str):
            line.trouble(c.OWN, channel)
        else:
            _say_there(line.fields, channel.id, own)


def _say_there(fields: "MultiDict[str, str]", id: int, own: Mapping[str, object]) -> None:
    answers = own.get("options")
    for name, value in (answers if isinstance(answers, dict) else {}).items():
        fields[f"option-{id}-{name}"] = str(value)
    if "text" in own:
        first, *further = cut_thread(str(own["text"]))
        fields.add("differs", str(id))
        fields[f"text-{id}"], fields[f"comment-{id}"] = first, str(own.get("comment", ""))
        fields.setlist(f"part-{id}", further)


def _time(line: Line, choices: Choices, now: datetime) -> None:
    asked = _asked(line, choices)
    if asked is None:
        takes_slot = choices.undated == SLOT and not line.is_untimely
        line.action = SCHEDULE if takes_slot or line.is_untimely else DRAFT
        line.fields["when"] = "next_slot" if takes_slot else "at"
    elif asked.wall is None:
        line.fields["when"] = "next_slot"
    elif choices.past == DRAFT and _has_passed(asked, now):
        line.action, line.fields["when"] = DRAFT, "at"
        line.notices.append("Its time has passed: kept as a draft.")
    else:
        line.fields["when"], line.fields["due_at"] = "at", asked.wall.isoformat(timespec="seconds")
        line.fields["fold"] = "1" if asked.is_second else "0"


def _has_passed(asked: Asked, now: datetime) -> bool:
    try:
        return asked.instant is not None and asked.instant < now - timedelta(minutes=1)
    except OverflowError:
        return False


def _asked(line: Line, choices: Choices) -> Asked | None:
    """None when the row has no time, or one that is unclear."""
    zone = line.cells.get(c.ZONE, "").strip()
    try:
        line.zone = ZoneInfo(known_zone(zone)) if zone else line.zone
    except Unfit:
        line.trouble(c.ZONE, NO_ZONE.format(zone[:40]))
    moment = line.cells.get(c.MOMENT, "").strip()
    day, clock = (line.cells.get(name, "").strip() for name in (c.DATE, c.CLOCK))
    try:
        if moment:
            return read_moment(moment, line.zone, choices.order)
        if day and clock:
            on, at = read_date(day, choices.order), read_clock(clock)
            return Asked(datetime.combine(on, at), line.zone)
    except Unclear as trouble:
        line.trouble(c.MOMENT if moment else c.DATE, str(trouble))
    if bool(day) != bool(clock) and not moment:
        line.trouble(c.DATE if day else c.CLOCK, HALF if day else "There is a time, and no date.")
    return None
