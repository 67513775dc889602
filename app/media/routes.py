"""Pictures of the organisation, to its members."""

from flask import Blueprint, Response, abort, g

from app import storage
from app.db import db
from app.media.models import Asset
from app.web import allows, picture_response

bp = Blueprint("media", __name__)


@bp.get("/media/<int:id>")
@allows("organization.view")
def asset(id: int) -> Response:
    found = db.session.scalar(Asset.of(g.member).where(Asset.id == id)) or abort(404)
    return picture_response(found.type, storage.read(found.storage_key))
