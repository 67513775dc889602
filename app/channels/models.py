"""Channels: an account on a network that an organisation publishes to, and the keys to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import coming_back, vault
from app.account.models import Membership
from app.channels.apps import app_of, is_offered
from app.datamap import (
    Category,
    Erase,
    Retention,
    Subject,
    content,
    link,
    part,
    plain,
    secret,
)
from app.db import Model, db
from app.keyed import Keyed
from app.networks import FACTS, Account, App, Grant, Limits, Network, Way, network
from app.networks.registry import NETWORKS

WORDS = {
    "active": "Connected",
    "needs_reconnect": "Reconnect needed",
    "paused": "Paused",
    "disconnected": "Disconnected",
}
SET_ASIDE = "set_aside"  # shown in place of the state, which goes on beneath it


CONNECT_AGAIN = "It came back with a copy, and keys are never in a copy: connect it again."
WITHOUT_KEYS = coming_back.one_of(
    *WORDS, becomes={"active": "needs_reconnect", "paused": "needs_reconnect"}
)


class Channel(Model):
    """An account elsewhere. After a disconnection the row stays for the history, without keys."""

    __tablename__ = "channel"
    __table_args__ = (UniqueConstraint("organization_id", "network", "host", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True, info=plain()
    )
    network: Mapped[str] = mapped_column(info=plain(back=coming_back.one_of(*NETWORKS)))
    host: Mapped[str] = mapped_column(
        info=content(Category.HANDLE, why="the server that the account lives on")
    )
    account_id: Mapped[str] = mapped_column(
        info=content(Category.HANDLE, why="the network's own name for the account")
    )
    handle: Mapped[str] = mapped_column(
        info=content(Category.HANDLE, why="to show which account you publish to")
    )
    name: Mapped[str] = mapped_column(
        info=content(Category.HANDLE, why="to show which account you publish to")
    )
    url: Mapped[str] = mapped_column(
        info=content(Category.HANDLE, why="to link to the account", back=coming_back.web_address)
    )
    state: Mapped[str] = mapped_column(default="active", info=plain(back=WITHOUT_KEYS))
    problem: Mapped[str] = mapped_column(
        default="", info=plain("what the network answered", back=coming_back.always(CONNECT_AGAIN))
    )
    checked_at: Mapped[datetime | None] = mapped_column(info=plain())
    facts: Mapped[dict[str, Any]] = mapped_column(
        Keyed(*FACTS),
        default=dict,
        server_default="{}",
        info=content(
            Category.HANDLE,
            why="what its server says of the account: limits, kind, room, whose it is",
            back=coming_back.anew,
        ),
    )
    sent_at: Mapped[datetime | None] = mapped_column(
        info=plain("when something overdue last left for it", back=coming_back.anew)
    )
    told_at: Mapped[datetime | None] = mapped_column(
        info=plain("when its people were told that its keys are gone", back=coming_back.anew)
    )
    connected_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), info=link(Subject.ACTOR, erase=Erase.NULL)
    )
    connected_at: Mapped[datetime] = mapped_column(info=plain())
    disconnected_at: Mapped[datetime | None] = mapped_column(info=plain())
    set_aside_at: Mapped[datetime | None] = mapped_column(
        info=plain("since when the plan has no room for it", back=coming_back.anew)
    )
    chosen_at: Mapped[datetime | None] = mapped_column(
        info=plain("when it was chosen to stay in a smaller plan", back=coming_back.anew)
    )
    paused_at: Mapped[datetime | None] = mapped_column(
        info=plain("nothing goes out on it since then", back=coming_back.anew)
    )

    grant: Mapped["ChannelGrant | None"] = relationship(
        back_populates="channel", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def of(cls, member: Membership) -> Select["Channel"]:
        """The organisation's channels that are not disconnected, oldest first."""
        return (
            select(cls)
            .where(cls.organization_id == member.organization_id, cls.state != "disconnected")
            .order_by(cls.id)
        )

    @property
    def adapter(self) -> Network:
        return network(self.network)

    @property
    def account(self) -> Account:
        known = (self.network, self.host, self.account_id, self.handle, self.name, self.url)
        return Account(*known, self.facts or {})

    def limits(self, options: Mapping[str, str] | None = None) -> Limits:
        """Of the network, or of the account's own server where that says them; see
        `Network.limits_of`."""
        return self.adapter.limits_of(self.account, options)

    @property
    def is_usable(self) -> bool:
        return self.state == "active" and self.set_aside_at is None

    @property
    def shown_state(self) -> str:
        """The state, but for a channel that the plan has no room for, or that is told to rest."""
        rests = "paused" if self.state == "active" and self.paused_at else self.state
        return SET_ASIDE if self.set_aside_at else rests

    @property
    def state_word(self) -> str:
        return "Set aside" if self.set_aside_at else WORDS[self.shown_state]

    @property
    def reconnects(self) -> str:
        """The way back: `away` or `here` by one click, `form` where something has to be typed, none
        while the operator's app is missing."""
        way = self.adapter.ways[0]
        if not is_offered(self.adapter):
            return ""
        asked = {one.name for one in self.adapter.questions(way)} - {"host", "handle"}
        return "form" if asked and way is Way.AWAY else str(way)

    @property
    def way_back(self) -> dict[str, Any]:
        """What the button that reconnects it has to know."""
        return {"id": self.id, "network": self.network, "reconnects": self.reconnects}

    @property
    def network_name(self) -> str:
        return self.adapter.name


class ChannelGrant(Model):
    """The keys to a channel, sealed. Destroyed when the channel is disconnected."""

    __tablename__ = "channel_grant"

    channel_id: Mapped[int] = mapped_column(
        ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, info=part()
    )
    sealed: Mapped[str] = mapped_column(
        info=secret(
            Category.TOKEN,
            why="to publish to the account in your name",
            at_rest="encrypted",
            retention=Retention.CONNECTION,
        )
    )
    expires_at: Mapped[datetime | None] = mapped_column(info=plain())
    version: Mapped[int] = mapped_column(default=1, info=plain("compare-and-set of refreshes"))
    lease_until: Mapped[datetime | None] = mapped_column(info=plain("one refresh at a time"))
    refreshed_at: Mapped[datetime | None] = mapped_column(info=plain("when these keys were given"))
    ends_at: Mapped[datetime | None] = mapped_column(info=plain("no refresh helps after this"))
    is_uncertain: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        info=plain("a refresh was asked for and its answer was lost"),
    )
    told_at: Mapped[datetime | None] = mapped_column(
        info=plain("when its people were told that it ends")
    )

    channel: Mapped[Channel] = relationship(back_populates="grant")

    def keep(self, grant: Grant) -> None:
        self.sealed = vault.seal(grant.secrets, bound_to=bound_to(self.channel_id))
        self.expires_at, self.ends_at = grant.expires_at, grant.ends_at
        self.is_uncertain, self.told_at = False, None

    def open(self) -> Grant:
        app = app_of(self.channel.network, self.channel.host)
        return open_grant(self.channel_id, self.sealed, self.expires_at, app)


def bound_to(channel_id: int) -> str:
    return f"channel:{channel_id}"


def open_grant(
    channel_id: int, sealed: str, expires_at: datetime | None, app: App | None = None
) -> Grant:
    """`app`: what the network knows this instance by (`apps.app_of`), to refresh and revoke with."""
    secrets: dict[str, Any] = vault.unseal(sealed, bound_to=bound_to(channel_id))
    return Grant(secrets, expires_at, app=app)


def find_channel(member: Membership, id: int) -> Channel | None:
    """The channel when it belongs to the member's organisation, else None."""
    return db.session.scalar(Channel.of(member).where(Channel.id == id))


def find_known(member: Membership, id: int) -> Channel | None:
    """The same, also of one that is disconnected."""
    known = Channel.organization_id == member.organization_id
    return db.session.scalar(select(Channel).where(known, Channel.id == id))


def reseal_all() -> int:
    """Seal every grant anew under the first key; how many there were."""
    grants = db.session.scalars(select(ChannelGrant).with_for_update()).all()
    for grant in grants:
        grant.sealed = vault.reseal(grant.sealed)
    return len(grants)
