"""Pictures and videos of the organisation: to its members, and to networks that fetch them."""

from flask import Blueprint, Response, abort, g

from app import clock
from app.db import db
from app.media import addresses
from app.media.child import BadMedia
from app.media.kinds import type_of
from app.media.models import Asset
from app.media.renditions import ORIGINAL, POSTER, key_of, poster
from app.media.serving import head, send
from app.scope import within_organization
from app.web import allows, picture_response, public

bp = Blueprint("media", __name__)


def own(id: int) -> Asset:
    found = db.session.scalar(Asset.of(g.member).where(Asset.id == id))
    return found or abort(404)


@bp.get("/media/<int:id>")
@allows("organization.view")
def asset(id: int) -> Response:
    found = own(id)
    return send(found.storage_key, found.type, found.sha256)


@bp.get("/media/<int:id>/poster")
@allows("organization.view")
def still(id: int) -> Response:
    """What stands for it where nothing plays: of a video its first picture."""
    found = own(id)
    if not found.is_video:
        return send(found.storage_key, found.type, found.sha256)
    return picture_response("image/jpeg", _make_poster(found))


def _make_poster(found: Asset) -> bytes:
    try:
        return poster(found.original)
    except (BadMedia, FileNotFoundError):
        abort(404)


@bp.get("/m/<token>")
@public
def fetched(token: str) -> Response:
    """For a network that fetches; the address is all that it needs, so nothing repeats it."""
    named = addresses.read(token, clock.now()) or abort(404)
    with within_organization(named.organization_id):  # signed by us, from the asset's own row
        ours = (Asset.id == named.asset_id, Asset.organization_id == named.organization_id)
        found = db.session.scalar(db.select(Asset).where(*ours)) or abort(404)
    if named.rendition == POSTER:
        _make_poster(found)
    key = key_of(found.storage_key, named.rendition)
    type = found.type if named.rendition == ORIGINAL else type_of(head(key))
    response = send(key, type, f"{found.sha256}-{named.rendition}")
    ending = type.rpartition("/")[2].replace("jpeg", "jpg")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{found.kind}-{found.id}.{ending}"'
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
