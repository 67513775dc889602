"""What other servers read of this instance before they let anybody say yes to it."""

from flask import Response, abort, current_app, jsonify

from app.channels import registrations
from app.channels.journey import way_back
from app.channels.routes import bp
from app.networks.adapters.bluesky import oauth
from app.web import public


@bp.get(oauth.METADATA)
@public
def bluesky_client() -> Response:
    """The client's metadata document (atproto.com/specs/oauth); there is one when somebody has set
    out to connect for the first time."""
    app = registrations.registered("bluesky", "")
    if app is None or not app.client_secret:
        abort(404)
    settings = current_app.config["SETTINGS"]
    name = settings.operator_name or "AllStac"
    return jsonify(oauth.metadata(settings.base_url, way_back("bluesky"), name, app))
