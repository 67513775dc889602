"""What Facebook, Instagram and Threads share: signing in, keys that live for 60 days, one way of
being asked."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from app import http
from app.networks import (
    Account,
    Away,
    Door,
    Grant,
    Network,
    Offer,
    Published,
    Refused,
    Unknown,
    Way,
    oauth,
)
from app.networks.adapters.meta.graph import Graph, Said, read
from app.networks.asking import LOST, ask

Found = TypeVar("Found")
NO_APP = Refused("The operator of this instance has not registered an app there yet.")


class Meta(Network):
    """`window`: where the person says yes; `tokens`: where the code becomes a token."""

    ways = (Way.AWAY,)
    needs_app = True
    version: str
    window: str
    tokens: str
    by_hand: str  # where a person takes the keys back

    def at(self, url: str) -> str:
        """These networks have several hosts; where `api` is set to another server, all are there."""
        return url if self.api == type(self).api else self.api + urlsplit(url).path

    def graph(self, web: http.Client, token: str, secret: str = "") -> Graph:
        return Graph(web, f"{self.api}/{self.version}", self.name, token, secret)

    def of(self, web: http.Client, grant: Grant) -> Graph:
        return self.graph(web, grant.secrets["token"])

    async def begin(self, web: http.Client, answers: dict[str, str], door: Door) -> Away | Refused:
        if door.app is None:
            return NO_APP
        window = self.at(self.window)
        return Away(oauth.authorize_url(window, door, self.scopes, scope=",".join(self.scopes)), {})

    async def finish(
        self, web: http.Client, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
    ) -> tuple[Offer, ...] | Refused:
        code = oauth.code_of(said)
        if door.app is None:
            return NO_APP
        if isinstance(code, Refused):
            return code
        short = await self.exchange(web, door, code.removesuffix("#_"))
        if isinstance(short, Refused | Unknown):
            return Refused(short.reason)
        try:
            found = await self.offers(web, door, str(short["access_token"]))
        except (KeyError, TypeError):
            return Refused(oauth.NO_KEYS)
        return Refused(found.reason) if isinstance(found, Refused | Unknown) else found

    async def exchange(self, web: http.Client, door: Door, code: str) -> Said | Refused | Unknown:
        """A token for an hour. Instagram's documents put the answer into a list, its server has
        also been seen to answer plainly."""
        assert door.app
        form = {
            "client_id": door.app.client_id,
            "client_secret": door.app.client_secret,
            "grant_type": "authorization_code",
            "redirect_uri": door.redirect_uri,
            "code": code,
        }
        said = read(self.name, await ask(web, "POST", self.at(self.tokens), form=form))
        if isinstance(said, dict) and isinstance(said.get("data"), list) and said["data"]:
            first = said["data"][0]
            return first if isinstance(first, dict) else Unknown(LOST)
        return said

    async def offers(
        self, web: http.Client, door: Door, short: str
    ) -> tuple[Offer, ...] | Refused | Unknown:
        """The accounts that this token for an hour opens, with keys that last. Raises KeyError and
        TypeError for an answer that lacks something."""
        raise NotImplementedError

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        said = await self.of(web, grant).get("me", fields="id")
        return said if isinstance(said, Refused | Unknown) else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return Refused(self.by_hand)


def named(found: Found | Published, account: Account) -> Found | Published:
    """A post whose own address is not known yet is at least on the account's page."""
    if isinstance(found, Published) and not found.url:
        return Published(found.external_id, account.url)
    return found
