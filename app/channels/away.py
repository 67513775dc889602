"""People who are on their way to a network and back: one row each, good for ten minutes and for one
return (RFC 6749 10.12, RFC 9700 4.4, 4.7)."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import clock, vault
from app.account.models import Membership
from app.account.tokens import digest
from app.datamap import Category, Retention, Subject, link, personal, plain, secret
from app.db import Model, db, table
from app.networks import Account, Grant, Offer

VALID = timedelta(minutes=10)


class Connecting(Model):
    """Who went where, from which browser, for which organisation."""

    __tablename__ = "connecting"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    state_hash: Mapped[str] = mapped_column(
        unique=True,
        info=secret(
            Category.SECRET,
            why="to recognise you when a network sends you back",
            at_rest="hashed",
            retention=Retention.ONE_TIME,
        ),
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.MEMBER)
    )
    session_id: Mapped[int] = mapped_column(
        ForeignKey("login_session.id", ondelete="CASCADE"),
        index=True,
        info=plain("the browser that it began in; signing out ends it"),
    )
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    channel_id: Mapped[int | None] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), index=True, info=plain("to be reconnected")
    )
    network: Mapped[str] = mapped_column(info=plain())
    host: Mapped[str] = mapped_column(
        info=personal(
            Category.HANDLE,
            why="the server that you named to connect an account on it",
            retention=Retention.ONE_TIME,
        )
    )
    kept: Mapped[str] = mapped_column(
        info=secret(
            Category.SECRET,
            why="what the network wants to see again when you come back from it",
            at_rest="encrypted",
            retention=Retention.ONE_TIME,
        )
    )
    offers: Mapped[str | None] = mapped_column(
        info=secret(
            Category.SECRET,
            why="the accounts that you may choose from, until you chose",
            at_rest="encrypted",
            retention=Retention.ONE_TIME,
        )
    )
    used_at: Mapped[datetime | None] = mapped_column(info=plain("when the network's answer came"))
    expires_at: Mapped[datetime] = mapped_column(index=True, info=plain())


row = table(Connecting).c


@dataclass(frozen=True)
class Traveller:
    """Who asks, and from which browser."""

    member: Membership
    session_id: int

    def went_to(self, slug: str, now: datetime) -> Any:
        """The condition on rows: this person's, of this browser, for this network, in time."""
        return (
            (row.user_id == self.member.user_id)
            & (row.organization_id == self.member.organization_id)
            & (row.session_id == self.session_id)
            & (row.network == slug)
            & (row.expires_at > now)
        )


def new_state() -> str:
    """256 bits that nobody else can know."""
    return secrets.token_urlsafe(32)


def depart(
    who: Traveller,
    slug: str,
    host: str,
    state: str,
    kept: dict[str, str],
    channel_id: int | None,
    now: datetime,
) -> Connecting:
    """Write down who leaves; what they began there before and did not finish counts no more."""
    before = (
        (row.organization_id == who.member.organization_id)
        & (row.session_id == who.session_id)
        & (row.network == slug)
    )
    db.session.execute(delete(table(Connecting)).where(before))
    hashed = digest(state)
    made = Connecting(
        state_hash=hashed,
        user_id=who.member.user_id,
        session_id=who.session_id,
        organization_id=who.member.organization_id,
        channel_id=channel_id,
        network=slug,
        host=host,
        kept=vault.seal(kept, bound_to=f"connecting:{hashed}"),
        expires_at=now + VALID,
    )
    db.session.add(made)
    return made


def come_back(who: Traveller, slug: str, state: str, now: datetime) -> Connecting | None:
    """Use the state up; None for one that is not this person's here and now, or was used."""
    mine = (row.state_hash == digest(state)) & who.went_to(slug, now) & row.used_at.is_(None)
    used: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        update(table(Connecting)).where(mine).values(used_at=now)
    )
    if not used.rowcount:
        return None
    theirs = row.organization_id == who.member.organization_id
    return db.session.scalar(select(Connecting).where(theirs, row.state_hash == digest(state)))


def open_kept(found: Connecting) -> dict[str, str]:
    kept: dict[str, str] = vault.unseal(found.kept, bound_to=f"connecting:{found.state_hash}")
    return kept


def hold_out(found: Connecting, offers: Sequence[Offer], now: datetime) -> None:
    """Keep the accounts, sealed, until the person chose among them."""
    rows = [_packed(offer) for offer in offers]
    found.offers = vault.seal(rows, bound_to=f"offers:{found.state_hash}")
    found.expires_at = now + VALID


def waiting(who: Traveller, slug: str, now: datetime) -> Connecting | None:
    """What this person may choose from."""
    mine = who.went_to(slug, now) & row.offers.is_not(None)
    return db.session.scalar(select(Connecting).where(mine).order_by(row.id.desc()))


def offers_of(found: Connecting) -> list[Offer]:
    rows = vault.unseal(found.offers or "", bound_to=f"offers:{found.state_hash}")
    return [_unpacked(one) for one in rows]


def arrive(found: Connecting) -> bool:
    """The end of it; False when somebody was faster."""
    gone: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        delete(table(Connecting)).where(
            row.organization_id == found.organization_id, row.id == found.id
        )
    )
    return bool(gone.rowcount)


def _packed(offer: Offer) -> dict[str, Any]:
    account, grant = offer
    return {
        "account": asdict(account) | {"facts": dict(account.facts)},
        "secrets": grant.secrets,
        "expires_at": grant.expires_at and grant.expires_at.isoformat(),
        "ends_at": grant.ends_at and grant.ends_at.isoformat(),
    }


def _unpacked(one: dict[str, Any]) -> Offer:
    ends = {name: one[name] and clock.parse(one[name]) for name in ("expires_at", "ends_at")}
    return Account(**one["account"]), Grant(one["secrets"], ends["expires_at"], ends["ends_at"])
