"""A copy holds all of the person who asks and nothing of anybody else, and can be checked."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import clock, signing, storage
from app.account.models import User
from app.db import db as database
from app.media.models import Asset
from app.privacy import exports, jobs, retention_jobs, sealed_file
from app.privacy.portions import Holder, portions
from app.privacy.streaming import FORMULA
from tests import make
from tests.privacy.canaries import plant
from tests.times import Times


def copy_of(user: User) -> zipfile.ZipFile:
    """Order a copy and make it, as the worker would."""
    run = exports.order(user, clock.now())
    database.session.commit()
    jobs.make_export(run.id)
    database.session.refresh(run)
    assert run.state in (exports.READY, exports.PARTIAL)
    return zipfile.ZipFile(io.BytesIO(b"".join(exports.open_copy(run))))


def lines(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(f"data/{table}.jsonl").splitlines()]


@pytest.mark.proves("P8.1", "P8.4", "P1.4")
def test_a_copy_has_every_canary_of_the_person_and_none_of_another(db: object) -> None:
    alice, charlie = make.alice(), make.charlie()
    mine, theirs = plant(alice), plant(charlie)
    archive = copy_of(alice)
    everything = b"\n".join(archive.read(name) for name in archive.namelist()).decode("latin-1")
    assert [name for name, word in mine.items() if word not in everything] == []
    assert [name for name, word in theirs.items() if word in everything] == []


@pytest.mark.proves("P8.4")
def test_the_manifest_counts_as_the_database_counts_and_hashes_every_file(db: object) -> None:
    alice = make.alice()
    make.post(alice, make.channel(alice))
    archive = copy_of(alice)
    manifest = json.loads(archive.read("manifest.json"))
    for portion in portions(database.metadata, exports.holder_of(alice)):
        counted = database.session.execute(
            select(func.count()).select_from(portion.table).where(portion.condition)
        ).scalar_one()
        if portion.name != "export_run":  # this very copy was finished after its snapshot
            assert manifest["counts"].get(portion.name, 0) == counted, portion.name
    for name, digest in manifest["files"].items():
        assert sha256(archive.read(name)).hexdigest() == digest, name
    unlisted = set(archive.namelist()) - set(manifest["files"])
    assert unlisted == {"manifest.json", "manifest.sig.json"}


def test_the_signature_is_ours_and_an_edited_manifest_is_found_out(db: object) -> None:
    archive = copy_of(make.alice())
    manifest = archive.read("manifest.json")
    signature = json.loads(archive.read("manifest.sig.json"))
    assert signing.is_ours(manifest, signature)
    assert not signing.is_ours(manifest.replace(b"user", b"loser"), signature)


@pytest.mark.proves("P7.3")
def test_secrets_are_told_of_but_never_copied(db: object) -> None:
    alice = make.alice()
    make.channel(alice, token="the-token-itself")
    archive = copy_of(alice)
    [person] = lines(archive, "user")
    assert person["password_hash"] is True
    assert person["email"] == "alice@orchard.example"
    [grant] = lines(archive, "channel_grant")
    assert grant["sealed"] is True
    assert all(b"the-token-itself" not in archive.read(name) for name in archive.namelist())


def test_colleagues_in_a_copy_have_no_name(db: object) -> None:
    """Bob moved a post of Alice: her copy says that somebody did."""
    alice, bob = make.alice(), make.bob()
    post = make.post(alice, make.channel(alice))
    from app.scheduler import composing

    composing.cancel(post, make.member(bob), clock.now())
    database.session.commit()
    steps = lines(copy_of(alice), "post_event")
    assert [step["actor_id"] for step in steps] == ["me", "somebody else"]


def test_csv_and_json_say_the_same_and_no_cell_is_a_formula(db: object) -> None:
    alice = make.alice()
    alice.name = '=HYPERLINK("http://x")'
    channel = make.channel(alice)
    for text in (*(f"{sign}1+1" for sign in FORMULA), 'quote " and, comma\nnewline', "ünï 🌍"):
        make.post(alice, channel, text=text)
    archive = copy_of(alice)
    rows = list(csv.DictReader(io.StringIO(archive.read("csv/post.csv").decode(), newline="")))
    posts = lines(archive, "post")
    assert len(rows) == len(posts) == len(FORMULA) + 2
    for row, post in zip(rows, posts, strict=True):
        assert row["text"] == ("'" if post["text"][0] in FORMULA else "") + post["text"]
        assert clock.parse(row["due_at"]) == clock.parse(post["due_at"])
    cells = csv.reader(io.StringIO(archive.read("csv/user.csv").decode(), newline=""))
    assert [cell for row in cells for cell in row if cell.startswith(FORMULA)] == []


def test_a_picture_that_is_gone_is_named_and_not_passed_over(db: object) -> None:
    alice = make.alice()
    for word in (b"kept", b"lost"):
        key = storage.keep(word, "assets/x")
        database.session.add(
            Asset(
                organization_id=make.member(alice).organization_id, uploader_id=alice.id,
                type="image/png", size=4, width=1, height=1, sha256="0", storage_key=key,
                created_at=clock.now(),
            )
        )  # fmt: skip
    database.session.commit()
    storage.discard(key)
    archive = copy_of(alice)
    [kept] = [name for name in archive.namelist() if name.startswith("files/")]
    assert archive.read(kept) == b"kept"
    [lost] = json.loads(archive.read("manifest.json"))["missing"]
    assert lost.startswith("files/asset-")
    run = database.session.scalars(exports.ExportRun.of(alice)).first()
    assert run is not None
    assert (run.state, run.gaps) == (exports.PARTIAL, 1)
    assert lost in archive.read("index.html").decode()


def test_the_page_orders_watches_and_fetches(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.post("/settings/privacy/exports", follow_redirects=True)
    assert "Waiting to be made" in answer.text
    assert 'hx-trigger="every 2s"' in answer.text
    assert client.post("/settings/privacy/exports").status_code == 409
    run = database.session.scalars(select(exports.ExportRun)).one()
    jobs.make_export(run.id)
    jobs.make_export(run.id)  # a second ring finds nothing to take
    shown = client.get("/settings/privacy/exports").text
    assert "Ready" in shown
    assert "every 2s" not in shown
    fetched = client.post(f"/settings/privacy/exports/{run.id}/file")
    assert fetched.mimetype == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(fetched.data)).testzip() is None
    assert int(fetched.headers["Content-Length"]) == len(fetched.data)
    assert "fetched 1 time<" in client.get("/settings/privacy/exports").text.replace("\n", "<")


def test_nobody_fetches_anothers_copy(client: FlaskClient) -> None:
    charlie = make.charlie()
    copy_of(charlie)
    run = database.session.scalars(exports.ExportRun.of(charlie)).one()
    assert client.post(f"/settings/privacy/exports/{run.id}/file").status_code == 404


@pytest.mark.proves("P6.2")
@pytest.mark.parametrize(("seconds", "is_there"), [(-1, True), (0, False), (1, False)])
def test_a_copy_lives_seven_days_and_then_file_and_key_are_gone(
    db: object, app: Flask, times: Times, seconds: int, is_there: bool
) -> None:
    alice = make.alice()
    copy_of(alice)
    run = database.session.scalars(exports.ExportRun.of(alice)).one()
    assert run.expires_at
    assert run.finished_at
    assert run.expires_at - run.finished_at == timedelta(days=7)
    file = Path(app.config["SETTINGS"].storage_folder) / str(run.storage_key)
    times.now = run.expires_at + timedelta(seconds=seconds)
    retention_jobs.run_retention()
    database.session.refresh(run)
    assert file.exists() is is_there
    assert (run.sealed_key is not None) is is_there


def test_the_file_at_rest_shows_nothing_and_a_changed_or_cut_one_does_not_open(db: object) -> None:
    alice = make.alice()
    copy_of(alice)
    run = database.session.scalars(exports.ExportRun.of(alice)).one()
    raw = b"".join(storage.read_pieces(str(run.storage_key)))
    assert b"PK\x03\x04" not in raw
    assert b"alice" not in raw
    key = sealed_file.new_key()
    pieces = [b"one", b"two", b"three"]
    sealed = b"".join(sealed_file.seal(pieces, key))
    assert list(sealed_file.unseal([sealed[:5], sealed[5:]], key)) == pieces
    last = len(b"".join(sealed_file.seal(pieces[-1:], key)))
    for damaged in (sealed[:-1], sealed[:-last], sealed[:-1] + b"x", b"", sealed + b"x"):
        with pytest.raises(sealed_file.Damaged):
            list(sealed_file.unseal([damaged], key))


def test_a_count_that_differs_fails_the_copy_instead_of_handing_it_out(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.privacy import packing

    real = packing.expect
    monkeypatch.setattr(
        packing,
        "expect",
        lambda *words: {name: n + (name == "user") for name, n in real(*words).items()},
    )
    run = exports.order(make.alice(), clock.now())
    database.session.commit()
    jobs.make_export(run.id)
    database.session.refresh(run)
    assert (run.state, run.storage_key) == (exports.FAILED, None)
    assert "Did not work" in client.get("/settings/privacy/exports").text


def test_the_command_makes_a_copy_for_a_request_by_letter(
    app: Flask, db: object, tmp_path: Path
) -> None:
    make.alice()
    target = tmp_path / "copy.zip"
    command = ["export", "create", "alice@orchard.example", "--to", str(target)]
    result = app.test_cli_runner().invoke(args=command)
    assert result.exit_code == 0, result.output
    assert zipfile.ZipFile(target).testzip() is None
    unknown = app.test_cli_runner().invoke(args=["export", "create", "nobody@x.example"])
    assert (unknown.exit_code, "Nobody here" in unknown.output) == (1, True)


def test_somebody_without_an_account_is_found_by_address(db: object) -> None:
    """Invitations to an address are about whoever reads mail there."""
    make.invitation(make.alice(), "dora@else.example")
    found = [
        portion.name
        for portion in portions(database.metadata, Holder(0, "dora@else.example"))
        if database.session.execute(portion.count()).scalar_one()
    ]
    assert found == ["invitation"]
