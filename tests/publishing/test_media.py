"""What an adapter is handed of a post's pictures and video."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app import clock
from app.db import db as database
from app.media.models import Asset
from app.networks import Piece
from app.publishing.claiming import claim
from app.publishing.intents import give_back
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery
from tests import make
from tests.media.clips import clip
from tests.media.test_pictures import encoded
from tests.publishing.double import DoubleNetwork


def kept(raw: bytes) -> Asset:
    return Asset.take(make.member(make.alice()), io.BytesIO(raw), clock.now())


def post(*held: tuple[Asset, str]) -> Delivery:
    alice = make.alice()
    channel = make.channel(alice, "double")
    due_at = clock.now() + timedelta(minutes=10)
    made = Composition("Look", (channel,), held, due_at, "", "UTC")
    written = write(make.member(alice), made, "n", clock.now())
    database.session.commit()
    return written.deliveries[0]


def handed(network: DoubleNetwork, monkeypatch: Any) -> list[Piece]:
    seen: list[Piece] = []
    real = network.prepare

    async def prepare(web: Any, account: Any, grant: Any, piece: Piece, *rest: Any) -> Any:
        seen.append(piece)
        return await real(web, account, grant, piece, *rest)

    monkeypatch.setattr(network, "prepare", prepare)
    return seen


def test_a_video_is_prepared_well_ahead_and_read_in_stretches(
    db: Any, network: DoubleNetwork, publish: Callable[[], None], monkeypatch: Any
) -> None:
    seen, raw = handed(network, monkeypatch), clip()
    delivery = post((kept(raw), "A clip"))
    [work] = claim(clock.now(), timedelta(seconds=90), 9)
    database.session.refresh(delivery)
    assert clock.now() + timedelta(minutes=5) < delivery.lease_until
    give_back([work])
    database.session.commit()
    publish()
    [piece] = seen
    assert delivery.is_heavy and delivery.state == "scheduled"
    assert piece.video and piece.pictures == ()
    video = piece.video
    assert (video.alt, video.type, video.width, video.height) == ("A clip", "video/mp4", 64, 48)
    assert video.url.startswith("http://localhost/m/")


def test_pictures_are_converted_for_a_network_that_takes_jpeg_alone(
    db: Any, network: DoubleNetwork, publish: Callable[[], None], monkeypatch: Any
) -> None:
    jpeg = replace(network.limits, image_types=("image/jpeg",), image_side=30)
    monkeypatch.setattr(network, "limits", jpeg)
    seen = handed(network, monkeypatch)
    delivery = post((kept(encoded("PNG", mode="RGBA")), "A leaf"), (kept(encoded("JPEG")), ""))
    delivery.due_at = delivery.not_before = clock.now()
    database.session.commit()
    publish()
    [piece] = seen
    assert [(p.type, max(p.width, p.height), p.alt) for p in piece.pictures] == [
        ("image/jpeg", 30, "A leaf"),
        ("image/jpeg", 30, ""),
    ]
    assert all(picture.url.startswith("http://localhost/m/") for picture in piece.pictures)
