"""The post that LinkedIn is given (.../community-management/shares/posts-api). It looks at no link by
itself: the card under one is built here."""

from typing import Any

from app import http
from app.networks import Account, Partly, Picture, Piece, Refused, Unknown, text
from app.networks.adapters.linkedin import little, media
from app.networks.adapters.linkedin.wire import Api
from app.networks.asking import ask
from app.networks.link_card import look_up

TITLE, ABOUT = 400, 4000  # characters of a card
SHOWN = ("image/jpeg", "image/png")


async def post(
    api: Api, account: Account, piece: Piece, so_far: dict[str, Any]
) -> dict[str, Any] | Partly | Refused | Unknown:
    """The body of the one call that makes it public."""
    made: dict[str, Any] = {
        "author": account.account_id,
        "commentary": little.escape(piece.text),
        "visibility": piece.options.get("audience") or "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    content = await _content(api, account, piece, so_far)
    if isinstance(content, Partly | Refused | Unknown):
        return content
    return made | ({"content": content} if content else {})


async def _content(
    api: Api, account: Account, piece: Piece, so_far: dict[str, Any]
) -> dict[str, Any] | Partly | Refused | Unknown:
    if piece.video:
        film = await media.video(api, account.account_id, piece.video, so_far)
        return {"media": {"id": film}} if isinstance(film, str) else film
    images = []
    for picture in piece.pictures:
        id = await media.picture(api, account.account_id, picture)
        if isinstance(id, Refused | Unknown):
            return id
        images.append({"id": id, "altText": picture.alt} if picture.alt else {"id": id})
    if len(images) == 1:
        return {"media": images[0]}
    if images:
        return {"multiImage": {"images": images}}
    return await _card(api, account, piece) if piece.link_card else {}


async def _card(api: Api, account: Account, piece: Piece) -> dict[str, Any]:
    link = next((found for found in text.find(piece.text) if found.kind == "link"), None)
    card = await look_up(api.web, link.target) if link else None
    if link is None or card is None:
        return {}
    article = {"source": link.target, "title": card.title[:TITLE]}
    if card.description:
        article["description"] = card.description[:ABOUT]
    if card.picture and (shown := await _thumbnail(api, account, card.picture)):
        article["thumbnail"] = shown
    return {"article": article}


async def _thumbnail(api: Api, account: Account, url: str) -> str | None:
    """The page's own picture; one that can't be had costs the picture, not the card."""
    got = await ask(api.web, "GET", url, redirects=3)
    if not isinstance(got, http.Answer) or got.status != 200:
        return None
    kind = got.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in SHOWN:
        return None
    sent = await media.picture(api, account.account_id, Picture(got.body, kind, "", 0, 0))
    return sent if isinstance(sent, str) else None
