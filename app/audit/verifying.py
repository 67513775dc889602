"""Recomputes the whole log and names what does not fit. Reads only, in constant memory but for
the rows that are at fault."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from app.audit import heads, leaves, merkle, openings
from app.audit.models import AuditHead, edges, events
from app.db import db
from app.scope import across_organizations

MOST_COMPARED = 500  # rows out of place that are compared with each other


@dataclass(frozen=True)
class Fault:
    """kind: edited, reordered, deleted, truncated, inserted, rewritten, detail, head or edge."""

    kind: str
    number: int
    words: str

    def __str__(self) -> str:
        return f"{self.kind} {self.number}: {self.words}"


@across_organizations("the whole log is walked")
def verify() -> list[Fault]:
    """Every fault of the log, by number; an empty list when it is whole."""
    found = [*Walk().faults()]
    found += [Fault("inserted", n, "details of no event") for n in openings.orphans()]
    return sorted(found, key=lambda fault: fault.number)


class Walk:
    """One pass over the events. The tree is put together from the stored hashes, and each event is
    compared with its own: one changed event is one fault, not one for each that follows."""

    def __init__(self) -> None:
        self.openings = openings.Openings()
        self.ours, self.wrong = _sort_heads()
        row = db.session.execute(select(edges.c.size, edges.c.hashes)).one_or_none()
        self.end_size: int = row.size if row else 0
        self.end_hashes: bytes = row.hashes if row else b""
        self.size = max([self.end_size, *self.ours])
        self.peaks: list[tuple[int, bytes]] = []  # the right edge: number and peak
        self.next = 0
        self.astray: list[Row[Any]] = []

    def faults(self) -> Iterator[Fault]:
        yield from (
            Fault("head", head.size, f"head {head.number}: {why}") for head, why in self.wrong
        )
        rows = openings.BOTH.order_by(events.c.number).execution_options(yield_per=1000)
        for row in db.session.execute(rows):
            if not 0 <= row.number < self.size:
                yield Fault("inserted", row.number, f"the log has {self.size} events")
                continue
            yield from self._gap(row.number, "deleted")
            yield from self._event(row)
            yield from (Fault("detail", row.number, why) for why in self.openings.faults(row))
        yield from self._gap(self.size, "truncated")
        yield from self._end()
        yield from self._places()

    def _gap(self, number: int, kind: str) -> Iterator[Fault]:
        if self.next < number:
            signed = [head.number for size, head in self.ours.items() if size > self.next]
            words = f"{number - self.next} missing up to {number - 1}"
            if kind == "truncated" and signed:
                words += f"; head {signed[0]} was signed with them"
            yield Fault(kind, self.next, words)
            self.next = number

    def _event(self, row: Row[Any]) -> Iterator[Fault]:
        """The row against its leaf, its leaf against the tree, the tree against a signed head."""
        self.next = row.number + 1
        if leaf_of(row, row.number) != row.leaf:
            self.astray.append(row)
        first = self.next - (1 << merkle.level(self.next))
        if self._peak(row) not in (row.peak, None):
            words = (
                "changed together with its own hash"
                if first == row.number
                else (
                    f"something from {first} to {row.number} was changed together with its own hash"
                )
            )
            yield Fault("rewritten", first, words)
        self.peaks.append((row.number, row.peak))
        head = self.ours.get(self.next)
        if head and self._root() not in (head.root, None):
            yield Fault("rewritten", row.number, f"signed head {head.number} had another root here")

    def _peak(self, row: Row[Any]) -> bytes | None:
        """What the peak has to be, taking what it covers off the edge; None across a gap."""
        hash: bytes | None = row.leaf
        for bit in range(merkle.level(row.number + 1)):
            left = self._take(row.number - (1 << bit))
            hash = merkle.node_hash(left, hash) if left and hash else None
        return hash

    def _take(self, number: int) -> bytes | None:
        while self.peaks and self.peaks[-1][0] > number:
            self.peaks.pop()
        return self.peaks.pop()[1] if self.peaks and self.peaks[-1][0] == number else None

    def _root(self) -> bytes | None:
        edge = self._edge()
        return merkle.root(edge) if edge is not None else None

    def _edge(self) -> list[bytes] | None:
        """The right edge as it stands; None when something of it is missing."""
        known = dict(self.peaks)
        wanted = [end - 1 for end in merkle.ends(self.next)]
        return [known[n] for n in wanted] if all(n in known for n in wanted) else None

    def _end(self) -> Iterator[Fault]:
        if self.end_size < self.size:
            head = self.ours[self.size]
            words = (
                f"the log's end says {self.end_size} events, signed head {head.number} says more"
            )
            yield Fault("edge", self.end_size, words)
        elif (edge := self._edge()) is not None and b"".join(edge) != self.end_hashes:
            yield Fault("edge", self.size, "the log's end does not fit the events")

    def _places(self) -> Iterator[Fault]:
        """Rows that are not what their leaf says: standing in another's place, or edited."""
        leaves_astray = {row.leaf for row in self.astray}
        numbers = [row.number for row in self.astray[:MOST_COMPARED]]
        for row in self.astray:
            tried = {row.number - 1, row.number + 1, *numbers} - {row.number}
            was = next((n for n in sorted(tried) if leaf_of(row, n) in leaves_astray), None)
            if was is None:
                yield Fault("edited", row.number, "it does not match its leaf")
            else:
                yield Fault("reordered", row.number, f"this was event {was}")


def leaf_of(row: Row[Any], number: int) -> bytes:
    made = {part: getattr(row, part) for part in leaves.PARTS}
    return merkle.leaf_hash(leaves.content(number, row.at, row.action, row.organization_id, made))


def _sort_heads() -> tuple[dict[int, AuditHead], list[tuple[AuditHead, str]]]:
    """Heads that count, by size, and those at fault with the reason."""
    ours: dict[int, AuditHead] = {}
    wrong: list[tuple[AuditHead, str]] = []
    key, last = heads.public_key(), 0
    for head in heads.every():
        if key is None or not heads.is_ours(head, key):
            wrong.append((head, "its signature is not ours"))
        else:
            ours[head.size] = head
        if head.number != last + 1:
            wrong.append((head, "the head before it is gone"))
        last = head.number
    return ours, wrong
