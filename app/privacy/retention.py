"""The rules of docs/policies/retention.toml: what ends when. Pages, documents and runs read them here."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Table, or_

from app.datamap import Retention, Subject, columns, mark
from app.db import db
from app.privacy.promises import ROOT
from app.privacy.removal import Act

RULES = ROOT / "docs/policies/retention.toml"
DELETE, EMPTY, SHRED = "delete", "empty", "shred"
RUNNING = "running"


class BadRules(ValueError):
    """The text says which rule is wrong and how."""


@dataclass(frozen=True)
class Clock:
    """A column that a period starts at, and what is done to its rows when the period is over."""

    column: str
    days: int
    does: str
    unset: str = ""

    @property
    def table_name(self) -> str:
        return self.column.partition(".")[0]

    def of(self, metadata: MetaData) -> Column[Any]:
        """The column itself. Raises BadRules."""
        table = metadata.tables.get(self.table_name)
        name = self.column.partition(".")[2]
        if table is None or name not in table.c:
            raise BadRules(f"{self.column} is no column.")
        return table.c[name]

    def cutoff(self, now: datetime) -> datetime:
        return now - timedelta(days=self.days)

    def is_over(self, metadata: MetaData, now: datetime) -> ColumnElement[bool]:
        """The period is over at its very end; a row without a date is overdue unless the time of
        such a row has not begun."""
        column = self.of(metadata)
        over = column <= self.cutoff(now)
        if column.nullable and self.unset != RUNNING:
            return or_(over, column.is_(None))
        return over


@dataclass(frozen=True)
class Rule:
    """`clocks` is empty when the rule ends with what it names, not with time."""

    id: str
    period: str
    sentence: str
    clocks: tuple[Clock, ...]


@dataclass(frozen=True)
class Rules:
    rules: tuple[Rule, ...]
    backup_days: int
    backup_sentence: str

    def __getitem__(self, id: str) -> Rule:
        return next(rule for rule in self.rules if rule.id == id)

    def clocks(self) -> Iterator[tuple[Rule, Clock]]:
        for rule in self.rules:
            for clock in rule.clocks:
                yield rule, clock


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    return parse(RULES.read_text())


def parse(text: str) -> Rules:
    """Raises BadRules."""
    raw = tomllib.loads(text)
    try:
        rules = tuple(
            Rule(
                id=rule["id"],
                period=rule["period"],
                sentence=rule["sentence"],
                clocks=tuple(Clock(**clock) for clock in rule.get("clocks", [])),
            )
            for rule in raw["rules"]
        )
        return Rules(rules, raw["backups"]["days"], raw["backups"]["sentence"])
    except (KeyError, TypeError) as trouble:
        raise BadRules(f"retention.toml: {trouble}") from None


def act_of(rule: Rule, clock: Clock, metadata: MetaData, now: datetime) -> Act:
    """What a run does for one clock, over all rows whose period is over."""
    table, over = metadata.tables[clock.table_name], clock.is_over(metadata, now)
    if clock.does != EMPTY:
        return Act(table, over)
    return Act(table, over, empties=tuple(_of_rule(table, rule)))


def _of_rule(table: Table, rule: Rule) -> Iterator[Column[Any]]:
    for column in table.columns:
        found = mark(column)
        if found and found.is_personal and found.retention == rule.id:
            yield column


def faults(rules: Rules, metadata: MetaData) -> list[str]:
    """What has no end, or an end that nothing reads; empty when every item has its rule."""
    known, used = {rule.id for rule in rules.rules}, {str(one) for one in Retention}
    found = [f"{id} is used by marks and has no rule" for id in sorted(used - known)]
    found += [f"{id} is a rule that no mark names" for id in sorted(known - used)]
    for rule, clock in rules.clocks():
        found += [f"{rule.id}: {fault}" for fault in _faults_of(rule, clock, metadata)]
    return found + [
        f"{column}: {ends.retention} has no clock for this table"
        for column in columns(metadata)
        if (ends := mark(column)) and ends.is_personal and ends.retention in known
        if not _ends(column.table, rules[ends.retention], metadata)
    ]


def _faults_of(rule: Rule, clock: Clock, metadata: MetaData) -> Iterator[str]:
    column = clock.of(metadata)
    if clock.does not in (DELETE, EMPTY, SHRED):
        yield f"{clock.column} does {clock.does}"
    if clock.unset == RUNNING and not column.nullable:
        yield f"{clock.column} can't be unset"
    if clock.does == EMPTY:
        stuck = [c.name for c in _of_rule(column.table, rule) if not c.nullable]
        if stuck or not list(_of_rule(column.table, rule)):
            yield f"{clock.column} empties {', '.join(stuck) or 'nothing'}"


def _ends(table: Table, rule: Rule, metadata: MetaData) -> bool:
    """By a clock on the table, or on the row that its rows are parts of, or without any clock."""
    if not rule.clocks or table.name in {clock.table_name for clock in rule.clocks}:
        return True
    if any(clock.does == SHRED for clock in rule.clocks) and table.name.startswith("audit_"):
        return True
    parents = [
        key.column.table
        for column in table.columns
        if (found := mark(column)) and found.subject is Subject.PART
        for key in column.foreign_keys
    ]
    return any(_ends(parent, rule, metadata) for parent in parents)


def rule_faults() -> list[str]:
    return faults(load_rules(), db.metadata)
