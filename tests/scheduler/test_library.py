"""The media library: found again, described, picked into posts, put away and back, gone after 30 days."""

import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app import clock, storage
from app.account import allowances
from app.account.allowances import Room
from app.db import db as database
from app.media.models import Asset
from app.media.renditions import keep
from app.privacy import holds, retention_jobs
from app.scheduler import library_jobs
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Post
from tests import make
from tests.media.test_pictures import encoded
from tests.times import Times


@pytest.fixture
def alice(client: FlaskClient, db: object) -> FlaskClient:
    make.sign_in(client, make.alice())
    return client


def picture(alt: str = "", labels: str = "", side: int = 40) -> Asset:
    raw = encoded("PNG", (side, 30))
    made = Asset.take(make.member(make.alice()), io.BytesIO(raw), clock.now())
    made.alt, made.labels = alt, labels
    database.session.commit()
    return made


def used(asset: Asset, state: str = "scheduled", alt: str = "") -> Post:
    alice, due = make.alice(), clock.now() + timedelta(days=1)
    made = Composition("Look", (make.channel(alice),), ((asset, alt),), due, "", "UTC")
    post = write(make.member(alice), made, f"n{asset.id}", clock.now())
    for delivery in post.deliveries:
        delivery.state = state
    post.state = state
    database.session.commit()
    return post


def shown(page: str) -> list[int]:
    return [int(id) for id in re.findall(r'href="/media/(\d+)/details"', page)]


def fetched(id: int) -> Asset | None:
    database.session.expire_all()
    return database.session.get(Asset, id)


def test_words_labels_and_kinds_find_it(alice: FlaskClient) -> None:
    tree, sea = picture("A tree", "Autumn, Fifty %").id, picture("The sea", "Autumn").id
    assert shown(alice.get("/media").text) == [sea, tree]
    assert shown(alice.get("/media?search=tree+autumn").text) == [tree]
    assert shown(alice.get("/media?label=Autumn").text) == [sea, tree]
    assert shown(alice.get("/media?label=Autu").text) == []
    assert shown(alice.get("/media?search=%25").text) == [tree]
    assert shown(alice.get("/media?kind=video").text) == []
    assert alice.get("/media?page=2").status_code == 404


def test_several_files_are_taken_and_one_that_is_none_is_told(alice: FlaskClient) -> None:
    files = [
        (io.BytesIO(encoded("PNG")), "a.png"),
        (io.BytesIO(b"no picture"), "b.png"),
        (io.BytesIO(encoded("JPEG")), "c.jpg"),
    ]
    answer = alice.post("/media", data={"files": files})
    assert answer.status_code == 422
    assert "b.png: " in answer.text
    assert len(shown(answer.text)) == 2
    assert alice.post("/media", data={}).status_code == 422


def test_the_room_that_the_plan_has_is_shown_and_kept_to(alice: FlaskClient) -> None:
    home = picture().organization_id
    alice.application.extensions["ladder"] = (Room("Free", storage=0),)
    try:
        allowances.write(home, Room("Free", storage=0), clock.now())
        database.session.commit()
        files = [(io.BytesIO(encoded("PNG")), "a.png")]
        answer = alice.post("/media", data={"files": files})
        assert "a.png: Free holds 0 MB" in answer.text
        assert '<meter id="quota" min="0" max="0"' in answer.text
    finally:
        alice.application.extensions["ladder"] = ()


def test_alt_text_is_kept_and_offered_when_it_is_used_again(alice: FlaskClient) -> None:
    asset = picture()
    used(asset, alt="A green leaf")
    assert fetched(asset.id).alt == "A green leaf"  # type: ignore[union-attr]
    said = {"alt": "A leaf in rain", "labels": "Autumn, autumn , Rain"}
    alice.post(f"/media/{asset.id}/details", data=said)
    kept = fetched(asset.id)
    assert kept
    assert (kept.alt, kept.labels) == ("A leaf in rain", "Autumn, Rain")
    page = alice.get(f"/posts/new?pick={asset.id}&pick={asset.id}&pick=9999").text
    assert page.count(f'name="kept" value="{asset.id}"') == 1
    assert 'name="alt" value="A leaf in rain"' in page
    wrong = alice.post(f"/media/{asset.id}/details", data={"alt": "x", "labels": "y" * 41})
    assert wrong.status_code == 422
    assert "y" * 41 in wrong.text


def test_without_javascript_the_composer_shows_what_there_is_and_loses_nothing(
    alice: FlaskClient,
) -> None:
    tree, sea = picture("A tree").id, picture("The sea").id
    typed = {"text": "Half a", "search": "sea", "action": "library", "kept": tree, "alt": "Oak"}
    page = alice.post("/posts/new", data=typed).text
    assert f'name="pick" value="{sea}"' in page
    assert f'name="pick" value="{tree}"' not in page
    typed |= {"action": "preview", "pick": sea}
    page = alice.post("/posts/new", data=typed).text
    assert "Half a" in page
    assert re.findall(r'name="kept" value="(\d+)"', page) == [str(tree), str(sea)]
    assert re.findall(r'name="alt" value="([^"]*)"', page) == ["Oak", "The sea"]


@pytest.mark.parametrize("state", ["draft", "scheduled", "held", "failed"])
def test_what_a_post_needs_stays_and_the_post_is_named(alice: FlaskClient, state: str) -> None:
    asset = picture()
    post = used(asset, state)
    answer = alice.post(f"/media/{asset.id}/deletion")
    assert answer.status_code == 409
    assert f'<li><a href="/posts/{post.id}">Look</a>' in answer.text
    assert fetched(asset.id).deleted_at is None  # type: ignore[union-attr]


def test_the_trash_is_out_of_the_library_and_gives_back(alice: FlaskClient) -> None:
    asset = picture("A tree").id
    assert alice.post(f"/media/{asset}/deletion").status_code == 303
    assert shown(alice.get("/media").text) == []
    assert shown(alice.get("/media/trash").text) == [asset]
    assert f'value="{asset}"' not in alice.get("/media/choice").text
    page = alice.post("/posts/new", data={"kept": asset, "action": "schedule"}).text
    assert "A picture is not here any more." in page
    alice.post(f"/media/{asset}/restoration")
    assert shown(alice.get("/media").text) == [asset]


def test_after_thirty_days_file_renditions_and_row_are_gone_the_post_stays(
    alice: FlaskClient, times: Times
) -> None:
    asset, other = picture("A tree"), picture(side=50)
    post = used(asset, "published").id
    keep(asset.storage_key, "png-1000-20", b"made")
    id, key = asset.id, asset.storage_key
    alice.post(f"/media/{id}/deletion")
    times.go(days=29)
    retention_jobs.run_retention()
    assert fetched(id)
    times.go(days=1, hours=1)
    retention_jobs.run_retention()
    assert fetched(id) is None
    assert fetched(other.id)
    assert list(storage.below(storage.derived(key))) == []
    with pytest.raises(FileNotFoundError):
        storage.size(key)
    assert database.session.get_one(Post, post).pictures == []


def test_a_hold_on_whoever_used_it_keeps_it_and_lets_others_go(
    alice: FlaskClient, times: Times
) -> None:
    free, kept = picture(), picture(side=50)
    post, bob = used(kept, "published"), make.bob()
    post.author_id = bob.id
    review_on = (times.now + timedelta(days=90)).date()
    asked = holds.place("user", bob.id, "A court", "A case", review_on, bob.id, times.now)
    holds.approve(asked, make.alice().id, times.now)
    database.session.commit()
    ids = free.id, kept.id
    for id in ids:
        assert alice.post(f"/media/{id}/deletion").status_code == 303
    times.go(days=31)
    retention_jobs.run_retention()
    assert [bool(fetched(id)) for id in ids] == [False, True]
    holds.release(database.session.get_one(holds.LegalHold, asked.id), bob.id, times.now)
    database.session.commit()
    times.go(hours=1)
    retention_jobs.run_retention()
    assert fetched(ids[1]) is None


def test_what_is_scheduled_again_comes_out_of_the_trash(alice: FlaskClient) -> None:
    asset = picture()
    post = used(asset, "cancelled").id
    alice.post(f"/media/{asset.id}/deletion")
    library_jobs.rescue()
    assert fetched(asset.id).deleted_at  # type: ignore[union-attr]
    found = database.session.get_one(Post, post)
    found.state = "scheduled"
    database.session.commit()
    library_jobs.rescue()
    assert fetched(asset.id).deleted_at is None  # type: ignore[union-attr]
