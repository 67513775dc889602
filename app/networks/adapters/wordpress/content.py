"""What a post becomes on a site: HTML, files in the media library, tags
(developer.wordpress.org/rest-api/reference/media and /tags)."""

from html import escape
from typing import Any

from app.networks import Picture, Piece, Refused, Unknown, Video, html
from app.networks.adapters.wordpress.wire import UPLOAD, Site
from app.networks.asking import LOST

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4"}
MOST_TAGS = 20


async def record(site: Site, piece: Piece) -> dict[str, Any] | Refused | Unknown:
    """The first picture is the featured one, which themes show above the text; the others stand
    below it. A post without words has all of them there: the site takes none that is empty."""
    title, words = html.titled(piece.text, piece.options.get("title", ""))
    made: dict[str, Any] = {"title": escape(title, quote=False), "content": html.paragraphs(words)}
    for number, picture in enumerate(piece.pictures):
        item = await _upload(site, picture, picture.body)
        if isinstance(item, Refused | Unknown):
            return item
        if number == 0:
            made["featured_media"] = item["id"]
        if number or not words:
            made["content"] += _figure(item, picture)
    if piece.video:
        item = await _upload(site, piece.video, piece.video.read(0, piece.video.size))
        if isinstance(item, Refused | Unknown):
            return item
        source = escape(item["source_url"])
        made["content"] += (
            f'<figure class="wp-block-video"><video controls src="{source}"></video></figure>'
        )
    tags = await _tags(site, piece.options.get("tags", ""))
    if isinstance(tags, Refused | Unknown):
        return tags
    return made | ({"tags": tags} if tags else {})


def _figure(item: dict[str, Any], picture: Picture) -> str:
    shown = f'src="{escape(item["source_url"])}" alt="{escape(picture.alt)}"'
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<figure class="wp-block-image"><img {shown} {size}></figure>'


async def _upload(
    site: Site, file: Picture | Video, body: bytes
) -> dict[str, Any] | Refused | Unknown:
    name = f"allstac.{ENDINGS.get(file.type, 'bin')}"
    headers = {"Content-Type": file.type, "Content-Disposition": f'attachment; filename="{name}"'}
    # A file that it won't have is a 500 with `rest_upload_…` there.
    what = {"headers": headers, "seconds": UPLOAD, "answers": (500,)}
    item = await site.read("POST", "media", body=body, **what)
    if isinstance(item, Refused | Unknown):
        return item
    if not (isinstance(item, dict) and "id" in item and "source_url" in item):
        return Unknown(LOST)
    if not file.alt:
        return item
    told = await site.read("POST", f"media/{item['id']}", json={"alt_text": file.alt})
    return told if isinstance(told, Refused | Unknown) else item


async def _tags(site: Site, typed: str) -> list[int] | Refused | Unknown:
    """Their ids; one that the site doesn't know is made."""
    found = []
    for name in [name.strip() for name in typed.split(",") if name.strip()][:MOST_TAGS]:
        answer = await site.ask("POST", "tags", json={"name": name})
        if isinstance(answer, Refused | Unknown):
            return answer
        said = answer.json()
        known = (said.get("data") or {}).get("term_id") if said.get("code") else said.get("id")
        if not isinstance(known, int):
            return Refused(f"The site refused the tag “{name}”.", permanent=True)
        found.append(known)
    return found
