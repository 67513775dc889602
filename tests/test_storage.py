"""Files in a folder and in a bucket of a real server: one contract, kept by both."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock, doctor, storage
from app.config import BadSettings, Settings, load
from app.storage import signing
from app.storage.bucket import Away, Bucket
from app.storage.disk import Disk
from app.storage_settings import BucketAddress
from tests.conftest import KEY
from tests.servers.seaweed import ACCESS, BUCKET, SECRET, Seaweed

DATABASES = ("sqlite",)
HOUR = timedelta(hours=1)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, app: Flask, db: object) -> Iterator[storage.Place]:
    made: storage.Place = Disk(app.config["SETTINGS"].storage_folder)
    if request.param == "bucket":
        server: Seaweed = request.getfixturevalue("seaweed")
        made = Bucket(BucketAddress(BUCKET, server.url, "us-east-1", ACCESS, SECRET))
    app.extensions["storage"] = made
    yield made
    del app.extensions["storage"]


def folder() -> str:
    return f"assets/{secrets.token_hex(4)}"


def test_what_is_kept_is_read_whole_in_stretches_and_by_children(place: storage.Place) -> None:
    body = secrets.token_bytes(storage.PIECE * 2 + 7)
    key = storage.keep_pieces([body[:9], body[9:]], folder())
    assert storage.size(key) == len(body)
    assert storage.read(key) == body
    assert b"".join(storage.read_pieces(key, 5, 10)) == body[5:15]
    assert b"".join(storage.read_pieces(key, len(body) - 3)) == body[-3:]
    assert b"".join(storage.read_pieces(key, len(body) - 3, 99)) == body[-3:]
    assert b"".join(storage.read_pieces(key, 5, 0)) == b""
    with storage.open_file(key) as file:
        assert file.fileno() > 2
        assert file.read() == body
    assert storage.read(storage.keep(b"", folder())) == b""


def test_another_version_replaces_all_of_the_first(place: storage.Place) -> None:
    key = f"{folder()}/x"
    storage.keep_at(key, [b"a long first version"])
    storage.keep_at(key, [b"second"])
    assert storage.read(key) == b"second"


def test_when_a_piece_fails_nothing_is_there_and_the_first_version_stays(
    place: storage.Place,
) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("the upload ended")

    home = folder()
    with pytest.raises(RuntimeError):
        storage.keep_pieces(broken(), home)
    assert list(storage.below(home)) == []
    storage.keep_at(f"{home}/x", [b"whole"])
    with pytest.raises(RuntimeError):
        storage.keep_at(f"{home}/x", broken())
    assert storage.read(f"{home}/x") == b"whole"


def test_what_is_gone_is_gone_with_all_that_was_made_of_it(place: storage.Place) -> None:
    key, other = (storage.keep(b"a", folder()) for _ in range(2))
    for name in ("png-1-2", "poster"):
        storage.keep_at(f"{storage.derived(key)}/{name}", [b"b"])
    storage.keep_at(f"{storage.derived(other)}/poster", [b"c"])
    assert sorted(storage.below(storage.derived(key))) == [
        f"{storage.derived(key)}/{name}" for name in ("png-1-2", "poster")
    ]
    for _ in range(2):
        storage.discard(key)
    assert list(storage.below(storage.derived(key))) == []
    assert len(list(storage.below(storage.derived(other)))) == 1
    assert storage.use(key, clock.now()) is False
    for ask in (storage.size, storage.read, storage.open_file):
        with pytest.raises(FileNotFoundError):
            ask(key)


def test_the_sweeper_sees_when_a_file_was_wanted(place: storage.Place) -> None:
    home = f"renditions/{secrets.token_hex(4)}"
    storage.keep_at(f"{home}/x", [b"x"])
    now = datetime.now(UTC)
    assert list(storage.used_before(home, now + HOUR)) == [f"{home}/x"]
    assert list(storage.used_before(home, now - HOUR)) == []
    assert storage.use(f"{home}/x", now) is True
    assert list(storage.used_before(home, now - HOUR)) == []
    assert storage.read(f"{home}/x") == b"x"


@pytest.mark.parametrize("key", ["assets/../../x", "../x"])
def test_no_key_leaves_its_place(place: storage.Place, key: str) -> None:
    with pytest.raises(ValueError, match=r"storage folder|no key"):
        storage.read(key)


def test_a_kind_that_is_not_listed_is_not_stored(place: storage.Place) -> None:
    with pytest.raises(KeyError):
        storage.keep(b"x", "elsewhere")


def test_more_than_one_page_is_listed(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket(BucketAddress(BUCKET, seaweed.url, "us-east-1", ACCESS, SECRET))
    home = folder()
    for name in "abcde":
        bucket.put(f"{home}/{name}", [b"x"])
    asked = bucket._ask

    def in_twos(*args: object, **how: dict[str, str]) -> object:
        return asked(*args, **how | {"query": how["query"] | {"max-keys": "2"}})  # type: ignore[arg-type]

    monkeypatch.setattr(bucket, "_ask", in_twos)
    assert [key for key, _ in bucket.below(home)] == [f"{home}/{name}" for name in "abcde"]


def test_nobody_reads_it_without_the_keys(seaweed: Seaweed) -> None:
    bucket = Bucket(BucketAddress(BUCKET, seaweed.url, "us-east-1", ACCESS, SECRET))
    bucket.put("assets/x", [b"x"])
    assert seaweed.status_without_keys("assets/x") == 403
    wrong = Bucket(BucketAddress(BUCKET, seaweed.url, "us-east-1", ACCESS, "another"))
    with pytest.raises(Away, match="403"):
        wrong.size("assets/x")


def test_a_bucket_that_is_away_is_told_with_its_mend(app: Flask) -> None:
    at = {"storage_url": "s3://files?endpoint=http://127.0.0.1:1"}
    keys = {"storage_access_key": "a", "storage_secret_key": "s3cr3t"}
    settings = _loaded(**at, **keys)
    assert settings.bucket
    app.extensions["storage"] = Bucket(settings.bucket)
    try:
        with app.app_context():
            [found] = doctor._storage(settings)
    finally:
        del app.extensions["storage"]
    assert found.words.startswith("bucket files at http://127.0.0.1:1: The bucket can't be reached")
    assert "STORAGE_URL" in found.mend
    assert "s3cr3t" not in str(found)


def _loaded(**settings: str) -> Settings:
    return load(app_env="test", secret_key="x" * 32, encryption_keys=KEY, **settings)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://x", "must be file:///folder or s3://"),
        ("s3://a:b@files", "holds no keys"),
        ("s3://files?endpoint=files.example", "must be file:///folder or s3://"),
        ("s3://files", "STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY must be set"),
    ],
)
def test_a_wrong_address_stops_the_boot(url: str, words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        _loaded(storage_url=url)


def test_the_signature_is_the_one_of_the_published_example() -> None:
    """Amazon's own, of the page named in `signing`: GET Object, with a range."""
    keys = signing.Keys(
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"
    )
    url, at = "https://examplebucket.s3.amazonaws.com/test.txt", datetime(2013, 5, 24, tzinfo=UTC)
    signed = signing.sign(keys, "GET", url, at, headers={"Range": "bytes=0-9"})
    assert signed["authorization"].endswith(
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
