"""What a post becomes in a repository: facets on byte offsets, pictures, a link card
(docs.bsky.app/docs/advanced-guides/posts)."""

from typing import Any

from app import http
from app.networks import Picture, Piece, Refused, Unknown, text
from app.networks.adapters.bluesky.wire import Repo, message, url
from app.networks.asking import LOST, ask
from app.networks.link_card import look_up

FACET = "app.bsky.richtext.facet#"


async def facets(repo: Repo, words: str) -> list[dict[str, Any]]:
    made = []
    for found in text.find(words):
        if feature := await _feature(repo, found):
            start, end = text.byte_span(words, found.start, found.end)
            index = {"byteStart": start, "byteEnd": end}
            made.append({"index": index, "features": [feature]})
    return made


async def _feature(repo: Repo, found: text.Found) -> dict[str, str] | None:
    if found.kind == "link":
        return {"$type": FACET + "link", "uri": found.target}
    if found.kind == "tag":
        return {"$type": FACET + "tag", "tag": found.target}
    where = {"handle": found.target}
    answer = await ask(
        repo.web, "GET", url(repo.account.host, "identity.resolveHandle"), params=where
    )
    try:
        if isinstance(answer, http.Answer) and answer.status == 200:
            return {"$type": FACET + "mention", "did": answer.json()["did"]}
    except (http.Unreadable, KeyError, TypeError):
        return None
    return None  # nobody of that name: it stays plain text


async def embed(repo: Repo, piece: Piece) -> dict[str, Any] | Refused | Unknown | None:
    """The pictures, else a card of the first link, else nothing."""
    images = []
    for picture in piece.pictures:
        blob = await _upload(repo, picture)
        if isinstance(blob, Refused | Unknown):
            return blob
        ratio = {"width": picture.width, "height": picture.height}
        images.append({"alt": picture.alt, "image": blob, "aspectRatio": ratio})
    if images:
        return {"$type": "app.bsky.embed.images", "images": images}
    return await _card(repo, piece) if piece.link_card else None


async def _upload(repo: Repo, picture: Picture) -> dict[str, Any] | Refused | Unknown:
    headers = {"Content-Type": picture.type}
    answer = await repo.ask("POST", "repo.uploadBlob", body=picture.body, headers=headers)
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status != 200:
        return Refused(f"Bluesky refused a picture: {message(answer)}", permanent=True)
    try:
        blob: dict[str, Any] = answer.json()["blob"]
        return blob
    except (http.Unreadable, KeyError, TypeError):
        return Unknown(LOST)


async def _card(repo: Repo, piece: Piece) -> dict[str, Any] | None:
    link = next((f for f in text.find(piece.text) if f.kind == "link"), None)
    card = await look_up(repo.web, link.target) if link else None
    if link is None or card is None:
        return None
    external = {"uri": link.target, "title": card.title, "description": card.description}
    return {"$type": "app.bsky.embed.external", "external": external}
