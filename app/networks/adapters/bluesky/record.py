"""What a post becomes in a repository: facets on byte offsets, pictures, a link card
(docs.bsky.app/docs/advanced-guides/posts)."""

from typing import Any

from app import http
from app.networks import Picture, Piece, Refused, Unknown, Video, text
from app.networks.adapters.bluesky.wire import Repo, message, url
from app.networks.asking import LOST, ask
from app.networks.link_card import look_up
from app.networks.stretches import Stretches

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
    """The pictures or the video, else a card of the first link, else nothing."""
    if piece.video and piece.pictures:
        reason = "Bluesky takes pictures or a video in one post, not both."
        return Refused(reason, permanent=True, not_sent=True)
    if piece.video:
        return await _video(repo, piece.video)
    images = []
    for picture in piece.pictures:
        blob = await _upload(repo, picture)
        if isinstance(blob, Refused | Unknown):
            return blob
        images.append({"alt": picture.alt, "image": blob, "aspectRatio": _ratio(picture)})
    if images:
        return {"$type": "app.bsky.embed.images", "images": images}
    return await _card(repo, piece) if piece.link_card else None


async def _video(repo: Repo, video: Video) -> dict[str, Any] | Refused | Unknown:
    """As a blob of the account's own server, which every one takes; Bluesky makes it playable when
    it sees the post (docs.bsky.app/docs/tutorials/video, "simple method")."""
    blob = await _upload(repo, video)
    if isinstance(blob, Refused | Unknown):
        return blob
    made = {"$type": "app.bsky.embed.video", "video": blob, "aspectRatio": _ratio(video)}
    return made | ({"alt": video.alt} if video.alt else {})


def _ratio(file: Picture | Video) -> dict[str, int]:
    return {"width": file.width, "height": file.height}


async def _upload(repo: Repo, file: Picture | Video) -> dict[str, Any] | Refused | Unknown:
    what: dict[str, Any] = {"headers": {"Content-Type": file.type}}
    if isinstance(file, Video):
        body = Stretches(file)
        what = {"body": body, "headers": body.headers, "seconds": body.seconds}
    else:
        what["body"] = file.body
    answer = await repo.ask("POST", "repo.uploadBlob", **what)
    if isinstance(answer, Refused | Unknown):
        return answer
    noun = "video" if isinstance(file, Video) else "picture"
    if answer.status == 413:
        return Refused(f"The account's server takes no {noun} of that size.", permanent=True)
    if answer.status != 200:
        return Refused(f"Bluesky refused a {noun}: {message(answer)}", permanent=True)
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
