"""What a delivery says, with its media made to fit: one piece per part of its thread, and its first
comment."""

import asyncio

from app import clock, storage
from app.media.pictures import fit
from app.networks import Limits, Picture, Piece
from app.publishing import cards
from app.publishing.claiming import Claimed
from app.scheduler.saying import Saying, Shown


async def cut(work: Claimed, saying: Saying) -> tuple[Piece, ...]:
    """The pieces in the order in which they go out."""
    limits = work.adapter.limits_of(work.account)
    fitted = await _fit_all(saying, limits)
    answers = saying.answers(work.adapter)
    now = clock.now()
    made = [
        Piece(
            text=part.text,
            pictures=pictures,
            link_card=not pictures and cards.may_look_up(work, part.text, now),
            options=answers,
            place=place,
        )
        for place, (part, pictures) in enumerate(zip(saying.parts, fitted, strict=True))
    ]
    if saying.comment:
        comment = Piece(saying.comment, link_card=False, place=len(made), is_comment=True)
        made.append(comment)
    return tuple(made)


async def _fit_all(saying: Saying, limits: Limits) -> list[tuple[Picture, ...]]:
    """Read from storage and re-encoded where larger than the network takes, beside the loop."""
    if not any(part.pictures for part in saying.parts):
        return [() for _ in saying.parts]
    parts = [part.pictures for part in saying.parts]
    return await asyncio.to_thread(lambda: [_fit(shown, limits) for shown in parts])


def _fit(pictures: tuple[Shown, ...], limits: Limits) -> tuple[Picture, ...]:
    made = []
    for one in pictures:
        found = fit(storage.read(one.storage_key), limits.image_bytes, limits.image_side)
        made.append(Picture(found.body, found.type, one.alt, found.width, found.height))
    return tuple(made)
