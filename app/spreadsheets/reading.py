"""A CSV as spreadsheets write it (RFC 4180, with their habits): which letters, which character stands
between the cells, and the rows."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 500, 60
BETWEEN = ",;\t"
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}
LOOKED_AT = 50  # rows, to find out what stands between the cells
SHORT_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Unreadable(Exception):
    """No table of posts; the text tells the person why."""


class Row(NamedTuple):
    """`number` as a spreadsheet counts: the names of the columns are row 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """`letters` is the name of the encoding, `between` the character between the cells."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    letters: str
    between: str

    @property
    def in_words(self) -> str:
        return f"{self.letters}, {NAMES[self.between]} between the cells"


def read(raw: bytes) -> Grid:
    """Raises Unreadable."""
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"This is larger than {MOST_BYTES // 1024 // 1024} MB.")
    text, letters = decode(raw)
    between, text = _between(text)
    records = _records(text, between)
    head = next(records, None)
    if head is None:
        raise Unreadable("This file is empty.")
    header = tuple(" ".join(cell.split()) for cell in head.cells)
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"This has {len(header)} columns; {MOST_COLUMNS} are the most.")
    rows = tuple(records)
    if not rows:
        raise Unreadable("There is nothing below the names of the columns.")
    if len(rows) > MOST_ROWS:
        raise Unreadable(f"This has {len(rows)} rows; {MOST_ROWS} go at once. Cut it in parts.")
    return Grid(header, rows, letters, between)


def decode(raw: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises Unreadable."""
    for letters in _likely(raw):
        try:
            text = raw.decode(letters)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, _name(letters)
    raise Unreadable("This is not text. Save the spreadsheet as CSV, in UTF-8.")


def _likely(raw: bytes) -> Iterator[str]:
    """A mark at the beginning decides; without one UTF-16 shows by its empty bytes. Nearly every file
    is good Windows-1252, so that comes last."""
    for mark, letters in SHORT_MARKS:
        if raw.startswith(mark):
            yield letters
            return
    head = raw[:1000]
    if head.count(0) * 4 > len(head):
        yield "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        return
    yield from ("utf-8", "cp1252")


def _name(letters: str) -> str:
    kind = "-".join(letters.split("-")[:2]).upper()
    return "Windows-1252" if letters == "cp1252" else kind


def _between(text: str) -> tuple[str, str]:
    """The character between the cells, and the text without the line in which Excel names it."""
    first, _, rest = text.partition("\n")
    named = first.strip().strip('"').lower()
    if named.startswith("sep=") and named[4:] in BETWEEN and len(named) == 5:
        return named[4:], rest
    if first.rstrip("\r") == "sep=\t":
        return "\t", rest
    return max(BETWEEN, key=lambda one: _fit(text, one)), text


def _fit(text: str, between: str) -> tuple[float, int]:
    """How many rows are as wide as the first, and how wide that is; nothing for a single column."""
    widths = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between)
    try:
        for record in reader:
            widths.append(len(record))
            if len(widths) > LOOKED_AT:
                break
    except csv.Error:
        return 0, 0
    full = [width for width in widths if width]
    if not full or full[0] < 2:
        return 0, 0
    return sum(width == full[0] for width in full) / len(full), full[0]


def _records(text: str, between: str) -> Iterator[Row]:
    """Rows that hold something, as wide as the first at least. Raises Unreadable."""
    width = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    try:
        for number, record in enumerate(reader, 1):
            if not any(cell.strip() for cell in record):
                continue
            width = width or len(record)
            if any(cell.strip() for cell in record[width:]):
                raise Unreadable(f"Row {number} has more cells than there are columns.")
            yield Row(number, tuple([*record, *[""] * (width - len(record))][:width]))
    except csv.Error:
        words = f"Line {reader.line_num} can't be read: a quotation mark is open or too many."
        raise Unreadable(words) from None
