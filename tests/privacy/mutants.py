"""Is each mark a control, or decoration? One field of one mark is changed at a time, in memory, and
something has to fail: `python -m tests.privacy.mutants` prints what, and the score.

`why` and `purpose` are words for people and steer nothing; they are not changed."""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Column

from app import create_app
from app.datamap import (
    MARK,
    Basis,
    Category,
    Erase,
    Export,
    Mark,
    Retention,
    Subject,
    columns,
    mark,
)
from app.db import db
from app.privacy import documents, map_faults, retention
from app.privacy.portions import Holder, portions
from app.scope import across_organizations
from tests.conftest import settings
from tests.privacy import effects
from tests.privacy.scene import Only, Scene, build
from tests.servers.postgres import create_tables

Check = Callable[[Scene, Only], Any]
HOUSE, HERE = (
    "tests/test_house.py::test_every_column_is_marked",
    "tests/privacy/test_marks.py::test_",
)
RULES = "tests/privacy/test_retention.py::test_every_item_has_a_rule_and_every_rule_an_item"
PUBLISHED = "tests/privacy/test_documents.py::test_every_document_is_as_the_code_would_write_it_now"
# By the test that makes it: what it finds. The cheapest come first, what is only published last.
CHECKS: dict[str, Check] = {
    f"{HOUSE}_with_a_reason_a_ground_and_a_rule": lambda *_: map_faults.faults(db.metadata),
    RULES: lambda *_: retention.faults(retention.load_rules(), db.metadata),
    f"{HERE}time_empties_what_is_listed": lambda *_: list(effects.period_faults()),
    f"{HERE}an_address_finds_what_is_listed": lambda *_: list(effects.address_faults()),
    f"{HERE}an_address_ends_as_is_listed": lambda *_: list(effects.outsider_faults()),
    f"{HERE}what_is_sealed_is_listed": lambda *_: list(effects.sealed_faults()),
    f"{HERE}what_can_be_changed_says_where": lambda *_: list(effects.correction_faults()),
    f"{HERE}a_copy_holds_all_but_what_is_listed": lambda *of: list(effects.copy_faults(*of)),
    f"{HERE}an_erasure_leaves_what_is_listed": lambda *of: list(effects.erasure_faults(*of)),
    PUBLISHED: lambda *_: documents.build(db.metadata, check=True),
}
ROOTS = ("user", "organization")  # everything hangs on them
OTHER_ERASE = {
    Erase.NULL: (Erase.KEEP, Erase.DELETE_ROW),
    Erase.DELETE_ROW: (Erase.KEEP, Erase.NULL),
}
OTHER_RETENTION = (Retention.ACCOUNT, Retention.ORGANIZATION, Retention.REQUEST, Retention.SESSION)


@dataclass(frozen=True)
class Mutant:
    """One field of a mark with another value, or a clock that runs longer."""

    name: str
    table: str
    apply: Callable[[], Any]

    def killer(self, scene: Scene) -> str:
        """The test that fails; empty when none does."""
        with self.apply():
            only = concerned(self.table)
            return next((name for name, check in CHECKS.items() if _fails(check, scene, only)), "")


def concerned(table: str) -> set[str]:
    """It and whatever hangs on it."""
    found = {table}
    for one in db.metadata.sorted_tables:
        if {key.column.table.name for key in one.foreign_keys} & found:
            found.add(one.name)
    return found if table not in ROOTS else {table}


def _fails(check: Check, scene: Scene, only: Only) -> bool:
    """Also an exception is a failed test: what a mark asks for can be impossible."""
    try:
        return bool(check(scene, only))
    except Exception:
        return True
    finally:
        db.session.rollback()


def mutants() -> Iterator[Mutant]:
    copied = {one.name for one in portions(db.metadata, Holder(1, "somebody@x.example", (1,)))}
    for column in columns(db.metadata):
        found = mark(column)
        assert found
        for field, other in _changes(found):
            if field == "export" and column.table.name not in copied:
                continue  # no copy ever looks at it
            yield _of_mark(column, field, other, getattr(found, field))
        if found.is_personal:
            unmarked = Mark(Category.NONE, found.why)
            name = f"{column}: personal > plain"
            yield Mutant(name, column.table.name, lambda c=column, m=unmarked: _marked(c, m))
    yield from _longer()


def _of_mark(column: Column[Any], field: str, other: Any, was: Any) -> Mutant:
    changed = replace(column.info[MARK], **{field: other})
    name = f"{column}: {field} {was} > {other}"
    return Mutant(name, column.table.name, lambda: _marked(column, changed))


@contextmanager
def _marked(column: Column[Any], changed: Mark) -> Iterator[None]:
    with patch.dict(column.info, {MARK: changed}):
        yield


def _changes(found: Mark) -> Iterator[tuple[str, Any]]:
    yield "export", Export.VALUE if found.export is not Export.VALUE else Export.OMIT
    if found.export is Export.PRESENCE:
        yield "export", Export.OMIT
    if found.erase:
        for erase in OTHER_ERASE.get(found.erase, (Erase.KEEP, Erase.DELETE_ROW)):
            if erase is not found.erase:
                yield "erase", erase
    if found.subject:
        yield "subject", None
        for subject in (Subject.OWNER, Subject.ACTOR, Subject.MEMBER, Subject.PART):
            if subject is not found.subject:
                yield "subject", subject
    if found.is_personal:
        yield from _changes_of_personal(found)


def _changes_of_personal(found: Mark) -> Iterator[tuple[str, Any]]:
    yield "basis", Basis.CONTRACT if found.is_organizations else Basis.PROCESSOR
    for other in OTHER_RETENTION:
        if other is not found.retention:
            yield "retention", other
    if found.at_rest != "plain":
        yield "at_rest", "plain"
        yield "at_rest", "hashed" if found.at_rest == "encrypted" else "encrypted"
    else:
        yield "at_rest", "encrypted"
    for flag, off in (
        ("by_address", False),
        ("names_file", False),
        ("unlinked", ""),
        ("correct", ""),
    ):
        if getattr(found, flag):
            yield flag, off


def _longer() -> Iterator[Mutant]:
    """Each period ten times as long."""
    rules = retention.load_rules()
    for rule in rules.rules:
        for clock in rule.clocks:
            longer = replace(clock, days=clock.days * 10 or 10)
            clocks = tuple(longer if one is clock else one for one in rule.clocks)
            others = tuple(
                replace(one, clocks=clocks) if one is rule else one for one in rules.rules
            )
            changed = replace(rules, rules=others)
            name = f"{rule.id}: {clock.column} x 10"
            yield Mutant(name, clock.table_name, lambda c=changed: _ruled(c))


@contextmanager
def _ruled(changed: retention.Rules) -> Iterator[None]:
    with patch.object(documents, "load_rules", lambda: changed):
        with patch.object(retention, "load_rules", lambda: changed):
            yield


def sample(seed: int, count: int) -> list[Mutant]:
    return random.Random(seed).sample(list(mutants()), count)


def judge(chosen: list[Mutant], scene: Scene) -> tuple[Counter[str], list[str]]:
    """How many each test kills, and what none does. Raises AssertionError for a test that fails
    without any mutant."""
    assert not [name for name, check in CHECKS.items() if _fails(check, scene, None)]
    killers, left = Counter[str](), []
    for one in chosen:
        if killer := one.killer(scene):
            killers[killer] += 1
        else:
            left.append(one.name)
    return killers, left


def told(killers: Counter[str], left: list[str]) -> str:
    """Which test kills how many, what nothing kills, and the score."""
    lines = [f"{count:5}  {name}" for name, count in killers.most_common()]
    killed = sum(killers.values())
    return "\n".join(
        [*lines, *(f"  left {name}" for name in left), f"{killed} of {killed + len(left)}"]
    )


def main() -> int:
    """All of them, on a database that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/marks.db"
        app = create_app(**settings(Path(folder), url))
        create_tables(url)
        with app.app_context(), across_organizations("a test looks at everything"):
            killers, left = judge(list(mutants()), build())
            db.session.remove()
            db.engine.dispose()
    print(told(killers, left))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
