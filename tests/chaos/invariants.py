"""What must hold whatever happens, checked on the database and on the networks' own truth."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app import audit, clock
from app.audit.models import events
from app.db import db
from app.publishing.carrying import SEND_WITHIN
from app.publishing.outcomes import OLD_WORDS
from app.scheduler.attempts import Attempt
from app.scheduler.models import Delivery
from app.scheduler.states import CANCELLED, FAILED, HELD, PUBLISHED, SENDING
from app.scheduler.stopping import REST_LEFT
from tests.chaos.people import TWIN
from tests.chaos.truth import DEEDS, MAILS, WORDS, Line, Truth

NAMES = {
    "I1": "never lost",
    "I2": "never twice",
    "I3": "no false claim",
    "I4": "surfaced",
    "I5": "one open attempt, no stale fence",
    "I6": "intent first",
    "I7": "same words, approved, not after removal",
    "I8": "not early",
    "I9": "within budgets and waits",
    "I10": "one organisation",
    "I11": "told once",
    "I12": "one refresh at a time, no keys lost",
    "I13": "the audit trail verifies and has every deed",
    "I14": "quiet logs",
}
NOTES = {
    "I13": "the engine's own steps stand in the attempts, not in the trail",
}
LEASE = 30  # seconds that one refresh has to itself
SLACK = timedelta(seconds=SEND_WITHIN)  # in which what is on its way may overtake a 429
CANARIES = ("canary", "poison of", "tok-", "ref-")
Violations = dict[str, list[str]]


def nothing() -> Violations:
    return defaultdict(list)


def check_always(found: Violations, now: datetime) -> None:
    """After each sweep: nobody is left in `sending` without a lease; one open attempt each."""
    stuck = select(Delivery.id).where(Delivery.state == SENDING, Delivery.lease_until < now)
    found["I4"] += [f"delivery {id} sends without a lease" for id in db.session.scalars(stuck)]
    is_open = Attempt.state.in_(("sending", "unknown"))
    many = select(Attempt.delivery_id).where(is_open).group_by(Attempt.delivery_id)
    doubled = db.session.scalars(many.having(func.count() > 1))
    found["I5"] += [f"delivery {id} has two open attempts" for id in doubled]


@dataclass
class End:
    """The state of all things when it is quiet again. `lost`: what came between these instants went
    out after the backup that was brought back."""

    found: Violations
    truth: Truth
    log: Path
    deeds: int
    lost: tuple[datetime, datetime] | None = None
    posts: dict[tuple[str, int, int], list[Line]] = field(default_factory=dict)
    by_id: dict[str, Line] = field(default_factory=dict)
    said: dict[int, list[Line]] = field(default_factory=dict)
    decided: dict[int, str] = field(default_factory=dict)
    troubled: set[int] = field(default_factory=set)  # processes

    def check(self) -> Violations:
        self._read()
        rows = list(db.session.scalars(select(Delivery)))
        for row in rows:
            self._check_end(row)
            self._check_claim(row)
        self._check_doubles(rows)
        self._check_words()
        self._check_attempts()
        self._check_audit()
        self._check_logs()
        return self.found

    def _read(self) -> None:
        """What the networks noted themselves is taken as it is."""
        self.posts = defaultdict(list)
        self.said = defaultdict(list)
        lines: dict[str, list[Line]] = defaultdict(list)
        for line in self.truth.lines():
            lines[line["account"]].append(line)
            if "violates" in line:
                self.found[line["violates"]].append(line["what"])
            elif "id" in line:
                self.by_id[line["id"]] = line
                self.posts[line["account"], line["delivery"], line["step"]].append(line)
        for line in lines.pop(WORDS, []):
            self.said[line["delivery"]].append(line)
        deeds = lines.pop(DEEDS, [])
        self.decided = {line["decided"]: line["says"] for line in deeds if "decided" in line}
        self.troubled = {line["troubled"] for line in deeds if "troubled" in line}
        self._check_mails(lines.pop(MAILS, []), Counter(line.get("mended") for line in deeds))
        for account, theirs in lines.items():
            self._check_refreshes(account, theirs)
            self._check_waits(account, theirs)

    def _check_end(self, row: Delivery) -> None:
        if row.state not in (PUBLISHED, FAILED, CANCELLED, HELD):
            self.found["I1"].append(f"delivery {row.id} is still {row.state}")
        if row.state in (FAILED, HELD) and not row.reason:
            self.found["I11"].append(f"delivery {row.id} is {row.state} and nobody is told why")
        if row.state == HELD and not row.hold:
            self.found["I1"].append(f"delivery {row.id} is held for nothing")

    def _check_claim(self, row: Delivery) -> None:
        """What we say stands is what stands, every part once and under those before it."""
        account = row.channel.account_id
        standing = [k for (name, id, k) in self.posts if (name, id) == (account, row.id)]
        if row.state == PUBLISHED:
            if row.id not in self.decided:
                self._check_parts(row, account)
        elif row.state in (FAILED, CANCELLED) and not self._is_settled(row):
            steps = len(row.steps)
            if len(standing) > steps and not self._went_out_unknown(row, account):
                what = f"delivery {row.id} is {row.state}, {len(standing)} stand, {steps} known"
                self.found["I3"].append(what)

    def _is_settled(self, row: Delivery) -> bool:
        """By a person; or it is a twin, of which the sum counts."""
        return row.id in self.decided or self._is_twin(row)

    def _is_twin(self, row: Delivery) -> bool:
        return bool(self.said[row.id][-1]["parts"][0] == TWIN)

    def _check_parts(self, row: Delivery, account: str) -> None:
        told = [step["id"] for step in row.steps] or [row.external_id or ""]
        wanted = len(self.said[row.id][-1]["parts"])
        says_so = row.reason in (OLD_WORDS, REST_LEFT.format(len(told), wanted))
        stand = sum((name, id) == (account, row.id) for name, id, _ in self.posts)
        if len(told) != wanted and not (says_so and stand <= len(told)):
            what = f"delivery {row.id} has {len(told)} of {wanted} parts, {stand} stand"
            self.found["I3"].append(what)
        for step, id in enumerate(told):
            line = self.by_id.get(id)
            if line is None or line["account"] != account:
                self.found["I3"].append(f"delivery {row.id} says {id}, which does not stand")
                continue
            is_its_own = (line["delivery"], line["step"]) == (row.id, step)
            if not is_its_own and line["text"] != TWIN:
                self.found["I3"].append(f"delivery {row.id} says {id}, which is another's")
            if line["before"] != told[:step] and line["text"] != TWIN:
                self.found["I3"].append(f"part {step} of delivery {row.id} hangs elsewhere")

    def _went_out_unknown(self, row: Delivery, account: str) -> bool:
        """Sent after the backup, which nobody here can know of any more."""
        lines = [ls for (name, id, _), ls in self.posts.items() if (name, id) == (account, row.id)]
        return any(self._is_lost(line["came"]) for ls in lines for line in ls)

    def _check_doubles(self, rows: list[Delivery]) -> None:
        """Each part at most once. Of posts that say the same on one account nobody can tell which is
        which: there the sum counts, of all and of those of which we don't say that they failed."""
        twins, known = Counter[str](), Counter[str]()
        for row in rows:
            if self._is_twin(row):
                account, denies = row.channel.account_id, row.state in (FAILED, CANCELLED)
                twins[account] += 1
                is_known = not denies or row.id in self.decided
                known[account] += is_known or self._went_out_unknown(row, account)
        stand: dict[str, int] = defaultdict(int)
        for (account, id, step), lines in self.posts.items():
            if lines[0]["text"] == TWIN:
                stand[account] += len(lines)
            elif len(lines) > 1:
                faults = [line["fault"] for line in lines]
                self.found["I2"].append(f"part {step} of delivery {id} on {account}: {faults}")
        for account, times in stand.items():
            if times > twins[account]:
                self.found["I2"].append(f"{times} twins of {twins[account]} stand on {account}")
            elif times > known[account]:
                self.found["I3"].append(f"{times} twins stand on {account}, {known[account]} known")

    def _check_words(self) -> None:
        """At its coming each part said what its post said then."""
        for (_, id, step), lines in self.posts.items():
            for line in lines:
                before = [one for one in self.said[id] if one["seen"] < line["seen"]]
                parts = before[-1]["parts"] if before else []
                if step >= len(parts) or parts[step] != line["text"]:
                    self.found["I7"].append(f"part {step} of delivery {id} says other words")

    def _check_attempts(self) -> None:
        """An unknown outcome that nobody asks about any more is before a person's eyes."""
        is_open = Attempt.state.in_(("sending", "unknown"))
        asked = select(Delivery.id, Attempt.state, Delivery.state.label("now"), Delivery.hold)
        for row in db.session.execute(asked.join(Attempt).where(is_open)):
            if (row.now, row.hold) != (HELD, "needs_decision"):
                self.found["I4"].append(f"delivery {row.id}: {row.state} try, now {row.now}")

    def _check_refreshes(self, account: str, lines: list[Line]) -> None:
        running: dict[int, datetime] = {}
        for line in lines:
            if line.get("refresh") == "began":
                at = clock.parse(line["at"])
                for since in running.values():
                    if (at - since).total_seconds() < LEASE:
                        self.found["I12"].append(f"{account} was refreshed twice at {at}")
                running[line["by"]] = at
            elif line.get("refresh") == "ended":
                running.pop(line["by"], None)

    def _check_waits(self, account: str, lines: list[Line]) -> None:
        """Nothing comes while we were told to wait, but what was out already. Who died or stood still
        over the answer told nobody, and what was heard after a backup was forgotten with it."""
        closed: dict[str, datetime] = {}
        for line in lines:
            if (
                "closed" in line
                and line["by"] not in self.troubled
                and not self._is_lost(line["at"])
            ):
                closed[line["closed"]] = clock.parse(line["at"])
            elif (since := closed.get(line.get("inside", ""))) and clock.parse(
                line["at"]
            ) - since > SLACK:
                self.found["I9"].append(f"{account} was asked at {line['at']}, inside a wait")

    def _is_lost(self, at: str) -> bool:
        """Did it come between the backup and its bringing back?"""
        if self.lost is None:
            return False
        began, ended = self.lost
        return began <= clock.parse(at) <= ended

    def _check_mails(self, mails: list[Line], mended: Counter[str | None]) -> None:
        """One thing is told to one person once, and again when it was mended and broke again. After a
        backup was brought back nobody knows what was told since."""
        told = Counter((line["to"], path) for line in mails for path in line["named"])
        for (to, path), times in told.items():
            if times > 1 + mended[path] + (self.lost is not None):
                self.found["I11"].append(f"{path} was told {times} times to {to}")

    def _check_audit(self) -> None:
        self.found["I13"] += [str(fault) for fault in audit.verify()]
        told = db.session.scalar(select(func.count()).select_from(events)) or 0
        if told != self.deeds:
            self.found["I13"].append(f"{told} events for {self.deeds} deeds")

    def _check_logs(self) -> None:
        text = self.log.read_text() if self.log.exists() else ""
        for number, line in enumerate(text.splitlines(), 1):
            for canary in CANARIES:
                if canary in line:
                    self.found["I14"].append(f"{canary!r} in line {number} of the logs")


def check_lost(found: Violations, truth: Truth, names: list[str], restored: bool) -> None:
    """Accounts that ask for new keys: only where the network may truly have forgotten ours."""
    for name in names:
        ways: list[Any] = [line["rotated"] for line in truth.lines(name) if "rotated" in line]
        is_strict = name.endswith("strict") and bool(ways)
        if not (is_strict or (restored and ways)):
            found["I12"].append(f"{name} lost its keys")
