"""Four months of the demo organisation: what went out, and what the networks told of it since.

Everything follows from the text and the hour, so that the same day gives the same figures."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import exp
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.account.models import Membership
from app.analytics import timetable
from app.analytics.models import Audience
from app.analytics.recording import Look, record
from app.analytics.taking_up import CHUNK, take_up
from app.channels.connecting import attach
from app.channels.models import Channel
from app.db import db
from app.networks import Account, Grant, Network
from app.networks.figures import ENGAGING, Figures
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Post
from app.scheduler.states import PUBLISHED, sum_up
from app.scheduler.wall_time import on_the_wall, resolve

ZONE = ZoneInfo("Europe/Berlin")
AGES = (1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 144, 168, 240, 336, 504, 720, 1440, 2160)  # hours
TIMES = ("08:10", "12:25", "17:40", "09:05", "18:15", "12:40", "20:05", "07:50", "10:30")
APART = 3.2  # days between two posts
BEGAN = timedelta(days=150)


class Crowd(NamedTuple):
    """Who follows a channel: how many there were, how many come each day, and of a hundred who see a
    post how many do each thing."""

    network: str
    handle: str
    began: int
    daily: float
    seen: float  # of the followers, for a usual post
    likes: float
    replies: float
    reposts: float
    clicks: float
    saves: float


CROWDS = (
    Crowd("bluesky", "blueorchard.example", 1240, 4.1, 0.42, 4.2, 0.7, 0.9, 0, 0.3),
    Crowd("mastodon", "@blueorchard@social.example", 610, 1.3, 0.55, 5.1, 0.9, 1.6, 0, 0.4),
    Crowd("facebook", "Blue Orchard Coffee", 3980, 2.2, 0.11, 2.4, 0.4, 0.3, 1.1, 0),
    Crowd("telegram", "@blueorchard", 420, 0.6, 0.8, 0, 0, 0, 0, 0),
)
TEXTS = (
    "Forty sacks came up the stairs this morning. Our backs say hello; the Sidamo smells of bergamot.",
    "Why does the second cup taste better? Because the machine is warm, and so are you.",
    "We tried oat milk from six makers, blind. The cheapest one won, and nobody would believe it.",
    "Open house on Saturday: bring a mug and leave with a question.",
    "A short thread on water. Hard water hides acids, soft water shows every mistake.",
    "The roaster broke at six. At nine it ran again. Thank you, Jonas, for hands like that.",
    "Three ways to spoil a good bean, all of which we have tried for you.",
    "New: a half-kilo bag in paper that goes into the compost.",
    "What a farmer gets of your four euros, line by line. https://example.com/price",
    "Closed on Monday. The grinder goes to the doctor.",
    "How to read a roast date, and why 'best before' tells you nothing.",
    "Noor won the latte championship of the north. There was a swan. There was silence. Then noise.",
    "Reminder: the spring menu goes today, the rhubarb tonic with it.",
    "Espresso at home, part one: the scale matters more than the machine.",
    "Espresso at home, part two: the tap, the filter and the kettle.",
    "We pay the living-income price for all of our Peru from now on. Here is the contract.",
    "Is it a bean or a seed? A seed, of a cherry, and the cherry is delicious.",
    "Parcels go out a day later this week.",
    "Decaf that tastes of something: how the sugar cane process works.",
    "Our neighbours bake the cake now. It has plums.",
    "The cupping on Thursday is full. There is a second one on Friday.",
    "A note on milk: sixty degrees, not seventy. Seventy tastes of school.",
    "Two years ago we had one grinder and no chairs. Thank you for sitting on the floor.",
    "Jobs: somebody for the bar, three days, no mornings before eight.",
    "We counted: 31 % of you bring a cup. From 40 % on, it is ten cents cheaper for everybody.",
    "Cold brew is in bottles. It needs eighteen hours and no opinion.",
    "What is a natural? Fruit dried around the seed, patience, and some luck with the weather.",
    "Field trip: Ada is in Huila and sends pictures of very steep hills.",
    "The blend for the market is darker than you think we like it.",
    "Free to a good home: one espresso machine, moody, with a manual in Italian.",
    "Autumn hours begin on Tuesday.",
    "Grind finer when it rains. We made a table for it. https://example.com/rain",
    "Which of these three should stay on the shelf? Tell us, we mean it.",
    "First frost, first cardamom bun. They are out at ten and gone at eleven.",
)
LABELS = {
    "how to": (
        "How to",
        "how the",
        "Espresso at home",
        "A note on",
        "Grind",
        "Three ways",
        "water",
    ),
    "people": ("Noor", "Jonas", "Ada", "Jobs", "you bring"),
    "shop": ("Closed", "hours", "Parcels", "New:", "menu", "bottles", "bun"),
}
CAMPAIGN, CAMPAIGN_POSTS = "What coffee costs", (8, 15, 24)
FORTUNE = {4: 3.4, 11: 5.2, 15: 4.1, 24: 2.6, 31: 3.0, 33: 2.2} | {
    9: 0.3,
    12: 0.4,
    17: 0.25,
    28: 0.5,
    30: 0.35,
}  # the loved ones, and those that nobody waited for


def plant(member: Membership, now: datetime) -> None:
    """Through the verbs that real figures are written down by."""
    chosen = _channels(member, now)
    made = {
        n: _post(member, chosen if n % 3 == 0 else chosen[:-1], n, now) for n in range(len(TEXTS))
    }
    db.session.flush()
    while take_up(None, now) == CHUNK:
        db.session.flush()
    for channel, crowd in zip(chosen, CROWDS, strict=True):
        looks = [
            Look(delivery.id, at, figures)
            for n, post in made.items()
            for delivery in post.deliveries
            if delivery.channel_id == channel.id and delivery.published_at
            for at, figures in _told(n, crowd, channel.adapter, delivery.published_at, now)
        ]
        if channel.adapter.tells:
            record(looks, timetable.of(channel.adapter))
        if channel.adapter.tells_audience:
            _count(channel, crowd, now)


def _channels(member: Membership, now: datetime) -> list[Channel]:
    """Accounts that exist nowhere: without keys, so that no network is asked about them."""
    made = []
    for crowd in CROWDS:
        account = Account(
            crowd.network, "https://social.example", crowd.handle, crowd.handle, crowd.handle, ""
        )
        channel = attach(member, account, Grant({}, None), now - BEGAN)
        channel.grant, channel.state, channel.disconnected_at = None, "disconnected", now
        made.append(channel)
    db.session.flush()
    return made


def _post(member: Membership, there: Sequence[Channel], n: int, now: datetime) -> Post:
    """One for each text, the last one the newest; every third is on Telegram too."""
    due = _due(len(TEXTS) - 1 - n, now)
    wall = f"{on_the_wall(due, ZONE):%Y-%m-%dT%H:%M}"
    labels = tuple(
        name for name, words in LABELS.items() if any(word in TEXTS[n] for word in words)
    )
    made = Composition(
        TEXTS[n],
        tuple(there),
        (),
        due,
        wall,
        ZONE.key,
        labels=labels,
        campaign=CAMPAIGN if n in CAMPAIGN_POSTS else "",
    )
    post = write(member, made, f"past{n}", due - timedelta(days=2))
    for delivery in post.deliveries:
        delivery.state, delivery.published_at = PUBLISHED, due + timedelta(milliseconds=420)
        delivery.external_id = f"past{n}"
    post.state = sum_up([PUBLISHED])
    return post


def _count(channel: Channel, crowd: Crowd, now: datetime) -> None:
    days = (now - timedelta(days=n) for n in range(BEGAN.days))
    db.session.add_all(
        Audience(channel_id=channel.id, on=day.date(), followers=followers(crowd, day, now))
        for day in days
    )


def _told(
    n: int, crowd: Crowd, network: Network, published_at: datetime, now: datetime
) -> Iterator[tuple[datetime, Figures]]:
    """What the network told of a text at each look."""
    chance = Random(f"{crowd.network}{n}")  # noqa: S311  # a picture of chance, no secret
    luck = chance.lognormvariate(0, 0.35) * FORTUNE.get(n, 1)
    local = published_at.astimezone(ZONE)
    luck *= 1.5 if local.hour in (12, 17, 18) else 0.7 if local.hour < 8 else 1
    luck *= 0.75 if local.weekday() >= 5 else 1
    seen = followers(crowd, published_at, now) * crowd.seen * luck
    for hours in AGES:
        at = published_at + timedelta(hours=hours, minutes=chance.randrange(2, 20))
        if at > now:
            return
        yield at, _figures(crowd, network, seen * _reached(hours), luck)


def followers(crowd: Crowd, at: datetime, now: datetime) -> int:
    days = (at - (now - BEGAN)).total_seconds() / 86_400
    return round(crowd.began + crowd.daily * max(days, 0))


def _reached(hours: float) -> float:
    """The share of all who will ever see it: half within a day, the last after weeks."""
    return 1 - exp(-((hours / 26) ** 0.55))


def _figures(crowd: Crowd, network: Network, seen: float, luck: float) -> Figures:
    """What the network tells; the rest is not told. A post that is loved is also answered more."""
    warmth = luck**0.4
    shares = {name: getattr(crowd, name) * warmth / 100 for name in ENGAGING}
    done = {"impressions": 1.25, "reach": 1, "follows": 0.002, **shares}
    told = network.tells & done.keys()
    return Figures(**{name: round(seen * done[name]) for name in told})


def _due(place: int, now: datetime) -> datetime:
    """The wall time of a post so many places before the newest one."""
    local = on_the_wall(now - timedelta(days=1.5 + APART * place), ZONE)
    hour, minute = map(int, TIMES[place % len(TIMES)].split(":"))
    return resolve(local.replace(hour=hour, minute=minute), ZONE).instant
