"""The networks that we publish to: what an adapter is asked, and the values that it answers.

Adapters do no database work and know nothing of Flask. A foreign refusal is a value, not an
exception; an outcome that nobody knows is said to be unknown and never guessed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from app import http
from app.networks import text
from app.networks.figures import Figures
from app.networks.media import Picture, Video
from app.networks.values import (
    FACTS,
    Absent,
    Account,
    App,
    Away,
    Door,
    Field,
    Grant,
    Idempotency,
    Limits,
    Offer,
    Option,
    Parcel,
    Partly,
    Piece,
    Processing,
    Published,
    Refused,
    Unknown,
    Way,
)
from app.networks.words import Count, Segment

__all__ = [
    "FACTS",
    "Absent",
    "Account",
    "App",
    "Away",
    "Count",
    "Door",
    "Field",
    "Figures",
    "Grant",
    "Idempotency",
    "Limits",
    "Network",
    "Offer",
    "Option",
    "Parcel",
    "Partly",
    "Picture",
    "Piece",
    "Processing",
    "Published",
    "Refused",
    "Segment",
    "Unknown",
    "Video",
    "Way",
    "network",
]


class Network:
    """One network. Everything that asks it takes the guarded client. Adapters inherit what is the
    same for most."""

    slug: str
    name: str
    words: str  # one line for the list of networks
    ways: tuple[Way, ...] = (Way.FORM,)
    api: str = ""  # of networks with one address; others are asked at the account's host
    site: str = ""  # where people sign in, when that is another one
    needs_app: bool = False  # the operator has to register a developer app there
    registers: bool = False  # this instance registers itself at each server (`register`)
    moves: bool = False  # an account keeps its name when it moves to another server
    scopes: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    options: tuple[Option, ...] = ()
    limits: Limits
    idempotency: Idempotency
    equal_texts: str = ""  # what to tell who lets one text go out again and again there
    tells: frozenset[str] = frozenset()  # metrics of a post that it tells: figures.METRICS
    why_untold: str = ""  # where it could tell, and isn't asked
    tells_audience: bool = False  # how many follow the account
    metrics_kept: timedelta | None = None  # its own ceiling for what it told, where it has one
    measure_batch: int = 1  # posts in one question
    is_metered: bool = False  # the operator pays for each post that is asked about

    def limits_of(self, account: Account, options: Mapping[str, str] | None = None) -> Limits:
        """The limits on that account's server; `options` that count with the text, such as a
        content warning, leave less room for it."""
        told, most = account.facts, self.limits
        return replace(
            most,
            graphemes=told.get("characters", most.graphemes),
            link_characters=told.get("link_characters", most.link_characters),
            images=told.get("images", most.images),
            image_bytes=told.get("image_bytes", most.image_bytes),
            video_bytes=told.get("video_bytes", most.video_bytes),
            video_seconds=told.get("video_seconds", most.video_seconds),
        )

    def sign_in_at(self) -> str:
        """Where people sign in: `site`, but a test's server when `api` was set to one."""
        if self.api == type(self).api:
            return self.site
        where = urlsplit(self.api)
        return f"{where.scheme}://{where.netloc}"

    def idempotency_of(self, account: Account) -> Idempotency:
        """The class of that account, where accounts of one network differ."""
        return self.idempotency

    def new_key(self, seed: int, at: datetime) -> str:
        """A key for one step of a delivery. It comes from the row and its time alone: a database put
        back from a backup finds under it what went out after the backup was made."""
        named = hashlib.sha256(f"{seed} {at.astimezone(UTC).isoformat()}".encode()).hexdigest()
        return f"allstac-{seed}-{named[:16]}"

    def count(self, words: str, limits: Limits | None = None) -> Count:
        """`limits` are those of the account's server, where there is one."""
        most = limits or self.limits
        return text.count(words, self.name, most.graphemes, most.bytes)

    def segments(self, words: str) -> list[Segment]:
        return text.segments(words)

    def questions(self, way: Way) -> tuple[Field, ...]:
        """What is asked before that way; a field of kind `host` is handed on as a base URL."""
        return self.fields

    def known_at(self, host: str) -> str:
        """`registers`: where this instance is known, for accounts of that server."""
        return host

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        """Way.FORM: do these answers open an account?"""
        raise NotImplementedError

    async def register(self, web: http.Client, host: str, door: Door) -> App | Refused:
        """`registers`: make this instance known at a server."""
        raise NotImplementedError

    async def begin(self, web: http.Client, answers: dict[str, str], door: Door) -> Away | Refused:
        """Way.AWAY: where the person says yes."""
        raise NotImplementedError

    async def finish(
        self, web: http.Client, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
    ) -> tuple[Offer, ...] | Refused:
        """Way.AWAY: what came of it; `said` is the query that the network sent the person back
        with. Of several accounts the person chooses."""
        raise NotImplementedError

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown:
        """Keys that are valid for longer. Asked only when they have an end."""
        return grant

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        """Do the keys still open the account? None when they do."""
        raise NotImplementedError

    async def facts(self, web: http.Client, account: Account, grant: Grant) -> dict[str, Any]:
        """What the account's server says of its limits now; the ones known when it can't be
        asked."""
        return dict(account.facts)

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        """Make the keys worthless. A refusal tells the person what to do there by hand."""
        raise NotImplementedError

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        """Upload and build what will be sent, all but what is public. `so_far` is what the last
        `Partly` kept, empty at first."""
        raise NotImplementedError

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Refused | Unknown:
        """The one request that makes it public."""
        raise NotImplementedError

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Processing | Absent | Refused | Unknown:
        """Read back: is it there? BLIND networks are never asked."""
        raise NotImplementedError

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        """Take it down again; None also when it was gone already."""
        raise NotImplementedError

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> dict[str, Figures | Absent] | Refused | Unknown:
        """How these posts do: at most `measure_batch` of them, by their external ids. Asked only
        where it `tells` something; one that is not in the answer was not told of this time."""
        raise NotImplementedError

    async def audience(
        self, web: http.Client, account: Account, grant: Grant
    ) -> int | Refused | Unknown | None:
        """How many follow the account. Asked only where it `tells_audience`."""
        raise NotImplementedError


def network(slug: str) -> Network:
    """The adapter of that name; KeyError for one that we don't have."""
    from app.networks.registry import NETWORKS

    return NETWORKS[slug]
