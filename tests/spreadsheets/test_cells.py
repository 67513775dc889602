"""Letters, characters between cells, and times as people and programs write them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.spreadsheets import columns, reading
from app.spreadsheets.times import DAY_FIRST, MONTH_FIRST, Asked, Unclear, read_clock, read_moment

DATABASES = ("sqlite",)
BERLIN = ZoneInfo("Europe/Berlin")
TEXT = "Text{0}Wann\nGrüße – „zitiert“{0}heute\nnoch eins{0}morgen\n"


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("letters", "told"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"),
     ("utf-16-be", "UTF-16"), ("cp1252", "Windows-1252")],
)  # fmt: skip
def test_letters_and_what_stands_between_cells_are_found_out(
    between: str, letters: str, told: str
) -> None:
    grid = reading.read(TEXT.format(between).encode(letters))
    assert (grid.header, grid.letters, grid.between) == (("Text", "Wann"), told, between)
    assert grid.rows[0].cells == ("Grüße – „zitiert“", "heute")


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    grid = reading.read(b'sep=;\r\ntext;when\r\n\r\n"two\r\nlines; and more";1\r\n ;\r\nshort\r\n')
    assert grid.between == ";"
    assert [(row.number, row.cells) for row in grid.rows] == [
        (3, ("two\r\nlines; and more", "1")),
        (5, ("short", "")),
    ]


@pytest.mark.parametrize(
    ("cell", "order", "wall"),
    [
        ("2027-03-04 14:05", DAY_FIRST, "2027-03-04T14:05"),
        ("2027/3/4, 2:05 PM", DAY_FIRST, "2027-03-04T14:05"),
        ("3.4.2027 9h30", MONTH_FIRST, "2027-04-03T09:30"),
        ("3/4/27 12:00 am", DAY_FIRST, "2027-04-03T00:00"),
        ("3/4/2027 14.05", MONTH_FIRST, "2027-03-04T14:05"),
        ("25/4/2027 8 pm", MONTH_FIRST, "2027-04-25T20:00"),
        ("4/25/2027 8 p.m.", DAY_FIRST, "2027-04-25T20:00"),
        ("2027-03-04T14:05:09.123Z", DAY_FIRST, "2027-03-04T15:05:09"),
        ("2027-03-04T14:05:00-0500", DAY_FIRST, "2027-03-04T20:05"),
        ("2027-03-04 14:05 UTC", DAY_FIRST, "2027-03-04T15:05"),
    ],
)
def test_times_are_read_as_they_are_written(cell: str, order: str, wall: str) -> None:
    assert read_moment(cell, BERLIN, order) == Asked(datetime.fromisoformat(wall), BERLIN)


def test_an_offset_tells_the_two_hours_of_a_night_apart() -> None:
    first, second = (
        read_moment(f"2027-10-31T02:30:00+0{hours}:00", BERLIN, DAY_FIRST) for hours in (2, 1)
    )
    assert first.wall == second.wall
    assert (first.is_second, second.is_second) == (False, True)


@pytest.mark.parametrize(
    "cell",
    ["", "tomorrow", "2027-13-01 10:00", "2027-02-30 10:00", "2027-01-01", "10:00", "1/2/3 4",
     "31/31/2027 9:00",
     "2027-01-01 25:00", "2027-01-01 13 pm", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:00-23:59"],
)  # fmt: skip
def test_what_is_no_time_is_said_to_be_none(cell: str) -> None:
    with pytest.raises(Unclear, match="date and time"):
        read_moment(cell, BERLIN, DAY_FIRST)


def test_a_bare_hour_is_no_time_of_the_day() -> None:
    with pytest.raises(Unclear):
        read_clock("9")


@pytest.mark.parametrize(
    ("header", "name", "found"),
    [
        (("Text", "Image URL", "Tags", "Posting Time"), "Buffer",
         {"text": 0, "media": 1, "labels": 2, "moment": 3}),
        (("content", "image_url", "scheduled_time", "comments"), "MagicSync",
         {"text": 0, "media": 1, "moment": 2, "comment": 3}),
        (("content", "channels", "schedule_at", "media_url", "tags", "alt_text", "thread_id"), "OpenPost",
         {"text": 0, "channels": 1, "moment": 2, "media": 3, "labels": 4, "alt": 5, "thread": 6}),
        (("Message", "Day", "Hour", "Account", "Nothing"), None,
         {"text": 0, "date": 1, "clock": 2, "channels": 3}),
        (("Caption", "Date"), None, {"text": 0, "moment": 1}),
    ],
)  # fmt: skip
def test_files_are_known_by_the_names_of_their_columns(
    header: tuple[str, ...], name: str | None, found: dict[str, int]
) -> None:
    layout = columns.recognise(header)
    assert (layout.name if layout else None) == name
    assert columns.guess(header, layout) == found
