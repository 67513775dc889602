"""The media library: the organisation's pictures and videos, found again, described, used, put away."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.account import allowances
from app.account.models import Membership
from app.db import db
from app.media.kinds import PICTURE, VIDEO
from app.media.models import Asset
from app.scheduler import lists, media
from app.scheduler.labels import apart, fold
from app.scheduler.models import Post
from app.scheduler.recurrence import Recurrence
from app.scheduler.saying import Hung, shown
from app.scheduler.states import CANCELLED, PUBLISHED
from app.scheduler.words import PostPicture

PER_PAGE = 48
IN_TRASH = timedelta(days=30)  # docs/policies/retention.toml, trash_30_days
BETWEEN = ", "  # labels
OVER = (PUBLISHED, CANCELLED)  # a post in another state may still go out
MOST_SHOWN = 50  # posts that are named where a picture is used


@dataclass(frozen=True)
class Asked:
    """What is looked for. '' is everything; `page` is counted from 1."""

    search: str = ""
    label: str = ""
    kind: str = ""
    in_trash: bool = False
    page: int = 1

    def chosen(self, member: Membership) -> Select[Asset]:
        chosen = Asset.of(member).where(
            Asset.deleted_at.is_not(None) if self.in_trash else Asset.deleted_at.is_(None)
        )
        for word in self.search.split()[:10]:
            said = (column.icontains(word, autoescape=True) for column in (Asset.alt, Asset.labels))
            chosen = chosen.where(or_(*said))
        if self.label:
            whole = BETWEEN + Asset.labels + BETWEEN
            chosen = chosen.where(
                whole.contains(f"{BETWEEN}{self.label}{BETWEEN}", autoescape=True)
            )
        return chosen.where(Asset.kind == self.kind) if self.kind else chosen

    def url(self, **other: object) -> str:
        path = "/media/trash" if self.in_trash else "/media"
        asked = {"search": self.search, "label": self.label, "kind": self.kind, **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{query}" if query else path


def found(member: Membership, asked: Asked) -> tuple[list[dict[str, Any]], int]:
    """One page of them, newest first, and how many pages there are."""
    chosen = asked.chosen(member)
    total = db.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    newest = chosen.order_by(Asset.deleted_at.desc(), Asset.created_at.desc(), Asset.id.desc())
    rows = db.session.scalars(newest.limit(PER_PAGE).offset((asked.page - 1) * PER_PAGE)).all()
    used = _used(rows)
    return [tile(one) | {"used": used[one.id]} for one in rows], max(1, -(-total // PER_PAGE))


def tile(one: Asset) -> dict[str, Any]:
    """As a grid shows it."""
    labels = one.labels.split(BETWEEN) if one.labels else []
    goes_at = one.deleted_at + IN_TRASH if one.deleted_at else None
    named = {"id": one.id, "labels": labels, "goes_at": goes_at, "created_at": one.created_at}
    return media.shown(shown(Hung(one, one.alt))) | named


def _used(assets: Iterable[Asset]) -> Counter[int]:
    """How many posts use each."""
    ids = [one.id for one in assets]
    counted = select(PostPicture.asset_id, func.count(PostPicture.post_id.distinct()))
    rows = db.session.execute(
        counted.where(PostPicture.asset_id.in_(ids)).group_by(PostPicture.asset_id)
    )
    return Counter({row[0]: row[1] for row in rows})


def labels(member: Membership) -> list[tuple[str, int]]:
    """The names that stand in the library, each with how often, by name."""
    some = Asset.usable(member).where(Asset.labels != "").with_only_columns(Asset.labels)
    names = Counter(name for row in db.session.scalars(some) for name in row.split(BETWEEN))
    return sorted(names.items(), key=lambda one: fold(one[0]))


def kinds(asked: Asked) -> list[dict[str, Any]]:
    """Everything, pictures, videos: as links that keep what is looked for."""
    words = {"": "All", PICTURE: "Pictures", VIDEO: "Videos"}
    return [
        {"url": asked.url(kind=kind), "word": word, "is_current": kind == asked.kind}
        for kind, word in words.items()
    ]


def describe(asset: Asset, alt: str, names: str, member: Membership) -> None:
    """Its alt text, and its labels with commas between. A name is written as it stands in the library."""
    known = {fold(name): name for name, _ in labels(member)}
    asset.alt = alt
    asset.labels = BETWEEN.join(known.get(it, name) for it, name in apart(names.split(",")).items())


def uses(member: Membership, asset: Asset) -> list[dict[str, Any]]:
    """The posts that use it, newest first."""
    on = select(PostPicture.post_id).where(PostPicture.asset_id == asset.id)
    chosen = Post.of(member).where(Post.id.in_(on)).order_by(Post.id.desc()).limit(MOST_SHOWN)
    return [lists.row(post) for post in db.session.scalars(lists.whole(chosen))]


def put_away(member: Membership, asset: Asset, now: datetime) -> list[dict[str, Any]]:
    """Into the trash; the posts that still need it, when there are some and it stays where it is."""
    db.session.refresh(asset, with_for_update=True)
    on = select(PostPicture.post_id).where(PostPicture.asset_id == asset.id)
    waits = _may_go_out(member.organization_id)
    chosen = Post.of(member).where(Post.id.in_(on), waits).limit(MOST_SHOWN)
    if posts := list(db.session.scalars(lists.whole(chosen))):
        return [lists.row(post) for post in posts]
    asset.deleted_at = asset.deleted_at or now
    return []


def _may_go_out(home: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Of a post of that organisation: it waits for something, or is the pattern of what comes again."""
    patterns = select(Recurrence.pattern_id).where(
        Recurrence.organization_id == home,
        Recurrence.ended_at.is_(None),
        Recurrence.pattern_id.is_not(None),
    )
    return or_(Post.state.not_in(OVER), Post.id.in_(patterns))


def put_back(asset: Asset) -> None:
    asset.deleted_at = None


def rescue() -> None:
    """Out of every trash what a post needs again: it was scheduled anew, or written in that moment."""
    used = select(PostPicture.asset_id).join(Post, Post.id == PostPicture.post_id)
    needed = (
        Asset.deleted_at.is_not(None),
        Asset.id.in_(used.where(_may_go_out(Post.organization_id))),
    )
    db.session.execute(update(Asset).where(*needed).values(deleted_at=None))


def room(member: Membership) -> dict[str, Any]:
    """How much is here, in bytes and MB, and how many MB fit; `most` is None where there is no limit."""
    used = Asset.bytes_of(member.organization_id)
    return {
        "bytes": used,
        "used": round(used / allowances.MEGABYTE, 1),
        "most": allowances.of(member.organization_id).storage,
    }
