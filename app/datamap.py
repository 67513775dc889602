"""The privacy vocabulary. A mark on a column is what export, erasure and retention act on."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, MetaData

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


class Purpose(StrEnum):
    PROVIDE = "provide"
    AUTHENTICATE = "authenticate"
    AUTHORISE = "authorise"
    SECURE = "secure"
    LEGAL_DUTY = "legal_duty"


class Basis(StrEnum):
    """Legal basis (GDPR art. 6), or that we act for the organisation (art. 28)."""

    CONTRACT = "contract"
    SECURITY = "legitimate_interest.security"
    RELIABILITY = "legitimate_interest.reliability"
    LEGAL_OBLIGATION = "legal_obligation"
    PROCESSOR = "processor"


class Retention(StrEnum):
    """Until when; the windows themselves stand in the retention rules."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"
    CONNECTION = "connection"
    SESSION = "session_30_days_after_use"
    ADDRESS = "address_90_days"
    ONE_TIME = "until_used_or_expired"
    CONSENT = "consent_3_years"


class Erase(StrEnum):
    NULL = "null"
    TOMBSTONE = "tombstone"
    DELETE_ROW = "delete_row"
    DELETE_OBJECT = "delete_object"
    ORGANIZATION = "org_property"
    WITH_PARENT = "with_parent"


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


def plain(why: str = "") -> dict[str, Mark]:
    """Holds nothing of a person."""
    return {MARK: Mark(Category.NONE, why)}


def personal(
    category: Category,
    *,
    why: str,
    purpose: Purpose = Purpose.PROVIDE,
    basis: Basis = Basis.CONTRACT,
    retention: Retention = Retention.ACCOUNT,
    erase: Erase = Erase.DELETE_ROW,
    export: Export = Export.VALUE,
) -> dict[str, Mark]:
    """Holds something of a person; `why` is a reason that the person can read."""
    return {MARK: Mark(category, why, purpose, basis, retention, erase, export)}


def content(category: Category, *, why: str) -> dict[str, Mark]:
    """Belongs to the organisation; we hold it on its behalf (GDPR art. 28)."""
    return personal(
        category,
        why=why,
        basis=Basis.PROCESSOR,
        retention=Retention.ORGANIZATION,
        erase=Erase.ORGANIZATION,
    )


def secret(
    category: Category,
    *,
    why: str,
    at_rest: str,
    retention: Retention = Retention.ACCOUNT,
    basis: Basis = Basis.CONTRACT,
) -> dict[str, Mark]:
    """A key of some kind: `at_rest` is hashed or encrypted; a copy only says that it exists."""
    mark = Mark(
        category,
        why,
        Purpose.AUTHENTICATE,
        basis,
        retention,
        Erase.DELETE_ROW,
        Export.PRESENCE,
        at_rest=at_rest,
    )
    return {MARK: mark}


def link(subject: Subject, *, why: str = "", erase: Erase = Erase.DELETE_ROW) -> dict[str, Mark]:
    """A foreign key to a person, and the part that the person plays in this row."""
    return {MARK: Mark(Category.NONE, why, subject=subject, erase=erase)}


def columns(metadata: MetaData) -> Iterator[Column[Any]]:
    """Every column that we declare (the migration tool's own table is not ours)."""
    for table in metadata.sorted_tables:
        yield from table.columns


def mark(column: Column[Any]) -> Mark | None:
    found = column.info.get(MARK)
    return found if isinstance(found, Mark) else None


def faults(metadata: MetaData, person: str = "user") -> list[str]:
    """What is wrong with the map, a sentence each; an empty list when it is closed."""
    return [
        f"{column}: {fault}"
        for column in columns(metadata)
        for fault in _faults_of(column, mark(column), person)
    ]


PLACEHOLDERS = {"todo", "tbd", "fixme", "xxx", "misc", "other", "n/a", "none", "reason"}


def _faults_of(column: Column[Any], found: Mark | None, person: str) -> Iterator[str]:
    if found is None:
        yield "has no privacy mark"
        return
    points_at_person = any(key.column.table.name == person for key in column.foreign_keys)
    if points_at_person and found.subject is None:
        yield "points at a person but does not say which part the person plays"
    if found.category is Category.NONE:
        return
    words = found.why.strip().lower()
    if len(words) < 12 or PLACEHOLDERS & set(words.replace(":", " ").replace(".", " ").split()):
        yield f"its reason is a placeholder: {found.why!r}"
    if None in (found.purpose, found.basis, found.retention, found.erase):
        yield "is personal but lacks purpose, basis, retention or erasure"


def rows(metadata: MetaData) -> list[dict[str, str]]:
    """The map as plain text, a row per column."""
    return [
        {"column": str(column)}
        | {key: str(value) if value is not None else "" for key, value in asdict(found).items()}
        for column in columns(metadata)
        if (found := mark(column))
    ]
