"""The demo's week ahead: slots with posts in them, a post that comes again, and what the next ones begin
and end with."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.account.models import Membership
from app.channels.models import Channel
from app.demo import pictures
from app.media.models import Asset
from app.scheduler import free_slots, repeating, slots, templates
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.rules import WEEK, Rule
from app.scheduler.saying import Words
from app.scheduler.templates import Content
from app.scheduler.wall_time import resolve

IN_SLOTS = (
    "Two bags left of the Yirgacheffe. After that it is Guji until spring.",
    "We wrote down every question from the tasting. Number seven surprised us.",
    "The mill is quiet on Thursdays. Come and read.",
)
AGAIN = "Saturday is for visitors: the roastery is open from 10 to 14."
SATURDAY = 5
FILTER = ("A quiet Friday filter: … g, … ml, … degrees, … minutes.", "Why it works: …")
SHELF = (
    (templates.POST, Content("Friday filter", Words(FILTER), ("how to",))),
    (templates.SIGNATURE, Content("House", Words(("Brewed in the Weserstraße. #coffee",)))),
)


def plant(member: Membership, channel: Channel, zone: ZoneInfo, now: datetime) -> None:
    cup, hills, bag = pictures.hang(member, now)
    slots.add(member, (channel,), (0, 2, 4), ("09:30", "17:30"), zone.key)
    hung: tuple[tuple[Asset, ...], ...] = ((bag, hills), (), (cup,))
    for number, (text, assets) in enumerate(zip(IN_SLOTS, hung, strict=True)):
        [place] = free_slots.places((channel,), now)
        assert place.at, "slots were made just now"
        hung_up = tuple((asset, asset.alt) for asset in assets)
        made = Composition(
            text, (channel,), hung_up, place.at, "", zone.key, slots={channel.id: place.at}
        )
        write(member, made, f"demo-slot{number}", now)
    _come_again(member, channel, zone, now)
    _shelve(member, now)


def _come_again(member: Membership, channel: Channel, zone: ZoneInfo, now: datetime) -> None:
    today, at = now.astimezone(zone).date(), time(8, 45)
    first = _next_saturday(today)
    due = resolve(datetime.combine(first, at), zone).instant
    wall = f"{first.isoformat()}T{at:%H:%M}"
    post = write(member, Composition(AGAIN, (channel,), (), due, wall, zone.key), "demo-again", now)
    rule = Rule(WEEK, 1, at, zone, first, frozenset({SATURDAY}), count=12)
    repeating.begin(post, rule, now)


def _shelve(member: Membership, now: datetime) -> None:
    """A template and a signature to write with."""
    for kind, given in SHELF:
        templates.make(member, kind, given, now)


def _next_saturday(today: date) -> date:
    return today + timedelta(days=(SATURDAY - today.weekday()) % 7 or 7)
