"""The privacy vocabulary. A mark on a column is what export, erasure and retention act on."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypedDict, Unpack

from sqlalchemy import CheckConstraint, Column, MetaData, Table

from app.coming_back import Rule

MARK = "privacy"


class Category(StrEnum):
    """What kind of thing a column holds. Closed: a new one needs a new policy version (P11.2)."""

    NONE = "none"
    NAME = "account.name"
    EMAIL = "account.email"
    ROLE = "account.role"
    MEMBERSHIP = "account.membership"
    PREFERENCE = "account.preference"
    SECRET = "auth.secret"
    SESSION = "auth.session"
    HANDLE = "social.handle"
    TOKEN = "social.token"
    TEXT = "content.text"
    MEDIA = "content.media"
    SCHEDULE = "content.schedule"
    WORKFLOW = "content.workflow"
    DEVICE_NETWORK = "device.ip"
    DEVICE_AGENT = "device.agent"
    CONSENT = "consent.record"
    REQUEST = "request.record"
    COPY = "request.copy"
    SUPPORT = "support.message"
    AUDIT = "audit.event"
    TELEMETRY = "telemetry.record"


class Purpose(StrEnum):
    PROVIDE = "provide"
    AUTHENTICATE = "authenticate"
    AUTHORISE = "authorise"
    SECURE = "secure"
    LEGAL_DUTY = "legal_duty"
    SUPPORT = "support"
    IMPROVE = "improve"


class Basis(StrEnum):
    """Legal basis (GDPR art. 6), or that we act for the organisation (art. 28)."""

    CONTRACT = "contract"
    SECURITY = "legitimate_interest.security"
    RELIABILITY = "legitimate_interest.reliability"
    LEGAL_OBLIGATION = "legal_obligation"
    PROCESSOR = "processor"
    CONSENT = "consent"


class Retention(StrEnum):
    """Until when; the windows themselves stand in the retention rules."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"
    CONNECTION = "connection"
    SESSION = "session_30_days_after_use"
    ADDRESS = "address_90_days"
    ONE_TIME = "until_used_or_expired"
    CONSENT = "consent_3_years"
    REQUEST = "request_3_years"
    EXPORT = "export_7_days"
    IMPORT = "import_24_hours"
    SUPPORT = "support_24_months_after_closing"
    INCIDENT = "incident_5_years"
    AUDIT = "audit_details_24_months"
    TELEMETRY = "telemetry_30_days"
    TRIAL = "trial_2_years"
    READING = "reading_13_months"
    INVOICE = "invoice_10_years"
    TRASH = "trash_30_days"


class Erase(StrEnum):
    NULL = "null"
    TOMBSTONE = "tombstone"
    DELETE_ROW = "delete_row"
    DELETE_OBJECT = "delete_object"
    ORGANIZATION = "org_property"
    WITH_PARENT = "with_parent"
    SHRED = "shred"
    KEEP = "keep"  # a duty demands it; until when says the retention rule


class Export(StrEnum):
    VALUE = "value"
    PRESENCE = "presence"
    OMIT = "omit"


class Subject(StrEnum):
    """Which part a person plays in a row that points at them."""

    SELF = "self"
    OWNER = "owner"
    MEMBER = "member"
    AUTHOR = "author"
    ACTOR = "actor"
    PART = "part"  # no person itself: the row is a part of the row that it points at


@dataclass(frozen=True)
class Mark:
    """What the map says of one column."""

    category: Category
    why: str = ""
    purpose: Purpose | None = None
    basis: Basis | None = None
    retention: Retention | None = None
    erase: Erase | None = None
    export: Export = Export.VALUE
    subject: Subject | None = None
    at_rest: str = "plain"
    by_address: bool = False
    unlinked: str = ""
    names_file: bool = False
    correct: str = ""
    back: Rule | None = None

    @property
    def is_personal(self) -> bool:
        return self.category is not Category.NONE

    @property
    def is_organizations(self) -> bool:
        """The organisation's property, which we hold on its behalf."""
        return self.basis is Basis.PROCESSOR


def plain(why: str = "", *, back: Rule | None = None) -> dict[str, Mark]:
    """Holds nothing of a person. `back`: see `Rare`."""
    return {MARK: Mark(Category.NONE, why, back=back)}


class Rare(TypedDict, total=False):
    """What few columns need to say.

    `by_address`: the row is about whoever this address belongs to, with an account or without.
    `unlinked`: why nobody, we included, can tell whose row it is.
    `names_file`: the value is the storage key of a file, which goes with the row.
    `correct`: the page where the person changes it; without one they ask for a correction.
    `back`: what the value may be when it comes back with a copy, and what becomes of it."""

    by_address: bool
    unlinked: str
    names_file: bool
    correct: str
    back: Rule


def personal(
    category: Category,
    *,
    why: str,
    purpose: Purpose = Purpose.PROVIDE,
    basis: Basis = Basis.CONTRACT,
    retention: Retention = Retention.ACCOUNT,
    erase: Erase = Erase.DELETE_ROW,
    export: Export = Export.VALUE,
    **rare: Unpack[Rare],
) -> dict[str, Mark]:
    """Holds something of a person; `why` is a reason that the person can read."""
    return {MARK: Mark(category, why, purpose, basis, retention, erase, export, **rare)}


def content(
    category: Category, *, why: str, names_file: bool = False, back: Rule | None = None
) -> dict[str, Mark]:
    """Belongs to the organisation; we hold it on its behalf (GDPR art. 28). The rest: see `Rare`."""
    held = (Purpose.PROVIDE, Basis.PROCESSOR, Retention.ORGANIZATION, Erase.ORGANIZATION)
    return {MARK: Mark(category, why, *held, names_file=names_file, back=back)}


def secret(
    category: Category,
    *,
    why: str,
    at_rest: str,
    retention: Retention = Retention.ACCOUNT,
    basis: Basis = Basis.CONTRACT,
    erase: Erase = Erase.DELETE_ROW,
) -> dict[str, Mark]:
    """A key of some kind: `at_rest` is hashed or encrypted; a copy only says that it exists."""
    held = (Purpose.AUTHENTICATE, basis, retention, erase, Export.PRESENCE)
    return {MARK: Mark(category, why, *held, at_rest=at_rest)}


def link(subject: Subject, *, why: str = "", erase: Erase = Erase.DELETE_ROW) -> dict[str, Mark]:
    """A foreign key to a person, and the part that the person plays in this row."""
    return {MARK: Mark(Category.NONE, why, subject=subject, erase=erase)}


def part(why: str = "") -> dict[str, Mark]:
    """A foreign key to the row that this one is a part of; whose that is, this is."""
    return {MARK: Mark(Category.NONE, why, subject=Subject.PART, erase=Erase.WITH_PARENT)}


def emptied(table: Table) -> list[Column[Any]]:
    """The columns of a person's own row that are emptied when the person is erased."""
    return [c for c in table.columns if (found := mark(c)) and found.erase is Erase.NULL]


def erased_is_empty(table: Table) -> CheckConstraint:
    """Who is erased has nothing in their row, and nobody writes it back, not even by hand."""
    empty = " AND ".join(f'"{column.name}" IS NULL' for column in emptied(table))
    return CheckConstraint(f"erased_at IS NULL OR ({empty})", name="erased_is_empty")


def columns(metadata: MetaData) -> Iterator[Column[Any]]:
    """Every column that we declare (the migration tool's own table is not ours)."""
    for table in metadata.sorted_tables:
        yield from table.columns


def mark(column: Column[Any]) -> Mark | None:
    found = column.info.get(MARK)
    return found if isinstance(found, Mark) else None


def rows(metadata: MetaData) -> list[dict[str, str]]:
    """The map as plain text, a row per column."""
    return [
        {"column": str(column)}
        | {
            key: str(value) if value is not None else ""
            for key, value in asdict(found).items()
            if key != "back"
        }
        for column in columns(metadata)
        if (found := mark(column))
    ]
