"""The pictures of a post, made to fit a network."""

import asyncio

from sqlalchemy import select

from app import storage
from app.db import db
from app.media.models import Asset
from app.media.pictures import fit
from app.networks import Limits, Picture
from app.publishing.claiming import Claimed
from app.scheduler.words import PostPicture


async def fitted(work: Claimed) -> tuple[Picture, ...]:
    """Read from storage and re-encoded where larger than the network takes, beside the loop."""
    rows = db.session.execute(
        select(Asset.storage_key, PostPicture.alt)
        .join(PostPicture, PostPicture.asset_id == Asset.id)
        .where(PostPicture.post_id == work.post_id)
        .order_by(PostPicture.position)
    ).all()
    db.session.rollback()
    if not rows:
        return ()
    limits = work.adapter.limits_of(work.account)
    return await asyncio.to_thread(_fit_all, [(key, alt) for key, alt in rows], limits)


def _fit_all(rows: list[tuple[str, str]], limits: Limits) -> tuple[Picture, ...]:
    made = []
    for key, alt in rows:
        found = fit(storage.read(key), limits.image_bytes, limits.image_side)
        made.append(Picture(found.body, found.type, alt, found.width, found.height))
    return tuple(made)
