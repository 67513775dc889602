"""What adapters are given and what they answer: plain values, none of them knows a database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.networks.media import JPEG, PNG, WEBP, Picture, Video


class Idempotency(StrEnum):
    """What protects from sending twice (docs/decisions/0005)."""

    EXACT = "exact"  # a key that we choose names the post for ever
    KEY = "key"  # the network knows a key for a while; after that, and beside it, LIST
    HANDLE = "handle"  # the network gave a handle before; it says what became of it
    LIST = "list"  # the account's own recent posts can be read
    BLIND = "blind"  # nobody can tell but a person


class Way(StrEnum):
    """How an account is connected."""

    FORM = "form"  # what is typed into a form is the key
    AWAY = "away"  # the person says yes at the network and comes back (RFC 6749)
    HERE = "here"  # the account is made inside this instance


@dataclass(frozen=True)
class Limits:
    """What one post may hold: bytes, pixels of a side, `thread` posts in a row (1: none), a first
    `comment`, pictures beside a video (`mixed`). `link_characters`: of each link, 0 for its own.
    `caption`: characters beside a picture or video, 0 where it is no fewer."""

    graphemes: int
    bytes: int | None
    images: int
    image_bytes: int
    image_side: int
    alt_graphemes: int
    image_types: tuple[str, ...] = (JPEG, PNG, WEBP)
    videos: int = 0
    video_bytes: int = 0
    video_seconds: int = 0
    mixed: bool = False
    needs_media: bool = False
    thread: int = 1
    comment: bool = False
    link_characters: int = 0
    caption: int = 0

    def beside(self, media: object) -> "Limits":
        """What holds for a text that goes out with these pictures or videos, if there are any."""
        return replace(self, graphemes=self.caption) if media and self.caption else self


@dataclass(frozen=True)
class Field:
    """A question of the connect form; `kind` is text, password, host or switch ("yes" or "").
    `made`: makes what stands in it at first, such as a new secret to copy."""

    name: str
    label: str
    kind: str
    hint: str
    placeholder: str = ""
    required: bool = True
    made: Callable[[], str] | None = None


@dataclass(frozen=True)
class Option:
    """What only this network asks about a post. `kind` is text, choice or switch ("yes" or "");
    `drawn` is how a preview shows it: title (above the words), cover (folds them away) or "".
    `comment`: the answer counts for the first comment too, as who may see it does."""

    name: str
    label: str
    kind: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    most: int = 300
    required: bool = False
    default: str = ""
    drawn: str = ""
    comment: bool = False


@dataclass(frozen=True)
class Account:
    """An account on a network, as the network names it. `facts`: what its server says of itself,
    the keys listed in `FACTS`."""

    network: str
    host: str
    account_id: str
    handle: str
    name: str
    url: str
    facts: Mapping[str, Any] = field(default_factory=dict)


FACTS = (
    *("characters", "link_characters", "images", "image_bytes", "video_bytes", "video_seconds"),
    *("software", "kind", "parent", "room", "endpoint", "relays"),
)


@dataclass(frozen=True)
class App:
    """What a network knows this instance by: a developer app of the operator, or a registration."""

    client_id: str
    client_secret: str = ""


@dataclass(frozen=True)
class Grant:
    """The keys to an account, open: never stored or logged like this. `app` is put beside them when
    they are opened. `ends_at`: when no refresh helps any more, where that is known."""

    secrets: dict[str, str]
    expires_at: datetime | None
    ends_at: datetime | None = None
    app: App | None = None


@dataclass(frozen=True)
class Door:
    """Where the network sends a person back to, and how this instance is known there."""

    redirect_uri: str
    state: str
    app: App | None = None
    base_url: str = ""


@dataclass(frozen=True)
class Away:
    """Where the person says yes; `kept` is sealed and handed to `finish` (verifier, keys, host)."""

    url: str
    kept: dict[str, str]


Offer = tuple[Account, Grant]


@dataclass(frozen=True)
class Piece:
    """One post of a thread, or its first comment: what `prepare` makes a record of."""

    text: str
    pictures: tuple[Picture, ...] = ()
    video: Video | None = None
    link_card: bool = True
    options: Mapping[str, str] = field(default_factory=dict)
    place: int = 0
    is_comment: bool = False


@dataclass(frozen=True)
class Published:
    """It stands there. `ref`: what a reply to it has to name beside the id. `told`: what else the
    network said, for the timeline."""

    external_id: str
    url: str
    ref: str = ""
    told: str = ""


@dataclass(frozen=True)
class Parcel:
    """What `publish` sends: a key chosen before, an instant fixed with it, the prepared record.

    `before`: the posts of this thread that are up, the first one first. `handle`: what the network
    called it when it said that it was still at work. `taken`: ids of posts that belong to others
    of ours, never to be taken for this one.
    """

    key: str
    at: datetime
    record: dict[str, Any]
    before: tuple[Published, ...] = ()
    handle: str = ""
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Partly:
    """Some of the media is up: keep `so_far` and ask again, not before `again_at`."""

    so_far: dict[str, Any]
    again_at: datetime | None = None


@dataclass(frozen=True)
class Processing:
    """The network took it and is still at work on it; `handle` asks what became of it."""

    handle: str
    reason: str = "The network is still working on it."


@dataclass(frozen=True)
class Refused:
    """A definite no, in a sentence for the author. `not_sent`: nothing reached the network.
    `stale_token`: the access token has run out and wants a refresh. `field`: of the connect form.
    `prepare_again`: what was uploaded ahead is no good any more. `partly`: some of it stands.
    `for_all`: the wait of `retry_at` is that of the developer app, and so of every channel there."""

    reason: str
    permanent: bool = False
    retry_at: datetime | None = None
    reconnect: bool = False
    not_sent: bool = False
    stale_token: bool = False
    field: str = ""
    prepare_again: bool = False
    partly: bool = False
    for_all: bool = False


@dataclass(frozen=True)
class Unknown:
    """It may have happened, or not."""

    reason: str


@dataclass(frozen=True)
class Absent:
    """Read back and not there."""
