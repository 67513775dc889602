"""A video that comes back with a copy: the very one that left, or what writing anew does not change."""

import io
from collections.abc import Callable
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, storage
from app.account.models import User
from app.db import db as database
from app.media.models import Asset
from app.media.renditions import poster
from tests import make
from tests.media.clips import NOTED, clip
from tests.privacy.copies import Rows, changed, empty, made_for
from tests.privacy.test_imports import ALICE, refusal, walk

DATABASES = ("sqlite",)
Files = dict[str, bytes]


@pytest.fixture
def copy(app: Flask, db: object, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Signed by an instance that this one does not know."""
    monkeypatch.setattr("app.signing.is_ours", lambda *_: False)
    Asset.take(make.member(make.alice()), io.BytesIO(clip()), clock.now())
    database.session.commit()
    body = made_for(ALICE)
    empty(app)
    database.session.add(User(email=ALICE, name="Alice Ash", created_at=clock.now()))
    database.session.commit()
    return body


def same(rows: Rows, files: Files) -> None:
    """Nothing but the signature is another's."""


def replaced(by: Callable[[bytes], bytes]) -> Callable[[Rows, Files], None]:
    def change(rows: Rows, files: Files) -> None:
        [name] = [name for name in files if name.startswith("files/")]
        files[name] = by(files[name])
        rows["asset"][0] |= {
            "size": len(files[name]),
            "sha256": sha256(files[name]).hexdigest(),
        }

    return change


def test_it_comes_back_with_its_length_and_first_picture(copy: bytes) -> None:
    walk(changed(copy, same), write=True)
    database.session.commit()
    [video] = database.session.scalars(select(Asset)).all()
    assert (video.kind, video.type, video.seconds, video.width) == ("video", "video/mp4", 1.0, 64)
    assert sha256(storage.read(video.storage_key)).hexdigest() == video.sha256
    assert poster(video.original).startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (lambda raw: raw + b"<script>" * 9, "sha256 is not what"),
        (lambda raw: clip(noted=NOTED), "sha256 is not what"),
        (lambda raw: clip(codec="mpeg4"), "networks take H.264"),
        (lambda raw: raw[:-99], "ends too early"),
    ],
    ids=["something behind it", "a place in it", "another codec", "cut off"],
)
def test_one_that_holds_more_or_less_is_refused(
    copy: bytes, by: Callable[[bytes], bytes], words: str
) -> None:
    assert words in refusal(changed(copy, replaced(by)))


def test_a_length_that_it_does_not_have_is_refused(copy: bytes) -> None:
    def longer(rows: Rows, files: Files) -> None:
        rows["asset"][0] |= {"seconds": 2.5}

    assert "Its seconds is not what" in refusal(changed(copy, longer))
