"""The keys of Instagram and Threads: a token for an hour becomes one for 60 days, which can be
refreshed for ever (developers.facebook.com/docs/threads/get-started/long-lived-tokens)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import http
from app.networks import Account, Door, Grant, Offer, Refused, Unknown, oauth
from app.networks.adapters.meta import Meta
from app.networks.adapters.meta.graph import Graph
from app.networks.asking import LOST


@dataclass(frozen=True)
class Edges:
    """What the two networks call the same things."""

    make: str  # edge that makes containers
    publish: str
    list: str  # the account's own posts
    quota: str
    status: str  # field of a container
    text: str  # field of a container and of a post
    read: str  # fields of a post
    grant: str  # prefix of grant types


class LongLived(Meta):
    edges: Edges

    async def offers(
        self, web: http.Client, door: Door, short: str
    ) -> tuple[Offer, ...] | Refused | Unknown:
        assert door.app
        said = await Graph(web, self.api, self.name, short).get(
            "access_token",
            grant_type=f"{self.edges.grant}_exchange_token",
            client_secret=door.app.client_secret,
        )
        if isinstance(said, Refused | Unknown):
            return said
        grant = token_grant(said)
        account = await self.whose(self.of(web, grant))
        return account if isinstance(account, Refused | Unknown) else ((account, grant),)

    async def whose(self, graph: Graph) -> Account | Refused | Unknown:
        """The account that the keys open."""
        raise NotImplementedError

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown:
        """Only a token that is a day old and has not run out can be refreshed
        (developers.facebook.com/docs/instagram-platform/reference/refresh_access_token)."""
        said = await Graph(web, self.api, self.name, grant.secrets["token"]).get(
            "refresh_access_token", grant_type=f"{self.edges.grant}_refresh_token"
        )
        if isinstance(said, Refused | Unknown):
            return said
        try:
            return token_grant(said)
        except KeyError:
            return Unknown(LOST)


def token_grant(said: Mapping[str, Any]) -> Grant:
    """Keys for 60 days. Each refresh gives 60 more, so they have no fixed end."""
    return Grant({"token": said["access_token"]}, oauth.ends(said))
