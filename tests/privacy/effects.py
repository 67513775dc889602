"""What the marks bring about, looked at from outside and held to lists that are kept by hand: what a
copy leaves out, what an erasure leaves behind, what a period empties, whom an address finds."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import app.features  # noqa: F401  # all models are known
from app import clock
from app.account.forms import AddressForm, ProfileForm
from app.account.models import User
from app.datamap import mark
from app.db import Base, db, table
from app.operator.blast_radius import SEALED, reached_in
from app.privacy import erasure_plan, packing, removal, retention, streaming
from app.privacy.exports import holder_of
from app.privacy.portions import Holder, portions
from app.privacy.streaming import plain
from tests.privacy.kept import (
    ADDRESSED,
    EMPTIED_BY_TIME,
    FILES,
    LEFT_OUT,
    NOBODYS,
    OF_OUTSIDERS,
    SEALED_COLUMNS,
    STAYS,
    TOLD_OF,
)
from tests.privacy.scene import Only, Rows, Scene, every_row

FILE = "a file"
COPIED_FILES = {"asset", "wall_picture"}
OWN_FILES = {"export_run.storage_key", "import_run.storage_key", "spreadsheet.storage_key"}


def copy_faults(scene: Scene, only: Only = None) -> Iterator[str]:
    """A copy holds every column of the owner's rows but those that are listed, and every file."""
    lines = _packed(scene) if only is None else _streamed(scene, only)
    for name in only or scene.before:
        for line in lines.get(name, ()):
            yield from _line_faults(name, json.loads(line), scene)
        if not lines.get(name) and scene.before[name] and name not in NOBODYS:
            yield f"{name}: no row is in the copy"
    copied = {line.decode() for line in lines.get(FILE, ())}
    if copied != {name for name in COPIED_FILES if only is None or name in only}:
        yield f"files of {copied}"


def _packed(scene: Scene) -> dict[str, list[bytes]]:
    """Lines by table, from the zip itself."""
    pieces = packing.pack(
        db.session.connection(), db.metadata, holder_of(scene.charlie), clock.now(),
        lambda _: None, packing.Outcome(),
    )  # fmt: skip
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    found: dict[str, list[bytes]] = {FILE: []}
    for path in map(Path, archive.namelist()):
        if path.parent.name == "data":
            found[path.stem] = archive.read(str(path)).splitlines()
        if path.parent.name == "files":
            found[FILE].append(path.stem.split("-")[0].encode())
    return found


def _streamed(scene: Scene, only: set[str]) -> dict[str, list[bytes]]:
    """The same of some tables alone, without the zip around them."""
    found: dict[str, list[bytes]] = {FILE: []}
    connection = db.session.connection()
    for portion in portions(db.metadata, holder_of(scene.charlie)):
        if portion.name in only:
            lines = b"".join(streaming.json_lines(connection, portion.rows())).splitlines()
            found[portion.name] = lines
            found[FILE] += [portion.name.encode() for _ in packing.files(connection, portion)]
    return found


def _line_faults(name: str, line: dict[str, Any], scene: Scene) -> Iterator[str]:
    keys = [key.name for key in db.metadata.tables[name].primary_key]
    row = scene.before[name].get(tuple(line.get(key) for key in keys), {})
    for column in db.metadata.tables[name].columns:
        said, full = line.get(column.name, "left out"), str(column)
        held = plain(row.get(column.name))
        if full in LEFT_OUT:
            is_right = said == "left out"
        elif full in TOLD_OF:
            is_right = said in (True, False, 0, 1)
        else:
            if isinstance(row.get(column.name), datetime) and said != "left out":
                said = said and clock.parse(said).isoformat()  # each database has its own way
            is_shown = said == held or bool(column.foreign_keys) or not row
            is_right = said != "left out" and is_shown
        if not is_right:
            yield f"{full}: the copy says {said!r}"


def erasure_faults(scene: Scene, only: Only = None) -> Iterator[str]:
    """What goes, and what is emptied, when one of two owners leaves, and when an organisation goes
    along; nothing else is touched. Nothing of it is kept."""
    for who, files in (("bob", OWN_FILES), ("charlie", FILES)):
        found, discarded = _erased(getattr(scene, who), scene, only, whole=who == "charlie")
        stays = {name: STAYS[who].get(name) for name in only or scene.before}
        for name, wanted in stays.items():
            if found.get(name) != wanted:
                yield f"{name} of {who}: {found.get(name)} instead of {wanted}"
        if discarded != {name for name in files if name.split(".")[0] in stays}:
            yield f"files of {who}: {sorted(discarded)} are discarded"


def _erased(
    user: User, scene: Scene, only: Only, *, whole: bool
) -> tuple[dict[str, str], set[str]]:
    """By table 'gone' or the names of the columns that were changed; columns of discarded files."""
    organizations = holder_of(user).organizations if whole else ()
    holder, keys = Holder(user.id, user.email or "", organizations), set[str]()
    plan = [
        *erasure_plan.acts(db.metadata, holder),
        erasure_plan.emptying(db.metadata, holder, clock.now()),
    ]
    for act in (one for one in plan if only is None or one.table.name in only):
        while (done := removal.remove_some(act))[0]:
            keys |= set(done[1])
    after = every_row(only)
    db.session.rollback()
    discarded = set()
    for full in FILES:
        name, column = full.split(".")
        discarded |= {full for row in scene.before[name].values() if row[column] in keys}
    return _difference(scene.before, after), discarded


def _difference(before: Rows, after: Rows) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for name in after:
        for key, row in before[name].items():
            left = after[name].get(key)
            changed = {"gone"} if left is None else {c for c in row if row[c] != left[c]}
            found.setdefault(name, set()).update(changed)
    return {name: " ".join(sorted(changed)) for name, changed in found.items() if changed}


def period_faults() -> Iterator[str]:
    """What a clock empties, as it is listed."""
    now = clock.now()
    found = {
        one.column: {c.name for c in retention.act_of(rule, one, db.metadata, now).empties}
        for rule, one in retention.load_rules().clocks()
        if one.does == retention.EMPTY
    }
    yield from (
        f"{name} empties {sorted(found.get(name, ()))}"
        for name in found.keys() | EMPTIED_BY_TIME.keys()
        if found.get(name) != EMPTIED_BY_TIME.get(name)
    )


def address_faults() -> Iterator[str]:
    """Whom an address finds who has no account."""
    found = {c.table.name for c in _columns() if (m := mark(c)) and m.by_address}
    by_id, by_both = (_reached(Holder(0, address)) for address in ("", "dora@dale.example"))
    if found != ADDRESSED or by_both - by_id != ADDRESSED - by_id:
        yield f"an address finds {sorted(found)}"


def outsider_faults() -> Iterator[str]:
    """What becomes of the rows that only an address leads to."""
    whose = erasure_plan.acts(db.metadata, Holder(0, "dora@dale.example"))
    found = {
        act.table.name: " ".join([act.word, *sorted(one.name for one in act.empties)])
        for act in whose
        if ".email = " in str(act.condition)
    }
    if found != OF_OUTSIDERS:
        yield f"erasing an address does {found}"


def _reached(holder: Holder) -> set[str]:
    return {one.name for one in portions(db.metadata, holder)}


def _columns() -> list[Any]:
    return [column for one in db.metadata.sorted_tables for column in one.columns]


def sealed_faults() -> Iterator[str]:
    """What lies open when the keys are lost, as it is listed."""
    found = {str(c) for one in db.metadata.sorted_tables for c in reached_in(one, [SEALED])}
    yield from (f"{name}: is sealed, or not" for name in sorted(found ^ SEALED_COLUMNS))


def correction_faults() -> Iterator[str]:
    """What a person can change on their own page says so."""
    fields = {name for form in (ProfileForm, AddressForm) for name in vars(form)}
    person: type[Base] = User
    for column in table(person).columns:
        found = mark(column)
        if (
            found
            and found.is_personal
            and (column.name in fields) is not (found.correct == "/account")
        ):
            yield f"{column}: can be changed at {found.correct or 'no page'}"
