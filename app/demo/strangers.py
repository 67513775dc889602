"""Other organisations on the demo's instance, so that the desk has something to count: a page that
hides whoever are fewer than five shows nothing of one. Nobody can sign in there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from random import Random

from app.account.models import Membership, Organization
from app.account.permissions import Role
from app.channels.models import Channel
from app.db import db
from app.demo.people import ZONE, person
from app.scheduler.models import Delivery, Post
from app.scheduler.states import PUBLISHED
from app.scheduler.words import COMMENT, PART, PostWords

TRADES = (
    "Bakery",
    "Bookshop",
    "Cycle works",
    "Florist",
    "Printers",
    "Pottery",
    "Choir",
    "Climbing hall",
)
TOWNS = ("Aarhus", "Bremen", "Ghent", "Leipzig", "Lille", "Turku")
NAMES = (
    "Ana",
    "Bo",
    "Chidi",
    "Dilan",
    "Elif",
    "Finn",
    "Greta",
    "Hugo",
    "Ines",
    "Jan",
    "Kim",
    "Lena",
)
NETWORKS = ("bluesky", "mastodon", "facebook", "linkedin")
SECONDS = 3  # each third organisation has a second person, and asks for a yes
SECOND = 101  # further on among the names
WRITING = 7  # each seventh has written nothing yet
WAITS = (timedelta(minutes=20), timedelta(hours=9), timedelta(days=3), timedelta(days=12))
APART = timedelta(days=6)
WEEKS = 13


def plant(now: datetime) -> None:
    """Founded evenly over the last weeks; each posts on one network from some time after on."""
    chance = Random("strangers")  # noqa: S311  # a picture of chance, no secret
    names = [f"{trade} {town}" for trade, town in product(TRADES, TOWNS)]
    chance.shuffle(names)
    for n, name in enumerate(names):
        founded_at = now - timedelta(weeks=WEEKS) * (1 - n / len(names))
        organization = Organization(name=name, timezone=ZONE.key, created_at=founded_at)
        db.session.add(organization)
        db.session.flush()
        _join(organization, n, Role.OWNER, founded_at)
        if n % SECONDS == 0:
            _join(organization, n + SECOND, Role.EDITOR, founded_at + timedelta(hours=3))
        if n % WRITING:
            _write(organization, n, now)


def _join(organization: Organization, number: int, role: Role, at: datetime) -> None:
    name = NAMES[number % len(NAMES)]
    user = person(f"{name.lower()}{number}@strangers.example", name, at)
    joined = {"organization_id": organization.id, "role": role, "joined_at": at}
    db.session.add(Membership(user_id=user.id, **joined))


def _write(organization: Organization, n: int, now: datetime) -> None:
    """A channel without keys, and what went out there."""
    channel = Channel(
        organization_id=organization.id,
        network=NETWORKS[n % len(NETWORKS)],
        host="https://social.example",
        account_id=f"stranger{n}",
        handle=f"stranger{n}",
        name=organization.name,
        url="",
        state="disconnected",
        connected_at=organization.created_at,
        disconnected_at=now,
    )
    db.session.add(channel)
    db.session.flush()
    first = organization.created_at + WAITS[n % len(WAITS)]
    posts = [_post(channel, n, place, due) for place, due in enumerate(_dues(first, now))]
    if posts and n % 2:
        posts[0].words.append(_further(channel, n))
    db.session.add_all(posts)


def _further(channel: Channel, n: int) -> PostWords:
    """By turns the second part of a thread, a first comment, and other words for the channel."""
    kind, place, own = ((PART, 1, None), (COMMENT, 0, None), (PART, 0, channel.id))[n % 3]
    return PostWords(kind=kind, place=place, channel_id=own, text="And one thing more.")


def _dues(first: datetime, now: datetime) -> Iterator[datetime]:
    while first < now:
        yield first
        first += APART


def _post(channel: Channel, n: int, place: int, due: datetime) -> Post:
    where = {"organization_id": channel.organization_id, "state": PUBLISHED, "due_at": due}
    return Post(
        **where,
        text=f"{channel.name}, news no. {place + 1}.",
        nonce=f"stranger{n}-{place}",
        created_at=due,
        updated_at=due,
        asked_at=None if n % SECONDS else due,
        deliveries=[Delivery(**where, channel_id=channel.id, published_at=due)],
    )
