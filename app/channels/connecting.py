"""Connecting, checking and disconnecting an account. No transaction is open while a network is
asked."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, or_, select

from app import http
from app.account import allowances
from app.account.models import Membership
from app.channels.models import Channel, ChannelGrant
from app.db import db
from app.networks import Account, Grant, Refused, Unknown, network
from app.scope import across_organizations

T = TypeVar("T")
Keys = Callable[[http.Client, int, Account], Awaitable[Grant | Refused | Unknown]]
# How keys are refreshed by one at a time (app/publishing/grants.py); filled where features are put
# together.
FRESH: list[Keys] = []
# Who else is asked whether this account may be connected there now; may raise NoRoom. Filled likewise.
GATES: list[Callable[[Membership, Account, datetime], None]] = []


def ask(question: Callable[[http.Client], Awaitable[T]]) -> T:
    """Ask a network one thing from ordinary code, with the database let go."""

    async def run() -> T:
        async with http.client() as web:
            return await question(web)

    db.session.rollback()
    return asyncio.run(run())


def introduce(slug: str, answers: dict[str, str]) -> tuple[Account, Grant] | Refused:
    """Ask the network whether these answers open an account there."""
    return ask(lambda web: network(slug).connect(web, answers))


def known(organization_id: int, account: Account) -> Channel | None:
    """The channel that this account has been here, connected or not."""
    same = [
        Channel.organization_id == organization_id,
        Channel.network == account.network,
        Channel.account_id == account.account_id,
    ]
    if not network(account.network).moves:
        same.append(Channel.host == account.host)
    return db.session.scalar(select(Channel).where(*same).order_by(Channel.id).limit(1))


def is_account_of(channel: Channel, account: Account) -> bool:
    """Is it the account that this channel stands for?"""
    same = (channel.network, channel.account_id) == (account.network, account.account_id)
    return same and (channel.adapter.moves or channel.host == account.host)


def make_room(member: Membership) -> None:
    """Is there room for one more channel? Asked one after the other. Raises NoRoom."""
    allowances.stand_in_line(member.organization_id)
    there = count_in_use(member.organization_id) + 1
    if words := allowances.refuse(member.organization_id, "channels", there):
        raise allowances.NoRoom(words)


def attach(member: Membership, account: Account, grant: Grant, now: datetime) -> Channel:
    """Keep the account as a channel; one that was known before comes back with new keys. Raises
    allowances.NoRoom."""
    channel = known(member.organization_id, account) or Channel(
        organization_id=member.organization_id, connected_at=now
    )
    if channel.state in (None, "disconnected"):
        make_room(member)
        for ask_leave in GATES:
            ask_leave(member, account, now)
    channel.network, channel.host, channel.account_id = (
        account.network,
        account.host,
        account.account_id,
    )
    channel.handle, channel.name, channel.url = account.handle, account.name, account.url
    channel.facts = dict(account.facts)
    channel.state, channel.problem, channel.disconnected_at = "active", "", None
    channel.connected_by_id, channel.checked_at, channel.told_at = member.user_id, now, None
    db.session.add(channel)
    db.session.flush()
    kept = db.session.get(ChannelGrant, channel.id) or ChannelGrant(
        channel_id=channel.id, version=0
    )
    kept.keep(grant)
    kept.version, kept.lease_until, kept.refreshed_at = kept.version + 1, None, now
    db.session.add(kept)
    return channel


def look_after(channel_id: int, now: datetime) -> None:
    """Ask the network whether the keys still open the account, and note the answer."""
    channel = db.session.get(Channel, channel_id)
    if channel is None or channel.grant is None:
        return
    adapter, account = channel.adapter, channel.account

    async def question(web: http.Client) -> Refused | Unknown | None:
        [fresh] = FRESH
        keys = await fresh(web, channel_id, account)
        return await adapter.check(web, account, keys) if isinstance(keys, Grant) else keys

    answer = ask(question)
    channel = db.session.get(Channel, channel_id)
    if channel is None or channel.grant is None:
        return  # let go of while the network was asked
    channel.checked_at = now
    if isinstance(answer, Refused) and answer.reconnect:
        channel.state, channel.problem = "needs_reconnect", answer.reason
    elif isinstance(answer, Refused | Unknown):
        channel.problem = answer.reason
    else:
        channel.state, channel.problem = "active", ""


@across_organizations("a network speaks of an account, wherever it is connected")
def forget_keys(network: str, user: str, now: datetime) -> int:
    """A person took our permission away there: the keys that they gave are dead, so they go; how many
    channels it concerned. `user` is the account itself, or who gave the keys to it: a Facebook page
    and an Instagram account have names of their own."""
    is_giver = Channel.facts["parent"].as_string() == user
    chosen = select(Channel).where(
        Channel.network == network, or_(Channel.account_id == user, is_giver)
    )
    found = db.session.scalars(chosen).all()
    for channel in found:
        channel.grant = None
        if channel.state != "disconnected":
            channel.state, channel.checked_at = "needs_reconnect", now
            channel.problem = "The account's owner took our permission away at the network."
    db.session.flush()
    return len(found)


def disconnect(channel_id: int, now: datetime) -> str:
    """Revoke at the network, then destroy the keys whatever it answered; what to tell."""
    channel = db.session.get_one(Channel, channel_id)
    answer: Refused | Unknown | None = None
    if channel.grant:
        adapter, account, grant = channel.adapter, channel.account, channel.grant.open()
        answer = ask(lambda web: adapter.revoke(web, account, grant))
    channel = db.session.get_one(Channel, channel_id)
    channel.grant = None
    channel.state, channel.disconnected_at, channel.problem = "disconnected", now, ""
    channel.set_aside_at = channel.chosen_at = None
    if answer is None:
        return "Disconnected. The keys are revoked at the network and destroyed here."
    return (
        "Disconnected. The keys are destroyed here; the network did not confirm the revocation"
        f" ({answer.reason}), so take the permission back there as well."
    )


def connected(organization_id: int) -> list[int]:
    """The channels of an organisation whose keys are still here."""
    wanted = select(Channel.id).where(
        Channel.organization_id == organization_id, Channel.state != "disconnected"
    )
    return list(db.session.scalars(wanted))


def count_in_use(organization_id: int) -> int:
    """Of those, how many take a place of the plan: all but those that are set aside."""
    wanted = select(func.count()).where(
        Channel.organization_id == organization_id,
        Channel.state != "disconnected",
        Channel.set_aside_at.is_(None),
    )
    return db.session.scalar(wanted) or 0
