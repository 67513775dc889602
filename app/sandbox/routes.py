"""The sandbox network's own API, as a network would offer it, and its wall for people."""

import json
from typing import Any, TypeVar

from flask import Blueprint, Response, abort, current_app, g, jsonify, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app import clock, storage
from app.db import db
from app.networks import network
from app.sandbox.models import Wall, WallPicture, WallPost
from app.scope import act_for
from app.web import allows, csrf, page, picture_response, public, see, unaudited

bp = Blueprint("sandbox", __name__, url_prefix="/sandbox")
api = Blueprint("sandbox_api", __name__, url_prefix="/sandbox/api/walls/<slug>")
MOST_ASKED = 50  # posts in one question
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
csrf.exempt(api)  # bearer tokens, no cookies


@api.errorhandler(HTTPException)
def say_error(error: HTTPException) -> BaseResponse:
    response = jsonify(error=error.name)
    response.status_code = error.code or 500
    return response


def wall(slug: str) -> Wall:
    """The wall that the bearer token opens; 401 for any other."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    found = Wall.opened_by(slug, token) or abort(401)
    act_for(found.organization_id)
    return found


@api.get("")
@public
def look(slug: str) -> Response:
    return jsonify(name=wall(slug).name)


@api.put("/posts/<key>")
@public
@unaudited("asked by the publisher, whose attempts are kept with the delivery")
def put_post(slug: str, key: str) -> Response:
    """The same key again writes nothing; with other content it is refused (409)."""
    mine, sent = wall(slug), _sent()
    found = _find(mine, key)
    if found:
        if (found.text, found.pictures) != (sent["text"], sent["pictures"]):
            abort(409)
        return _answer(mine, found, created=False)
    post = WallPost(
        wall_id=mine.id,
        key=key[:64],
        text=sent["text"],
        pictures=sent["pictures"],
        card=sent["card"],
        created_at=sent["created_at"],
        received_at=clock.now(),
    )
    db.session.add(post)
    db.session.commit()
    return _answer(mine, post, created=True)


def _sent() -> dict[str, Any]:
    """The post in the body; 422 when it is not one (UnicodeEncodeError is a ValueError)."""
    try:
        sent = request.get_json()
        text, card = _a(str, sent["text"]).replace("\x00", ""), sent.get("card")
        read = {
            "text": text,
            "pictures": [
                {"id": _a(int, one["id"]), "alt": _a(str, one["alt"])}
                for one in sent.get("pictures", [])
            ],
            "card": card and {name: _a(str, card[name]) for name in ("title", "url")},
        }
        json.dumps(read, ensure_ascii=False).encode()
        created_at = clock.parse(sent["created_at"])
        if abs(created_at.year - clock.now().year) > 50:
            raise ValueError
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        abort(422)
    return read | {"created_at": created_at}


T = TypeVar("T")


def _a(kind: type[T], value: object) -> T:
    """A value of a foreign body when it is of that kind; TypeError for any other."""
    if not isinstance(value, kind):
        raise TypeError
    return value


@api.get("/posts/<key>")
@public
def get_post(slug: str, key: str) -> Response:
    mine = wall(slug)
    return _answer(mine, _find(mine, key) or abort(404), created=False)


@api.get("/figures")
@public
def tell(slug: str) -> Response:
    """How often each of those posts was liked, by its key; what isn't there is left out."""
    mine, asked = wall(slug), request.args.get("of", "").replace("\x00", "")
    keys = asked.split(",")[:MOST_ASKED]
    chosen = select(WallPost.key, WallPost.likes)
    found = db.session.execute(chosen.where(WallPost.wall_id == mine.id, WallPost.key.in_(keys)))
    return jsonify({post.key: post.likes for post in found})


@api.delete("/posts/<key>")
@public
@unaudited("asked by the publisher, whose attempts are kept with the delivery")
def delete_post(slug: str, key: str) -> BaseResponse:
    if found := _find(wall(slug), key):
        db.session.delete(found)
        db.session.commit()
    return Response(status=204)


@api.post("/media")
@public
@unaudited("asked by the publisher, whose attempts are kept with the delivery")
def put_picture(slug: str) -> Response:
    mine = wall(slug)
    if request.mimetype not in PICTURES:
        abort(415)
    key = storage.keep(request.get_data(), f"walls/{mine.id}")
    picture = WallPicture(
        wall_id=mine.id, type=request.mimetype, storage_key=key, created_at=clock.now()
    )
    db.session.add(picture)
    db.session.commit()
    return jsonify(id=picture.id)


def _find(mine: Wall, key: str) -> WallPost | None:
    return db.session.scalar(
        select(WallPost).where(WallPost.wall_id == mine.id, WallPost.key == key)
    )


def _answer(mine: Wall, post: WallPost, *, created: bool) -> Response:
    base = current_app.config["SETTINGS"].base_url
    return jsonify(id=post.key, url=f"{base}/sandbox/{mine.slug}#{post.key}", created=created)


@bp.get("/<slug>")
@allows("organization.view")
def show_wall(slug: str) -> Response:
    mine = db.session.scalar(Wall.of(g.member).where(Wall.slug == slug)) or abort(404)
    posts = db.session.scalars(
        select(WallPost)
        .where(WallPost.wall_id == mine.id)
        .order_by(WallPost.created_at.desc(), WallPost.id.desc())
        .limit(100)
    )
    return page(
        "sandbox/wall.html",
        "wall",
        wall={"name": mine.name, "handle": mine.handle},
        posts=[_row(slug, post) for post in posts],
    )


def _row(slug: str, post: WallPost) -> dict[str, Any]:
    pictures = [
        {"url": f"/sandbox/{slug}/pictures/{one['id']}", "alt": one["alt"]} for one in post.pictures
    ]
    return {
        "key": post.key,
        "text": post.text,
        "segments": network("sandbox").segments(post.text),
        "at": post.created_at,
        "pictures": pictures,
        "card": post.card,
        "likes": post.likes,
        "like_url": url_for(".like", slug=slug, key=post.key),
    }


@bp.post("/<slug>/posts/<key>/like")
@allows("organization.view")
@unaudited("a press on a wall, and nobody notes whose")
def like(slug: str, key: str) -> BaseResponse:
    """Count a press, so that a first post has figures to look at."""
    mine = db.session.scalar(Wall.of(g.member).where(Wall.slug == slug)) or abort(404)
    post = _find(mine, key) or abort(404)
    mine.count_like(post)
    db.session.commit()
    return see(".show_wall", slug=slug, _anchor=post.key)


@bp.get("/<slug>/pictures/<int:id>")
@allows("organization.view")
def picture(slug: str, id: int) -> Response:
    mine = db.session.scalar(Wall.of(g.member).where(Wall.slug == slug)) or abort(404)
    found = db.session.scalar(
        select(WallPicture).where(WallPicture.id == id, WallPicture.wall_id == mine.id)
    ) or abort(404)
    return picture_response(found.type, storage.read(found.storage_key))
