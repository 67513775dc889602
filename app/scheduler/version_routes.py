"""/posts/<id>/versions: who wrote what when, and how to have it back."""

from collections.abc import Iterable

from flask import Response, abort, g, request
from sqlalchemy import select

from app.channels.models import Channel
from app.db import among, db, table
from app.media.models import Asset
from app.scheduler.comparing import Around, Step, step
from app.scheduler.models import Post
from app.scheduler.post_routes import bp, facts, mine
from app.scheduler.saying import Hung, Row, words_of
from app.scheduler.sheets import Sheet, channels
from app.scheduler.uploads import Pictures
from app.scheduler.versions import (
    OPTION,
    PICTURE,
    PostVersion,
    Said,
    Standing,
    earlier,
    of_version,
    standing,
    version_of,
)
from app.scheduler.wording import Thread, Wording
from app.web import allows, ids, page

A_PAGE = 20


@bp.get("/<int:id>/versions")
@allows("organization.view")
def versions(id: int) -> Response:
    found = mine(id)
    [below] = ids([request.args.get("before", "")]) or [0]
    current = [] if below else [standing(found)]
    rows = earlier(found, below or found.version, A_PAGE + 1 - len(current))
    shown = current + [of_version(one) for one in rows]
    return page(
        "scheduler/versions.html",
        "versions",
        post=facts(found),
        steps=_steps(shown, is_newest=not below),
        older=shown[A_PAGE - 1].number if len(shown) > A_PAGE else None,
        may_edit=found.may_be_edited_by(g.member),
    )


def _steps(shown: list[Standing], *, is_newest: bool) -> list[Step]:
    ours = select(Channel).where(Channel.organization_id == g.member.organization_id)
    around = Around.of(db.session.scalars(ours), _hung(shown))
    before = [*shown[1:], None]
    return [
        step(this, old, around, is_current=is_newest and not n)
        for n, (this, old) in enumerate(zip(shown, before, strict=True))
    ][:A_PAGE]


def _hung(shown: list[Standing]) -> Iterable[Asset]:
    hung = {said.asset_id for one in shown for said in one.words if said.asset_id}
    return db.session.scalars(Asset.of(g.member).where(among(table(Asset).c.id, hung)))


def bring_back(sheet: Sheet, found: Post, number: str | None) -> PostVersion | None:
    """Put the words of an earlier version into the form; nothing is saved. Pictures that are not here
    any more are left out."""
    if number is None:
        return None
    [wanted] = ids([number]) or [0]
    version = version_of(found, wanted) or abort(404)
    words = of_version(version).words
    sheet.wording = _wording(words)
    sheet.pictures = Pictures(
        [Hung(asset, one.text, one.part) for one in words if (asset := _asset(one))]
    )
    return version


def _asset(said: Said) -> Asset | None:
    chosen = Asset.usable(g.member).where(Asset.id == said.asset_id)
    return db.session.scalar(chosen) if said.kind == PICTURE and said.asset_id else None


def _wording(words: tuple[Said, ...]) -> Wording:
    rows = [Row(one.channel_id, one.kind, one.text) for one in words]
    shared = words_of(None, rows, None)
    made = Wording(Thread.of(shared) if shared else Thread())
    for channel in channels():
        made.answers[channel.id] = {
            one.name: one.text
            for one in words
            if one.kind == OPTION and one.channel_id == channel.id
        }
        if own := words_of(None, rows, channel.id):
            made.own[channel.id] = Thread.of(own)
    return made
