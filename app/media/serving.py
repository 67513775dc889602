"""A stored file as an answer: exact type, no scripts, whole or a stretch (RFC 9110 14), so that a
browser can play and seek without the file ever being in memory."""

from flask import Response, abort, request
from werkzeug.datastructures import ContentRange

from app import storage
from app.headers import PICTURE_POLICY
from app.media.kinds import HEAD


def send(key: str, type: str, etag: str) -> Response:
    """404 when the file is gone. `etag` names these very bytes."""
    try:
        size = storage.size(key)
    except FileNotFoundError:
        abort(404)
    start, end = _wanted(size, etag)
    response = Response(mimetype=type)
    if (start, end) != (0, size):
        response.status_code = 416 if start == end else 206
        _say_where(response, start, end, size)
    if request.method != "HEAD" and start < end:
        response.response = storage.read_pieces(key, start, end - start)
    response.content_length = end - start
    response.set_etag(etag)
    response.accept_ranges = "bytes"
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cache-Control"] = "private, max-age=3600"
    if response.status_code == 200:
        response.make_conditional(request)
    return response


def _say_where(response: Response, start: int, end: int, size: int) -> None:
    first, last = (None, None) if start == end else (start, end)
    response.content_range = ContentRange("bytes", first, last, size)


def _wanted(size: int, etag: str) -> tuple[int, int]:
    """From where to where; the same number twice for a stretch that is not there. Several stretches at
    once are answered with the whole, as RFC 9110 14.2 allows."""
    asked = request.range if request.method == "GET" else None
    condition = request.if_range
    if condition.date or (condition.etag and condition.etag != etag):
        return 0, size
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, size
    return asked.range_for_length(size) or (0, 0)


def head(key: str) -> bytes:
    """The first bytes of a stored file; 404 when it is gone."""
    try:
        return b"".join(storage.read_pieces(key, 0, HEAD))
    except FileNotFoundError:
        abort(404)
