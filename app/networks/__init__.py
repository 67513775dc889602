"""The networks that we publish to: what an adapter is asked, and the values that it answers.

Adapters do no database work and know nothing of Flask. A foreign refusal is a value, not an
exception; an outcome that nobody knows is said to be unknown and never guessed.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from app import http


class Idempotency(StrEnum):
    """What protects from sending twice (docs/decisions/0005)."""

    EXACT = "exact"
    KEY = "key"
    HANDLE = "handle"
    LIST = "list"
    BLIND = "blind"


@dataclass(frozen=True)
class Limits:
    """What one post may hold. Sizes in bytes, sides in pixels."""

    graphemes: int
    bytes: int | None
    images: int
    image_bytes: int
    image_side: int
    alt_graphemes: int


@dataclass(frozen=True)
class Field:
    """A question of the connect form; `kind` is text, password or host."""

    name: str
    label: str
    kind: str
    hint: str
    placeholder: str = ""
    required: bool = True


@dataclass(frozen=True)
class Account:
    """An account on a network, as the network names it."""

    network: str
    host: str
    account_id: str
    handle: str
    name: str
    url: str


@dataclass(frozen=True)
class Grant:
    """The keys to an account, open: never stored or logged like this."""

    secrets: dict[str, str]
    expires_at: datetime | None


@dataclass(frozen=True)
class Picture:
    """A picture that fits the network's limits."""

    body: bytes
    type: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Draft:
    """What `prepare` makes a record of."""

    text: str
    pictures: tuple[Picture, ...] = ()
    link_card: bool = True


@dataclass(frozen=True)
class Parcel:
    """What `publish` sends: a key chosen before, an instant fixed with it, the prepared record."""

    key: str
    at: datetime
    record: dict[str, Any]


@dataclass(frozen=True)
class Published:
    external_id: str
    url: str


@dataclass(frozen=True)
class Refused:
    """A definite no, in a sentence for the author. `not_sent`: nothing reached the network.
    `stale_token`: the access token has run out and wants a refresh. `field`: of the connect form."""

    reason: str
    permanent: bool = False
    retry_at: datetime | None = None
    reconnect: bool = False
    not_sent: bool = False
    stale_token: bool = False
    field: str = ""


@dataclass(frozen=True)
class Unknown:
    """It may have happened, or not."""

    reason: str


@dataclass(frozen=True)
class Absent:
    """Read back and not there."""


class Segment(NamedTuple):
    """A stretch of a text: kind is text, link, mention or tag."""

    kind: str
    text: str
    target: str


@dataclass(frozen=True)
class Count:
    """Characters as the network counts them; `problem` says so when there are too many."""

    used: int
    limit: int
    problem: str | None = None


class Network(Protocol):
    """One network. Everything that asks it takes the guarded client."""

    slug: str
    name: str
    fields: tuple[Field, ...]
    limits: Limits
    idempotency: Idempotency

    def new_key(self, seed: int, at: datetime) -> str: ...

    def count(self, text: str) -> Count: ...

    def segments(self, text: str) -> list[Segment]: ...

    async def connect(
        self, web: http.Client, answers: dict[str, str]
    ) -> tuple[Account, Grant] | Refused: ...

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown: ...

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None: ...

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None: ...

    async def prepare(
        self, web: http.Client, account: Account, grant: Grant, draft: Draft, at: datetime
    ) -> dict[str, Any] | Refused | Unknown: ...

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown: ...

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown: ...

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None: ...


def network(slug: str) -> Network:
    """The adapter of that name; KeyError for one that we don't have."""
    from app.networks.registry import NETWORKS

    return NETWORKS[slug]
