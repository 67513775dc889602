"""A double of a network where people say yes, inside the test process: it opens what it is told to."""

from collections.abc import Mapping
from typing import Any

from app import http
from app.networks import (
    Account,
    App,
    Away,
    Door,
    Field,
    Grant,
    Idempotency,
    Limits,
    Network,
    Offer,
    Refused,
    Unknown,
    Way,
    oauth,
)

ISSUER = "https://elsewhere.example"


def account(id: str = "1", handle: str = "grace", host: str = ISSUER) -> Account:
    return Account("elsewhere", host, id, handle, handle.title(), f"{host}/{handle}", {})


class Elsewhere(Network):
    slug = "elsewhere"
    name = "Elsewhere"
    words = "A double."
    ways = (Way.AWAY, Way.FORM)
    api = ISSUER
    registers = True
    limits = Limits(500, None, 0, 0, 0, 0)
    idempotency = Idempotency.EXACT
    fields = (
        Field("host", "Server", "host", "", required=False),
        Field("key", "Key", "password", "", required=False),
    )

    def __init__(self) -> None:
        self.opens: list[Account] = [account()]
        self.doors: list[Door] = []
        self.refuses: Refused | None = None
        self.revoked: Refused | Unknown | None = None
        self.registered = 0
        self.names_itself = True
        self.forgot = False

    def questions(self, way: Way) -> tuple[Field, ...]:
        return self.fields if way is Way.FORM else self.fields[:1]

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        return self.opens[0], Grant({"token": answers["key"]}, None)

    async def register(self, web: http.Client, host: str, door: Door) -> App | Refused:
        self.registered += 1
        return self.refuses or App(f"app at {host}", "app secret")

    async def begin(self, web: http.Client, answers: dict[str, str], door: Door) -> Away | Refused:
        self.doors.append(door)
        kept = {"verifier": oauth.verifier()} | ({"issuer": ISSUER} if self.names_itself else {})
        return self.refuses or Away(oauth.authorize_url(f"{self.api}/authorize", door, ()), kept)

    async def finish(
        self, web: http.Client, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
    ) -> tuple[Offer, ...] | Refused:
        code = oauth.code_of(said)
        if isinstance(code, Refused):
            return code
        if self.forgot:
            return oauth.UNKNOWN_APP
        if code != f"code for {door.state}" or not kept["verifier"] or not door.app:
            return Refused("That code is not yours.")
        return tuple((one, Grant({"token": f"t{one.account_id}"}, None)) for one in self.opens)

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return self.revoked

    def answer(self, **change: Any) -> dict[str, str]:
        """The query that it sends the last person back with."""
        state = self.doors[-1].state
        return {"state": state, "code": f"code for {state}", "iss": ISSUER} | change
