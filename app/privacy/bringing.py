"""A copy, brought back row by row: parents first, ids written anew. Looking and bringing are one walk;
looking writes nothing.

What is here stays as it is here: an organisation of the person with the same name is filled, not
changed, and a row that is known again is not written a second time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection, MetaData, insert, update
from sqlalchemy.exc import DataError, IntegrityError

from app.account.models import fold
from app.privacy import brought_files
from app.privacy.copied_rows import Reader, Row
from app.privacy.copy_file import BadCopy, CopyFile
from app.privacy.fates import Fate, fates
from app.privacy.paths import ORGANIZATION, PERSON
from app.privacy.placing import HERE, Placed, Placer, Receiver
from app.privacy.recognising import recognise
from app.privacy.whereabouts import Found, Whereabouts

CHUNK = 500
PEOPLE = f"data/{PERSON}.jsonl"


@dataclass
class Report:
    """Rows by table: new ones, and those that don't come with the reason. `kept` are storage keys
    of files that were written and go again if the rest fails."""

    comes: Counter[str] = field(default_factory=Counter)
    stays: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)


class Bringing:
    """One walk over a copy. Raises BadCopy; whoever writes then rolls back and discards `kept`."""

    def __init__(
        self,
        copy: CopyFile,
        metadata: MetaData,
        to: Receiver,
        connection: Connection,
        *,
        write: bool,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.copy, self.to, self.connection, self.write = copy, to, connection, write
        self.fates, self.progress = fates(metadata), progress
        self.places, self.report = Whereabouts(), Report()
        self.placer = Placer(to, self.places)
        self.founded: set[int | None] = set()
        self.sizes: Counter[int] = Counter()

    def run(self) -> Report:
        if not self.write:
            self.copy.check_unread()  # what was changed is named as that, whatever it says now
        for name in self.copy.tables:
            if name not in self.fates:
                raise BadCopy(f"data/{name}.jsonl", "There is no such table here; is it newer?")
        if PERSON not in self.copy.tables:
            raise BadCopy(PEOPLE, "It is missing.")
        self._take_person(self.fates[PERSON])
        for name, fate in self.fates.items():
            if name in self.copy.tables and name != PERSON:
                self._take_table(fate)
        if self.founded - self.placer.owned:
            raise BadCopy("the copy", "It does not say that you own the organisation in it.")
        self.copy.check_unread()
        self.places.close()
        return self.report

    def _take_person(self, fate: Fate) -> None:
        row = _read_person(self.copy, fate)
        if self.to.address and fold(str(row.copied.get("email"))) != self.to.address:
            raise BadCopy(row.place, "This is the copy of another person.")
        if self.write:
            mine = update(fate.table).where(fate.key == self.to.id)
            self.connection.execute(mine.values(row.values))
        self.report.comes[PERSON] += 1

    def _take_table(self, fate: Fate) -> None:
        lines = self.copy.lines(fate.name)
        if fate.stays:
            self.report.stays[fate.name, fate.stays] += sum(1 for _ in lines)
            return
        reader = Reader(fate)
        rows = (reader.read(line, number) for number, line in enumerate(lines, 1))
        while chunk := list(islice(rows, CHUNK)):
            self._take_rows(fate, chunk)
            self.progress(len(chunk))

    def _take_rows(self, fate: Fate, rows: list[Row]) -> None:
        answers = [(row, self.placer.place(fate, row)) for row in rows]
        places = {row.id: self._leave(fate, why) for row, why in answers if isinstance(why, str)}
        placed = [one for _, one in answers if not isinstance(one, str)]
        known = recognise(
            self.connection, fate, [one for one in placed if not one.is_here], self.to.id
        )
        new = []
        for one in placed:
            id = one.row.id
            if one.is_here or id in known:
                self.report.stays[fate.name, HERE] += 1
                places[id] = self._found_again(one, known.get(id))
            elif why := brought_files.lacks(self.copy, fate, one.row):
                places[id] = self._leave(fate, why)
            else:
                new.append(one)
        self._write(fate, new)
        places |= {one.row.id: self._home(fate, one) for one in new}
        if len(places) != len(rows) or not self.places.put(fate.name, places.items()):
            raise BadCopy(f"data/{fate.name}.jsonl", "It holds a row twice.")

    def _leave(self, fate: Fate, why: str) -> Found:
        self.report.stays[fate.name, why] += 1
        return Found(None, None, False, why)

    def _found_again(self, one: Placed, id: int | None) -> Found:
        return Found(id, one.home or id, id is not None, HERE)

    def _home(self, fate: Fate, one: Placed) -> Found:
        if fate.name == ORGANIZATION:
            self.founded.add(one.id)
            return Found(one.id, one.id, False, "")
        return Found(one.id, one.home, False, "")

    def _write(self, fate: Fate, rows: list[Placed]) -> None:
        if self.write:
            self.sizes.clear()  # what was written before is counted there
        homes = [(one.home or 0, one.row) for one in rows]
        brought_files.make_room(fate, homes, self.sizes, write=self.write)
        if self.write:
            self._insert(fate, rows)
        else:
            for one in rows:
                brought_files.check(self.copy, fate, one.row)
                one.id = -one.row.id
        self.report.comes[fate.name] += len(rows)

    def _insert(self, fate: Fate, rows: list[Placed]) -> None:
        values = [one.row.values | one.links | self._file(fate, one) for one in rows]
        if not values:
            return
        statement = insert(fate.table).returning(fate.key, sort_by_parameter_order=True)
        try:
            ids = self.connection.execute(statement, values).scalars().all()
        except (IntegrityError, DataError):
            why = "Rows of it can't stand beside each other, or beside those that are here."
            raise BadCopy(f"data/{fate.name}.jsonl", why) from None
        for one, id in zip(rows, ids, strict=True):
            one.id = id

    def _file(self, fate: Fate, one: Placed) -> dict[str, str]:
        if fate.file is None:
            return {}
        key = brought_files.keep(self.copy, fate, one.row)
        self.report.kept.append(key)
        return {fate.file.name: key}


def read_person(copy: CopyFile, metadata: MetaData) -> tuple[str, str]:
    """Address and name of whom a copy is about. Raises BadCopy."""
    row = _read_person(copy, fates(metadata)[PERSON])
    address, name = row.copied.get("email"), row.values.get("name")
    try:
        validate_email(str(address), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise BadCopy(row.place, "email is no address.") from None
    return str(address), str(name)


def _read_person(copy: CopyFile, fate: Fate) -> Row:
    lines = list(copy.lines(PERSON)) if copy.counts.get(PERSON) == 1 else []
    if len(lines) != 1:
        raise BadCopy(PEOPLE, "It holds another number of people than one.")
    return Reader(fate).read(lines[0], 1)
