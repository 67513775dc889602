"""What a delivery says, with its media made to fit: one piece per part of its thread, and its first
comment."""

import asyncio

from app import clock
from app.media.renditions import Media, fit_all
from app.networks import Limits, Piece
from app.publishing import cards
from app.publishing.claiming import Claimed
from app.scheduler.saying import Saying


async def cut(work: Claimed, saying: Saying) -> tuple[Piece, ...]:
    """The pieces in the order in which they go out."""
    limits = work.adapter.limits_of(work.account)
    fitted = await _fit_all(saying, limits)
    answers = saying.answers(work.adapter)
    now = clock.now()
    made = [
        Piece(
            text=part.text,
            pictures=media.pictures,
            video=media.video,
            link_card=not part.pictures and cards.may_look_up(work, part.text, now),
            options=answers,
            place=place,
        )
        for place, (part, media) in enumerate(zip(saying.parts, fitted, strict=True))
    ]
    if saying.comment:
        also = {one.name for one in work.adapter.options if one.comment}
        kept = {name: said for name, said in answers.items() if name in also}
        comment = Piece(
            saying.comment, link_card=False, options=kept, place=len(made), is_comment=True
        )
        made.append(comment)
    return tuple(made)


async def _fit_all(saying: Saying, limits: Limits) -> list[Media]:
    """Encoded where the network takes less or other than what was uploaded, beside the loop."""
    parts = [[(one.original, one.alt) for one in part.pictures] for part in saying.parts]
    if not any(parts):
        return [Media() for _ in parts]
    return await asyncio.to_thread(lambda: [fit_all(held, limits) for held in parts])
