"""The tables of the audit trail. Events have no foreign key: the log outlives what it tells of.
Details and keys have one that restricts: a person leaves the log (`erase_person`) before the rest."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.audit import guards
from app.datamap import (
    MARK,
    Basis,
    Category,
    Erase,
    Export,
    Mark,
    Purpose,
    Retention,
    Subject,
    link,
    plain,
    secret,
)
from app.db import Model, table
from app.tenants import PART_OF


class AuditEvent(Model):
    """A leaf of the log. Never changed and never deleted; the database refuses both."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_organization_id_number", "organization_id", "number"),)

    number: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=plain("place in the log, from 0")
    )
    at: Mapped[datetime] = mapped_column(info=plain())
    action: Mapped[str] = mapped_column(info=plain("from the closed list of app/audit/actions.py"))
    organization_id: Mapped[int | None] = mapped_column(info=plain())
    actor: Mapped[bytes] = mapped_column(LargeBinary, info=plain("salted commitment"))
    subject: Mapped[bytes] = mapped_column(LargeBinary, info=plain("salted commitment"))
    details: Mapped[bytes] = mapped_column(LargeBinary, info=plain("salted commitment"))
    leaf: Mapped[bytes] = mapped_column(LargeBinary, info=plain("hash of the leaf"))
    peak: Mapped[bytes] = mapped_column(
        LargeBinary, info=plain("root of the largest perfect subtree that ends here")
    )


class AuditDetail(Model):
    """Opens the commitments of one event; parts are taken away when a person is erased."""

    __tablename__ = "audit_detail"

    number: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=plain() | {PART_OF: "audit_event.number"}
    )
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id"),
        index=True,
        info=link(Subject.ACTOR, why="who did it", erase=Erase.SHRED),
    )
    actor_salt: Mapped[bytes | None] = mapped_column(LargeBinary, info=plain())
    subject_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id"),
        index=True,
        info=link(Subject.OWNER, why="to whom it was done", erase=Erase.SHRED),
    )
    subject_salt: Mapped[bytes | None] = mapped_column(LargeBinary, info=plain())
    details_salt: Mapped[bytes | None] = mapped_column(LargeBinary, info=plain())
    sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary,
        info={
            MARK: Mark(
                Category.AUDIT,
                "so that you and your organisation can see what was done",
                Purpose.SECURE,
                Basis.SECURITY,
                Retention.AUDIT,
                Erase.SHRED,
                Export.PRESENCE,
                at_rest="encrypted",
            )
        },
    )


class AuditKey(Model):
    """The key of one person's details; the one of nobody is the instance's own."""

    __tablename__ = "audit_key"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id"),
        unique=True,
        info=link(Subject.OWNER, why="whose key this is", erase=Erase.SHRED),
    )
    sealed: Mapped[str] = mapped_column(
        info=secret(
            Category.SECRET,
            why="to read the details of what was done; without it they are noise",
            at_rest="encrypted",
            retention=Retention.AUDIT,
            basis=Basis.SECURITY,
            erase=Erase.SHRED,
        )
    )


class AuditEdge(Model):
    """The one row that appends queue at: how long the log is, and the tree's right edge."""

    __tablename__ = "audit_edge"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=plain())
    size: Mapped[int] = mapped_column(info=plain())
    hashes: Mapped[bytes] = mapped_column(LargeBinary, info=plain())
    signer: Mapped[str | None] = mapped_column(
        info=plain("the instance's key that signs heads, encrypted")
    )
    unlocked: Mapped[bool] = mapped_column(
        default=False, info=plain("true only inside a transaction that erases or reseals")
    )


class AuditHead(Model):
    """A signed tree head: the log had this size and this root at that instant."""

    __tablename__ = "audit_head"

    number: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=plain("from 1, without a gap")
    )
    size: Mapped[int] = mapped_column(info=plain())
    root: Mapped[bytes] = mapped_column(LargeBinary, info=plain())
    signed_at: Mapped[datetime] = mapped_column(info=plain())
    signature: Mapped[bytes] = mapped_column(LargeBinary, info=plain("Ed25519"))


events, details = table(AuditEvent), table(AuditDetail)
keys, edges, heads = table(AuditKey), table(AuditEdge), table(AuditHead)
guards.watch(events, details, keys, heads)
