"""What a post becomes on a Ghost site: HTML that Ghost turns into its cards, uploaded files
(docs.ghost.org/admin-api/posts/creating-a-post, /images/uploading-an-image)."""

from html import escape
from typing import Any

from app.http import Part
from app.networks import Picture, Piece, Refused, Unknown, Video, html
from app.networks.adapters.ghost.wire import UPLOAD, Site
from app.networks.asking import LOST

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4"}
# Between these two Ghost keeps what stands there as it is.
AS_IT_IS = "<!--kg-card-begin: html-->{}<!--kg-card-end: html-->"


async def record(site: Site, piece: Piece) -> dict[str, Any] | Refused | Unknown:
    """The first picture is the feature image, which themes show above the text; the others stand
    below it."""
    title, words = html.titled(piece.text, piece.options.get("title", ""))
    made: dict[str, Any] = {"title": title, "html": html.paragraphs(words)}
    for number, picture in enumerate(piece.pictures):
        address = await _upload(site, "images", picture, picture.body)
        if not isinstance(address, str):
            return address
        if number == 0:
            made |= {"feature_image": address, "feature_image_alt": picture.alt or None}
        else:
            shown = f'src="{escape(address)}" alt="{escape(picture.alt)}"'
            made["html"] += f"<figure><img {shown}></figure>"
    if piece.video:
        body = piece.video.read(0, piece.video.size)
        address = await _upload(site, "media", piece.video, body)
        if not isinstance(address, str):
            return address
        film = f'<figure><video controls src="{escape(address)}"></video></figure>'
        made["html"] += AS_IT_IS.format(film)
    tags = [tag.strip() for tag in piece.options.get("tags", "").split(",") if tag.strip()]
    made |= {"tags": [{"name": tag} for tag in tags]} if tags else {}
    return made | {"visibility": piece.options.get("visibility") or "public"}


async def _upload(
    site: Site, kind: str, file: Picture | Video, body: bytes
) -> str | Refused | Unknown:
    name = f"allstac.{ENDINGS.get(file.type, 'bin')}"
    parts = [Part("file", body, name, file.type)]
    said = await site.read(kind, "POST", f"{kind}/upload/", parts=parts, seconds=UPLOAD)
    if isinstance(said, Refused | Unknown):
        return said
    return str(said["url"]) if said and "url" in said else Unknown(LOST)
