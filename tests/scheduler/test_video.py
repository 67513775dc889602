"""A video in the composer: uploaded without JavaScript, kept by drafts, held to each channel's limits."""

import io
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app.db import db as database
from app.media.models import Asset
from app.networks import Limits, network
from app.scheduler.media import media_problems
from app.scheduler.models import Post
from tests import make
from tests.media.clips import clip
from tests.media.test_pictures import encoded

DATABASES = ("sqlite",)
BASE = Limits(300, None, 4, 1_000_000, 2000, 1000)
TAKES = replace(BASE, videos=1, video_bytes=5_000_000, video_seconds=60)


@pytest.fixture
def writer(client: FlaskClient, db: object) -> FlaskClient:
    make.channel(make.alice(), "bluesky")
    make.sign_in(client, make.alice())
    return client


def form(client: FlaskClient, **change: object) -> dict[str, object]:
    page = client.get("/posts/new").text
    [channel] = re.findall(r'name="channels" value="(\d+)"', page)
    typed = {"text": "Look at the sea", "when": "at", "due_at": "2027-01-01T10:00", "nonce": "n"}
    return typed | {"channels": [channel], "action": "schedule"} | change


def file(raw: bytes, name: str = "holiday.mov") -> tuple[io.BytesIO, str]:
    return io.BytesIO(raw), name


def kept() -> list[Asset]:
    return list(database.session.scalars(database.select(Asset)))


def test_a_video_is_scheduled_with_its_alt_text_whatever_its_name(writer: FlaskClient) -> None:
    sent = form(writer, media=[file(clip(fmt="mov"), "picture.png")], alt=["Waves"])
    answer = writer.post("/posts/new", data=sent)
    assert answer.status_code == 303, answer.text
    post = database.session.scalars(database.select(Post)).one()
    [hung] = post.pictures
    assert (hung.alt, hung.asset.kind, hung.asset.type) == ("Waves", "video", "video/mp4")
    assert post.deliveries[0].is_heavy
    page = writer.get(f"/posts/{post.id}").text
    assert f'<video controls preload="none" src="/media/{hung.asset_id}"' in page
    assert f'poster="/media/{hung.asset_id}/poster" aria-label="Waves"' in page


def test_a_draft_keeps_it_and_shows_its_first_picture_and_length(writer: FlaskClient) -> None:
    sent = form(writer, media=[file(clip(30))], alt=["Waves"], action="draft")
    where = writer.post("/posts/new", data=sent).headers["Location"]
    page = writer.get(f"{where}/edit").text
    [asset] = kept()
    assert f'name="kept" value="{asset.id}"' in page
    assert page.count(f'src="/media/{asset.id}/poster"') == 2, "in the form and in the preview"
    assert page.count("0:03") == 2
    assert 'value="Waves"' in page


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (clip(codec="mpeg4"), "Its pictures are coded as mpeg4; networks take H.264."),
        (clip()[:-60], "It ends too early."),
        (b"\x00\x00\x00\x18ftypmp42" + b"<script>" * 9, "This is not an MP4 or MOV video"),
    ],
    ids=["codec", "cut off", "no video"],
)
def test_what_is_refused_stands_beside_the_field_and_nothing_typed_is_lost(
    writer: FlaskClient, raw: bytes, words: str
) -> None:
    picture = file(encoded("PNG"), "leaf.png")
    sent = form(writer, media=[picture, file(raw, "a<b>.mp4")], alt=["A leaf", ""])
    answer = writer.post("/posts/new", data=sent)
    assert answer.status_code == 422
    assert f"a&lt;b&gt;.mp4: {words}" in answer.text
    assert "Look at the sea" in answer.text and 'value="A leaf"' in answer.text
    assert [asset.kind for asset in kept()] == ["picture"]


def test_a_channel_that_takes_less_says_so_and_the_upload_stays(
    writer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    bluesky = network("bluesky")
    short = replace(bluesky.limits, video_seconds=2)
    monkeypatch.setattr(bluesky, "limits", short)
    answer = writer.post("/posts/new", data=form(writer, media=[file(clip(50))]))
    assert answer.status_code == 422
    assert "Bluesky takes videos up to 0:02; this takes 0:05." in answer.text
    assert f'name="kept" value="{kept()[0].id}"' in answer.text


def media(*kinds: str, size: int = 1000, seconds: float = 5) -> list[Asset]:
    return [
        Asset(kind=kind, type="video/mp4", size=size, seconds=seconds if kind == "video" else 0)
        for kind in kinds
    ]


@pytest.mark.parametrize(
    ("limits", "held", "words"),
    [
        (BASE, media("picture") * 4, []),
        (BASE, media("picture") * 5, ["N takes 4 pictures; this has 5."]),
        (BASE, media("video"), ["N takes no videos."]),
        (TAKES, media("video"), []),
        (TAKES, media("video", "video"), ["N takes 1 video; this has 2."]),
        (TAKES, media("video", "picture"), ["N takes pictures or a video in one post, not both."]),
        (replace(TAKES, mixed=True), media("video", "picture"), []),
        (TAKES, media("video", size=5_000_001), ["N takes videos up to 5 MB; this has 6 MB."]),
        (TAKES, media("video", seconds=61), ["N takes videos up to 1:00; this takes 1:01."]),
        (replace(BASE, needs_media=True), [], ["N takes no post without a picture or video."]),
        (replace(TAKES, needs_media=True), media("video"), []),
    ],
)
def test_each_limit_is_told_in_words(limits: Limits, held: list[Asset], words: list[str]) -> None:
    assert media_problems("N", limits, held) == words
