"""Files as answers: stretches for players, and addresses that networks fetch at without a session."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, storage
from app.db import db as database
from app.media import addresses, renditions
from app.media.models import Asset
from app.media.sweeping import sweep
from app.networks import Limits
from tests import make
from tests.media.clips import clip
from tests.media.test_pictures import encoded, noise

DATABASES = ("sqlite",)  # tests/doors asks the routes on both
META = Limits(2200, None, 10, 8_000_000, 1440, 1000, image_types=("image/jpeg",))


@pytest.fixture
def video(db: object) -> Asset:
    made = Asset.take(make.member(make.alice()), io.BytesIO(clip(3)), clock.now())
    database.session.commit()
    return made


@pytest.fixture
def picture(db: object) -> Callable[[bytes], Asset]:
    def kept(raw: bytes) -> Asset:
        made = Asset.take(make.member(make.alice()), io.BytesIO(raw), clock.now())
        database.session.commit()
        return made

    return kept


@pytest.fixture
def alice(client: FlaskClient, video: Asset) -> FlaskClient:
    make.sign_in(client, make.alice())
    return client


def path(url: str) -> str:
    return url.removeprefix("http://localhost")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-", 0, None), ("bytes=100-199", 100, 200), ("bytes=-50", -50, None),
     ("bytes=0-0", 0, 1), ("bytes=10-99999999", 10, None)],
)  # fmt: skip
def test_a_player_is_given_the_stretch_that_it_asks_for(
    alice: FlaskClient, video: Asset, asked: str, start: int, end: int | None
) -> None:
    whole = storage.read(video.storage_key)
    answer = alice.get(f"/media/{video.id}", headers={"Range": asked})
    assert answer.data == whole[start:end]
    full = len(answer.data) == len(whole)
    assert answer.status_code == (200 if full else 206)
    first = start % len(whole)
    if not full:
        told = f"bytes {first}-{first + len(answer.data) - 1}/{len(whole)}"
        assert answer.headers["Content-Range"] == told
    assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "pages=1-2", "bytes=x", ""])
def test_what_can_not_be_cut_is_given_whole(alice: FlaskClient, video: Asset, asked: str) -> None:
    answer = alice.get(f"/media/{video.id}", headers={"Range": asked})
    assert (answer.status_code, len(answer.data)) == (200, video.size)
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_stretch_behind_the_end_is_refused_with_the_length(
    alice: FlaskClient, video: Asset
) -> None:
    answer = alice.get(f"/media/{video.id}", headers={"Range": f"bytes={video.size}-"})
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{video.size}"


def test_a_stretch_of_another_version_is_not_mixed_in(alice: FlaskClient, video: Asset) -> None:
    where = f"/media/{video.id}"
    etag = alice.head(where).headers["ETag"]
    headers = {"Range": "bytes=0-9", "If-Range": etag}
    assert alice.get(where, headers=headers).status_code == 206
    assert alice.get(where, headers=headers | {"If-Range": '"other"'}).status_code == 200
    assert alice.get(where, headers={"If-None-Match": etag}).status_code == 304


def test_it_is_a_video_and_nothing_else(alice: FlaskClient, video: Asset) -> None:
    answer = alice.get(f"/media/{video.id}")
    assert answer.mimetype == "video/mp4"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    still = alice.get(f"/media/{video.id}/poster")
    assert still.mimetype == "image/jpeg" and still.data.startswith(b"\xff\xd8")


def test_a_poster_that_is_lost_is_made_again(alice: FlaskClient, video: Asset) -> None:
    storage.discard(renditions.key_of(video.storage_key, renditions.POSTER))
    assert alice.get(f"/media/{video.id}/poster").status_code == 200


def fetch_as_network(app: Flask, url: str, method: str = "GET", **headers: str) -> object:
    return app.test_client().open(path(url), method=method, headers=headers)


def test_a_network_fetches_without_a_session(app: Flask, video: Asset) -> None:
    url = renditions.video(video.original).url
    assert str(video.storage_key).rsplit("/", 1)[-1] not in url
    answer = fetch_as_network(app, url)
    assert (answer.status_code, answer.mimetype, len(answer.data)) == (200, "video/mp4", video.size)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="video-{video.id}.mp4"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    head = fetch_as_network(app, url, "HEAD")
    assert (head.data, int(head.headers["Content-Length"])) == (b"", video.size)
    assert len(fetch_as_network(app, url, Range="bytes=5-9").data) == 5


def test_nothing_else_opens(app: Flask, video: Asset, picture: Callable[[bytes], Asset]) -> None:
    other, now = picture(encoded("PNG")), clock.now()
    home, elsewhere = video.organization_id, make.member(make.charlie()).organization_id
    good = addresses.address(home, video.id, "original", now)
    said, _, signed = good.rpartition("/")[2].partition(".")
    base = good.rpartition("/")[0]
    theirs = addresses.address(elsewhere, video.id, "original", now).rpartition("/")[2]
    wrong = {
        "another organisation": f"{base}/{theirs}",
        "expired": addresses.address(home, video.id, "original", now - timedelta(hours=24)),
        "a form that was never made": addresses.address(home, video.id, "jpeg-1-1", now),
        "another file, signed as this": f"{base}/"
        + addresses.address(home, other.id, "original", now).rpartition("/")[2].partition(".")[0]
        + f".{signed}",
        "no signature": f"{base}/{said}",
        "padding": f"{good}=",
        "upper case": f"{base}/{said.swapcase()}.{signed}",
        "nothing": f"{base}/.",
        "no text": f"{base}/%ff%fe.{signed}",
    }
    for place in range(len(f"{said}.{signed}")):
        token = f"{said}.{signed}"
        changed = "A" if token[place] != "A" else "B"
        wrong[f"edited at {place}"] = f"{base}/{token[:place]}{changed}{token[place + 1 :]}"
    assert fetch_as_network(app, good).status_code == 200
    opened = {name for name, url in wrong.items() if fetch_as_network(app, url).status_code != 404}
    assert opened == set()


def test_an_address_ends_with_its_file(app: Flask, video: Asset) -> None:
    url = renditions.video(video.original).url
    database.session.delete(video)
    database.session.commit()
    assert fetch_as_network(app, url).status_code == 404


def test_a_day_later_it_is_over(app: Flask, video: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    url, now = renditions.video(video.original).url, clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=23, minutes=59))
    assert fetch_as_network(app, url).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=24))
    assert fetch_as_network(app, url).status_code == 404


def test_no_line_of_the_log_has_the_address(
    app: Flask, video: Asset, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = renditions.video(video.original).url
    fetch_as_network(app, url)
    fetch_as_network(app, url + "x")
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("app.media.routes.send", lambda *_: 1 / 0)
    assert fetch_as_network(app, url).status_code == 500
    told = capsys.readouterr()
    assert "request.failed" in told.out
    assert url.rpartition("/")[2][:30] not in told.out + told.err


def test_a_clear_png_becomes_a_jpeg_on_white_where_only_that_is_taken(
    app: Flask, picture: Callable[[bytes], Asset]
) -> None:
    asset = picture(encoded("PNG", mode="RGBA"))
    made = renditions.fit(asset.original, META, "A leaf")
    assert (made.type, made.alt, made.width, made.height) == ("image/jpeg", "A leaf", 60, 40)
    shown = renditions.sides(made.body)
    assert shown == (60, 40)
    answer = fetch_as_network(app, made.url)
    assert (answer.mimetype, answer.data) == ("image/jpeg", made.body)
    assert answer.headers["Content-Disposition"].endswith('.jpg"')


def test_what_fits_is_handed_on_as_it_is(picture: Callable[[bytes], Asset]) -> None:
    asset = picture(encoded("JPEG"))
    assert renditions.fit(asset.original, META).body == storage.read(asset.storage_key)
    made = storage.used_before(storage.derived(asset.storage_key), clock.now() + timedelta(days=1))
    assert list(made) == []


def test_trying_again_does_not_encode_again(
    picture: Callable[[bytes], Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = picture(noise(300))
    small = Limits(300, None, 4, 20_000, 200, 1000)
    first = renditions.fit(asset.original, small)
    assert len(first.body) <= 20_000 and max(first.width, first.height) <= 200
    monkeypatch.setattr("app.media.child._run", pytest.fail)
    again = renditions.fit(asset.original, small, now=clock.now())
    assert again.body == first.body


def test_renditions_go_when_nobody_wanted_them_for_two_days_and_with_their_asset(
    video: Asset, picture: Callable[[bytes], Asset]
) -> None:
    asset, now = picture(encoded("PNG", mode="RGBA")), clock.now()
    sweep(now + timedelta(days=9))  # what other tests left
    renditions.fit(asset.original, META, now=now)

    def left() -> set[str]:
        found = storage.used_before("renditions", now + timedelta(days=9))
        return {key.rpartition("/")[2] for key in found}

    assert sweep(now + timedelta(hours=47)) == 0
    renditions.fit(asset.original, META, now=now + timedelta(hours=40))
    assert sweep(now + timedelta(hours=87)) == 0
    assert left() == {"jpeg-8000000-1440", "poster"}
    assert sweep(now + timedelta(hours=89)) == 1
    assert left() == {"poster"}
    storage.discard(video.storage_key)
    assert left() == set()


def test_a_video_is_read_in_stretches(video: Asset) -> None:
    made, whole = renditions.video(video.original, "A clip"), storage.read(video.storage_key)
    assert b"".join(made.read(at, 700) for at in range(0, made.size, 700)) == whole
    assert (made.alt, made.type, made.seconds) == ("A clip", "video/mp4", video.seconds)


def test_a_file_is_read_to_its_end_when_the_request_is_over(video: Asset) -> None:
    """A server asks for the pieces after the application has let go of the request."""
    pieces, whole = storage.read_pieces(video.storage_key), storage.read(video.storage_key)
    with ThreadPoolExecutor(1) as elsewhere:
        assert elsewhere.submit(lambda: b"".join(pieces)).result() == whole
