"""What a delivery says, with its media made to fit: one piece per part of its thread."""

from sqlalchemy import select

from app import clock
from app.db import db
from app.networks import Piece
from app.publishing import cards, pictures
from app.publishing.claiming import Claimed
from app.scheduler.models import Post


async def said(work: Claimed) -> tuple[Piece, ...]:
    text = db.session.scalar(select(Post.text).where(Post.id == work.post_id)) or ""
    fitted = await pictures.fitted(work)
    card = not fitted and cards.may_look_up(work, text, clock.now())
    return (Piece(text, fitted, link_card=card),)
