"""A request about privacy, from whomever it comes, and its history."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.account.models import User
from app.datamap import (
    Basis,
    Category,
    Erase,
    Export,
    Mark,
    Purpose,
    Retention,
    Subject,
    link,
    part,
    personal,
    plain,
    secret,
)
from app.db import Model
from app.privacy.request_words import (
    ACTIVE,
    KINDS,
    OVER,
    PROOFS,
    REFUSALS,
    SOURCES,
    STATES,
    UNVERIFIED,
    Kind,
    Proof,
    Refusal,
    Source,
    State,
)

ARE_ACTIVE = text(f"state IN ({', '.join(repr(str(state)) for state in ACTIVE)})")


def evidence(
    why: str,
    *,
    category: Category = Category.REQUEST,
    by_address: bool = False,
    export: Export = Export.VALUE,
) -> dict[str, Mark]:
    """Shows that we kept our duty (GDPR art. 12): the row stays, the person's part of it goes."""
    return personal(
        category,
        why=why,
        purpose=Purpose.LEGAL_DUTY,
        basis=Basis.LEGAL_OBLIGATION,
        retention=Retention.REQUEST,
        erase=Erase.NULL,
        by_address=by_address,
        export=export,
    )


class RightsRequest(Model):
    """What somebody asks of us as a data subject. `holder` is set once it is shown who asks, so
    that one who is not shown to be somebody can't be in the way of one who is."""

    __tablename__ = "rights_request"
    __table_args__ = (
        Index(
            "uq_rights_request_active",
            "kind",
            "holder",
            unique=True,
            sqlite_where=ARE_ACTIVE,
            postgresql_where=ARE_ACTIVE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    code: Mapped[str] = mapped_column(
        unique=True, info=plain("names the request on its public page, which tells only its state")
    )
    kind: Mapped[str] = mapped_column(info=plain(" | ".join(KINDS)))
    state: Mapped[str] = mapped_column(index=True, info=plain(" | ".join(STATES)))
    source: Mapped[str] = mapped_column(info=plain(" | ".join(SOURCES)))
    proof: Mapped[str | None] = mapped_column(info=plain(" | ".join(PROOFS)))
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        index=True,
        info=link(Subject.OWNER, erase=Erase.NULL),
    )
    email: Mapped[str | None] = mapped_column(
        index=True,
        info=evidence(
            "to answer you, and to find what belongs to your address",
            category=Category.EMAIL,
            by_address=True,
        ),
    )
    network_user: Mapped[str | None] = mapped_column(
        info=evidence("who the network says is asking", category=Category.HANDLE)
    )
    details: Mapped[str | None] = mapped_column(info=evidence("what you told us with the request"))
    holder: Mapped[str | None] = mapped_column(
        info=evidence("a keyed hash: one request of a kind at a time", export=Export.OMIT)
    )
    received_at: Mapped[datetime] = mapped_column(index=True, info=plain("the clocks start here"))
    target_at: Mapped[datetime] = mapped_column(info=plain("our own aim"))
    due_at: Mapped[datetime] = mapped_column(index=True, info=plain("the law's limit"))
    extension: Mapped[str | None] = mapped_column(info=plain("complex | many"))
    closed_at: Mapped[datetime | None] = mapped_column(info=plain("starts the 3 years"))
    refusal: Mapped[str | None] = mapped_column(info=plain(" | ".join(REFUSALS)))
    appealed_at: Mapped[datetime | None] = mapped_column(info=plain("once at most"))
    origin: Mapped[str | None] = mapped_column(
        unique=True,
        info=evidence("a hash: what comes twice is taken in once", export=Export.OMIT),
    )
    reply_to: Mapped[str | None] = mapped_column(
        info=evidence("the id of your mail, so that ours stands below it")
    )
    link_hash: Mapped[str | None] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise the link that we mailed",
            at_rest="hashed",
            retention=Retention.ONE_TIME,
            erase=Erase.TOMBSTONE,
        ),
    )
    link_until: Mapped[datetime | None] = mapped_column(info=plain())

    user: Mapped[User | None] = relationship()
    events: Mapped[list["RequestEvent"]] = relationship(
        order_by="RequestEvent.id", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def of(cls, user: User) -> Select["RightsRequest"]:
        return select(cls).where(cls.user_id == user.id).order_by(cls.id.desc())

    @property
    def is_verified(self) -> bool:
        return self.state not in UNVERIFIED and self.proof is not None

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def is_read_by_link(self) -> bool:
        """What a sign-in has shown to be an account's own is read by signing in only."""
        return self.proof != Proof.SIGN_IN

    @property
    def may_appeal(self) -> bool:
        return self.state in (State.ANSWERED, State.REFUSED) and self.appealed_at is None

    @property
    def address(self) -> str:
        """Where mails go; empty when the network alone knows the person."""
        return self.user.email if self.user else self.email or ""

    @property
    def kind_words(self) -> str:
        return KINDS[Kind(self.kind)]

    @property
    def state_words(self) -> str:
        return STATES[State(self.state)]

    @property
    def source_words(self) -> str:
        return SOURCES[Source(self.source)]

    @property
    def proof_words(self) -> str:
        return PROOFS[Proof(self.proof)] if self.proof else "not shown yet"

    @property
    def refusal_words(self) -> str:
        return REFUSALS[Refusal(self.refusal)] if self.refusal else ""


class RequestEvent(Model):
    """One step of a request. The person sees all of them."""

    __tablename__ = "request_event"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    request_id: Mapped[int] = mapped_column(
        ForeignKey("rights_request.id", ondelete="CASCADE"), index=True, info=part()
    )
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"),
        info=link(Subject.ACTOR, why="who of us did it", erase=Erase.NULL),
    )
    at: Mapped[datetime] = mapped_column(info=plain())
    state: Mapped[str] = mapped_column(info=plain("the state after it"))
    title: Mapped[str] = mapped_column(info=plain("what happened, in fixed words"))
    words: Mapped[str | None] = mapped_column(
        info=evidence("what was said about your request, by you or by us")
    )
