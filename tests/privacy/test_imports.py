"""What a copy may hold, whatever made it: each fault is refused with its place, and nothing is written.
And the pages, from the upload to the result."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import clock, storage
from app.account.models import Membership, Organization, User
from app.channels.models import Channel
from app.db import db as database
from app.media.models import Asset
from app.media.pictures import decode
from app.privacy import copied_rows, copy_file, import_jobs, import_walks, imports, retention_jobs
from app.privacy.bringing import Bringing
from app.privacy.copy_file import BadCopy, CopyFile
from app.privacy.fates import fates
from app.privacy.imports import ImportRun
from app.privacy.placing import Receiver
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Delivery, Post
from tests import make
from tests.privacy.copies import Rows, changed, empty, made_for, zipped
from tests.times import Times

ALICE = "alice@orchard.example"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
Change = Callable[[Rows, dict[str, bytes]], None]


@pytest.fixture(scope="module")
def _copies() -> dict[str, bytes]:
    return {}


@pytest.fixture
def copy(app: Flask, db: object, _copies: dict[str, bytes]) -> bytes:
    """Alice's copy: a post with a picture, and one of an organisation that isn't hers. Afterwards
    the instance is empty but for Alice, who owns nothing, and Charlie, who owns Elsewhere."""
    kind = database.engine.dialect.name
    if kind not in _copies:
        _copies[kind] = _make_copy()
    empty(app)
    database.session.add(User(email=ALICE, name="Alice Ash", created_at=clock.now()))
    database.session.commit()
    make.post(make.charlie(), make.channel(make.charlie()), text="Charlie's own")
    return _copies[kind]


def _make_copy() -> bytes:
    alice, charlie = make.alice(), make.charlie()
    asset = Asset.upload(make.member(alice), PIXEL, clock.now())
    due = clock.now() + timedelta(days=1)
    made = Composition("Hello", (make.channel(alice),), ((asset, "x"),), due, "", "UTC")
    write(make.member(alice), made, "n1", clock.now())
    member = Membership(
        user_id=alice.id, organization_id=make.member(charlie).organization_id,
        role="editor", joined_at=clock.now(),
    )  # fmt: skip
    database.session.add(member)
    database.session.commit()
    body = made_for(ALICE)
    database.session.delete(member)
    database.session.commit()
    return body


def walk(body: bytes, *, write: bool = False) -> Any:
    alice = User.by_email(ALICE)
    assert alice
    to = Receiver(alice.id, ALICE)
    file = CopyFile(io.BytesIO(body))
    return Bringing(file, database.metadata, to, database.session.connection(), write=write).run()


def refusal(body: bytes) -> str:
    with pytest.raises(BadCopy) as caught:
        walk(body)
    return f"{caught.value.place}: {caught.value.why}"


def in_row(table: str, **values: Any) -> Change:
    return lambda rows, _: rows[table][0].update(values)


def twice(table: str) -> Change:
    return lambda rows, _: rows[table].append(rows[table][0])


def foreign_organization(rows: Rows, _: dict[str, bytes]) -> None:
    """Two organisations of one's own, and a delivery of one on a post of the other."""
    rows["organization"].append(rows["organization"][0] | {"id": 900, "name": "Second"})
    rows["membership"].append(rows["membership"][0] | {"id": 900, "organization_id": 900})
    rows["delivery"][0]["organization_id"] = 900


def no_owner(rows: Rows, _: dict[str, bytes]) -> None:
    rows["membership"] = [row | {"role": "viewer"} for row in rows["membership"]]


def foreign_picture(rows: Rows, files: dict[str, bytes]) -> None:
    [name] = [name for name in files if name.startswith("files/")]
    files[name] = b"<svg onload=alert(1)>"
    rows["asset"][0] |= {"size": len(files[name])}


def tailed_picture(rows: Rows, files: dict[str, bytes]) -> None:
    [name] = [name for name in files if name.startswith("files/")]
    files[name] += b"GIF89a"
    rows["asset"][0] |= {"size": len(files[name]), "sha256": sha256(files[name]).hexdigest()}


REFUSED: dict[str, tuple[Change, str]] = {
    "another person": (in_row("user", email="mallory@x.example"), "line 1: This is the copy of another person"),
    "two people": (twice("user"), "data/user.jsonl: It holds another number of people"),
    "no person": (lambda rows, _: rows["user"].clear(), "data/user.jsonl: It holds another number"),
    "markup": (in_row("user", name="<script>x</script>"), "data/user.jsonl, line 1: name is a name that holds"),
    "web address": (in_row("organization", name="see www.x.example"), "line 1: name is a name that"),
    "zone": (in_row("user", timezone="../../etc"), "timezone is no time zone"),
    "script address": (in_row("channel", url="javascript:alert(1)"), "line 1: url is no web address"),
    "unknown network": (in_row("channel", network="evil"), "network is none of the words"),
    "unknown state": (in_row("delivery", state="gone"), "data/delivery.jsonl, line 1: state is none"),
    "wrong type": (in_row("post", text={"a": 1}), "data/post.jsonl, line 1: text is no text"),
    "true for a number": (in_row("post", version=True), "version is no number"),
    "too many minutes": (in_row("organization", late_after=10**6), "late_after is not from 0 to 10080"),
    "number too large": (in_row("post", version=2**40), "version is no number"),
    "nul": (in_row("post", text="a\x00b"), "text holds a character that no text has"),
    "lone surrogate": (in_row("post", text="\ud800"), "text holds a character that no text has"),
    "endless text": (in_row("post", text="x" * 20_001), "text is longer than 20000"),
    "huge line": (in_row("post", text="x" * 1_100_000), "data/post.jsonl, line 1: It is longer than 1 MB"),
    "empty": (in_row("post", text=None), "text is empty and must not be"),
    "no instant": (in_row("post", created_at="yesterday"), "created_at is no instant"),
    "no zone": (in_row("post", created_at="2026-01-01T00:00:00"), "created_at is no instant"),
    "far off": (in_row("post", created_at="9999-01-01T00:00:00+00:00"), "created_at is not from 1970"),
    "unknown column": (in_row("post", is_admin=True), "'is_admin' is no column here"),
    "id of words": (in_row("post", id="1; DROP"), "Its id is no number of a row"),
    "negative id": (in_row("post", id=-1), "Its id is no number of a row"),
    "a row twice": (twice("post"), "data/post.jsonl: It holds a row twice"),
    "foreign post": (in_row("delivery", post_id=777), "line 1: It points at post 777, which the copy"),
    "foreign channel": (in_row("delivery", channel_id=778), "It points at channel 778"),
    "foreign person": (in_row("post", author_id=1), "author_id points at nothing that a copy can hold"),
    "two homes": (foreign_organization, "data/delivery.jsonl, line 1: It mixes two organisations"),
    "not the owner": (no_owner, "It does not say that you own"),
    "no picture": (foreign_picture, "files/asset-"),
    "a tail": (tailed_picture, "holds more than the picture"),
    "no file": (lambda _, files: [files.pop(n) for n in list(files) if "asset-" in n] and None, "is missing"),
    "new table": (lambda rows, _: rows.update(attack=[{"id": 1}]), "data/attack.jsonl: There is no such table"),
}  # fmt: skip


def test_each_fault_is_refused_with_its_place(copy: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """As from another instance: what it signs is not believed."""
    monkeypatch.setattr("app.signing.is_ours", lambda *_: False)
    monkeypatch.setattr("app.privacy.brought_files.decode", cache(decode))  # a child each time
    walk(changed(copy, lambda *_: None))
    for name, (change, words) in REFUSED.items():
        assert words in refusal(changed(copy, change)), name


def test_a_file_that_was_changed_is_named(copy: bytes) -> None:
    archive = zipfile.ZipFile(io.BytesIO(copy))
    files = {name: archive.read(name) for name in archive.namelist()}
    for name in ("data/post.jsonl", "csv/post.csv", "index.html", "data/export_run.jsonl"):
        other = files | {name: files[name].replace(b"e", b"3")}
        assert refusal(zipped(other)) == f"{name}: It was changed after the copy was made."
    manifest = files["manifest.json"].replace(b"2026", b"2025")
    said = refusal(zipped(files | {"manifest.json": manifest}))
    assert said == "manifest.json: It was changed after it was signed."
    del files["data/post.jsonl"]
    assert "do not agree that it is there" in refusal(zipped(files))


def test_a_manifest_that_counts_wrong_or_is_nonsense_is_refused(copy: bytes) -> None:
    def nothing(*_: object) -> None:
        return None

    def wrong(**values: Any) -> bytes:
        return changed(copy, nothing, manifest=lambda said: said.update(values))

    assert "says another number" in refusal(changed(
        copy, nothing, manifest=lambda said: said["counts"].update(post=7)
    ))  # fmt: skip
    assert "no copy of version 1" in refusal(wrong(schema_version=2))
    assert "counts are not" in refusal(wrong(counts={"post": -1}))
    assert "files are not" in refusal(wrong(files={"index.html": "x"}))
    assert "which instance" in refusal(wrong(instance="javascript:x"))
    assert "when it was made" in refusal(wrong(made_at=[]))


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "data\\post.jsonl", "data/../x.jsonl", "C:x", "data/<b>.jsonl",
     "data/post.jsonl/", "more.html"],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(app: Flask, name: str) -> None:
    with app.app_context(), pytest.raises(BadCopy) as caught:
        CopyFile(io.BytesIO(zipped({name: b"x"})))
    assert "No copy holds a file of this name" in caught.value.why


def test_zips_that_are_more_than_they_say_are_refused(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def why(raw: bytes) -> str:
        with app.app_context(), pytest.raises(BadCopy) as caught:
            CopyFile(io.BytesIO(raw))
        return caught.value.why

    link, double, good = zipfile.ZipInfo("index.html"), io.BytesIO(), zipped({"index.html": b"x"})
    link.external_attr = 0o120777 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "link" in why(made.getvalue())
    with zipfile.ZipFile(double, "w") as archive:
        archive.writestr("index.html", "x")
        archive.writestr("indey.html", "y")
    double = io.BytesIO(double.getvalue().replace(b"indey", b"index"))
    assert "twice" in why(double.getvalue())
    for raw in (b"", b"PK\x03\x04", good[:-1], b"x" * 100_000):
        assert "no zip" in why(raw)
    monkeypatch.setattr(copy_file, "MOST_UNPACKED", 5)
    assert "unpacks to more" in why(zipped({"index.html": b"x" * 6}))
    monkeypatch.setattr(copy_file, "MOST_DIRECTORY", 40)
    assert "more than" in why(good)


def test_a_bomb_breaks_at_its_declared_size(copy: bytes) -> None:
    """A file that says that it is small and unpacks to more is read no further than it says."""
    raw = changed(copy, lambda _, files: files.update({"index.html": b"0" * 5_000_000}))
    said = (5_000_000).to_bytes(4, "little")
    assert raw.count(said) >= 1
    assert "index.html: It is damaged" in refusal(raw.replace(said, (500).to_bytes(4, "little")))


@pytest.mark.parametrize(
    "line", [b'{"id": NaN}', b'{"id": 1, "id": 2}', b"[" * 100_000, b"[1]", b"\xff", b""]
)
def test_lines_that_are_no_rows_are_refused(app: Flask, line: bytes) -> None:
    with app.app_context(), pytest.raises(BadCopy, match="line 3"):
        copied_rows.Reader(fates(database.metadata)["post"]).read(line, 3)


def counts() -> dict[str, int]:
    return {
        table.name: database.session.scalar(select(func.count()).select_from(table)) or 0
        for table in database.metadata.sorted_tables
    }


def files(app: Flask) -> set[Path]:
    folder = Path(app.config["SETTINGS"].storage_folder)
    return {path for path in folder.rglob("*") if path.is_file()}


def test_what_fails_at_the_end_leaves_nothing(app: Flask, copy: bytes, tmp_path: Path) -> None:
    """The last file is wrong: rows and pictures that were written before it are gone again."""
    archive = zipfile.ZipFile(io.BytesIO(copy))
    parts = {name: archive.read(name) for name in archive.namelist()}
    parts["schema.json"] += b" "
    before, kept = counts(), files(app)
    alice = User.by_email(ALICE)
    assert alice
    to = import_walks.receiver(alice)
    with pytest.raises(BadCopy):
        import_walks.bring(io.BytesIO(zipped(parts)), to)
    assert counts() == before
    assert files(app) == kept


def test_only_what_is_ones_own_comes_and_the_rest_says_why(copy: bytes) -> None:
    """Alice was an editor at Charlie's: that can't be had by a copy."""
    report = walk(copy, write=True)
    database.session.commit()
    reasons = dict(list(report.stays))
    assert (
        reasons["membership"]
        == "it belongs to an organisation of others, whose owner can bring it back"
    )
    assert "keys are never in a copy" in reasons["channel_grant"]
    assert "own record" in reasons["export_run"]
    alice, charlie = User.by_email(ALICE), make.charlie()
    assert alice
    [mine] = alice.memberships
    assert (mine.organization.name, mine.role) == ("Orchard", "owner")
    theirs = make.member(charlie).organization_id
    assert database.session.scalars(
        select(Post.text).where(Post.organization_id == theirs)
    ).all() == ["Charlie's own"]
    [picture] = database.session.scalars(select(Asset)).all()
    assert storage.read(picture.storage_key).startswith(b"\x89PNG")


def test_nobody_becomes_operator_or_owner_elsewhere_by_a_copy(copy: bytes) -> None:
    def forged(rows: Rows, _: dict[str, bytes]) -> None:
        rows["user"][0] |= {"is_operator": True, "email_verified_at": "2026-01-01T00:00:00+00:00"}
        for row in rows["membership"]:
            row["role"] = "owner"

    walk(changed(copy, forged), write=True)
    database.session.commit()
    alice = User.by_email(ALICE)
    assert alice
    assert not alice.is_operator
    assert alice.email_verified_at is None
    assert [one.organization.name for one in alice.memberships] == ["Orchard"]


def test_what_another_owns_under_the_same_name_is_not_taken_for_ones_own(copy: bytes) -> None:
    """Alice owns something here, and Dora an Orchard: Alice's becomes a second one."""
    alice = User.by_email(ALICE)
    assert alice
    grove = Organization(name="Grove", created_at=clock.now())
    dora = make.person("dora@orchard.example", "Dora", make.organization("Orchard"), "owner")
    database.session.add(grove)
    database.session.flush()
    owner = Membership(
        user_id=alice.id, organization_id=grove.id, role="owner", joined_at=clock.now()
    )
    database.session.add(owner)
    database.session.commit()
    walk(copy, write=True)
    database.session.commit()
    database.session.expire_all()
    assert {one.organization.name for one in alice.memberships} == {"Grove", "Orchard"}
    [theirs] = dora.memberships
    assert theirs.organization.name == "Orchard"
    there = select(Post.id).where(Post.organization_id == theirs.organization_id)
    assert database.session.scalars(there).all() == []


def test_a_second_copy_of_the_same_things_doubles_nothing(app: Flask, copy: bytes) -> None:
    """Another copy, made later: what is known again by its keys is not written twice."""
    walk(copy, write=True)
    database.session.commit()
    before = counts()
    report = walk(changed(copy, lambda *_: None), write=True)
    database.session.commit()
    assert counts() == before
    assert set(report.comes) - {"user"} == {name for name, n in report.comes.items() if not n}
    found = database.session.scalars(select(Organization.name).order_by(Organization.name)).all()
    assert found == ["Elsewhere", "Orchard"]


def upload(client: FlaskClient, body: bytes) -> Any:
    sent = {"copy": (io.BytesIO(body), "copy.zip")}
    return client.post("/settings/privacy/imports", data=sent, follow_redirects=True)


@pytest.fixture
def owner(client: FlaskClient) -> FlaskClient:
    """Alice signed in; what she had is in the copy and gone from here."""
    return client


def test_upload_look_confirm_and_it_is_back(owner: FlaskClient, app: Flask) -> None:
    alice = make.alice()
    make.post(alice, make.channel(alice))
    body, before = made_for(ALICE), files(app)
    for model in (Delivery, Post, Channel):
        database.session.execute(database.delete(model))
    database.session.commit()
    answer = upload(owner, body)
    assert "Waiting to be looked at" in answer.text
    assert 'hx-trigger="every 2s"' in answer.text
    assert "is here already" in upload(owner, body).text
    run = database.session.scalars(select(ImportRun)).one()
    raw = b"".join(storage.read_pieces(str(run.storage_key)))
    assert b"PK\x03\x04" not in raw
    import_jobs.check_import(run.id)
    import_jobs.check_import(run.id)  # a second ring finds nothing to take
    shown = owner.get("/settings/privacy/imports").text
    for words in (
        "What comes back",
        "Post",
        "What does not",
        "keys are never in a copy",
        "Bring it back",
    ):
        assert words in shown
    assert database.session.scalar(select(func.count(Post.id))) == 0
    path = f"/settings/privacy/imports/{run.id}/confirmation"
    assert "coming back" in owner.post(path, follow_redirects=True).text
    assert owner.post(path).status_code == 409
    import_jobs.bring_import(run.id)
    import_jobs.bring_import(run.id)
    assert "What came back" in owner.get("/settings/privacy/imports").text
    assert database.session.scalars(select(Post.state)).all() == ["draft"]
    assert owner.get("/channels").status_code == 200
    database.session.refresh(run)
    assert (run.state, run.storage_key, run.sealed_key) == (imports.DONE, None, None)
    assert owner.get("/settings/privacy/data/import_run").status_code == 200
    upload(owner, body)
    again = database.session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()
    assert again
    import_jobs.check_import(again.id)
    assert "The same copy came back before" in owner.get("/settings/privacy/imports").text
    assert not [path for path in files(app) - before if "imports" in path.parts]


def test_a_bad_upload_is_told_with_its_place_and_goes(owner: FlaskClient) -> None:
    assert owner.post("/settings/privacy/imports").status_code == 422
    assert upload(owner, b"GIF89a").status_code == 422
    upload(owner, b"PK\x03\x04" + b"x" * 50)
    run = database.session.scalars(select(ImportRun)).one()
    import_jobs.check_import(run.id)
    assert "<b>the zip</b>: It is no zip" in owner.get("/settings/privacy/imports").text
    database.session.refresh(run)
    assert (run.state, run.storage_key) == (imports.REFUSED, None)


def test_an_upload_can_be_taken_away_and_is_ones_own(owner: FlaskClient, app: Flask) -> None:
    run = imports.receive(make.charlie(), [b"PK"], clock.now())
    mine = imports.receive(make.alice(), [b"PK"], clock.now())
    run.state = mine.state = imports.CHECKED
    mine.found = {"comes": [], "stays": [], "is_ours": False, "key": "k", "instance": "http://x"}
    mine.found |= {"made_at": clock.now().isoformat()}
    database.session.commit()
    for act in ("confirmation", "removal"):
        assert owner.post(f"/settings/privacy/imports/{run.id}/{act}").status_code == 404
    assert "Another instance signed it" in owner.get("/settings/privacy/imports").text
    answer = owner.post(f"/settings/privacy/imports/{mine.id}/removal", follow_redirects=True)
    assert "The uploaded copy is gone" in answer.text
    assert owner.post(f"/settings/privacy/imports/{mine.id}/removal").status_code == 409


def test_five_a_day(owner: FlaskClient, times: Times) -> None:
    for _ in range(imports.MOST_A_DAY):
        run = imports.receive(make.alice(), [b"PK"], clock.now())
        imports.end(run, imports.REFUSED, clock.now())
    with pytest.raises(imports.TooMany, match="tomorrow"):
        imports.receive(make.alice(), [b"PK"], clock.now())
    times.go(days=1)
    imports.receive(make.alice(), [b"PK"], clock.now())


@pytest.mark.proves("P6.2")
def test_an_upload_lives_24_hours_at_most(db: object, app: Flask, times: Times) -> None:
    run = imports.receive(make.alice(), [b"PK"], clock.now())
    database.session.commit()
    file = Path(app.config["SETTINGS"].storage_folder) / str(run.storage_key)
    for later, is_there in (
        (timedelta(hours=24) - timedelta(seconds=1), True),
        (timedelta(seconds=1), False),
    ):
        times.now += later
        retention_jobs.run_retention()
        assert file.exists() is is_there
    database.session.refresh(run)
    assert run.sealed_key is None
    import_jobs.check_import(run.id)
    database.session.refresh(run)
    assert run.state == imports.FAILED


def test_a_worker_that_dies_is_followed_by_another(db: object, times: Times) -> None:
    run = imports.receive(make.alice(), [b"PK"], clock.now())
    assert imports.begin(run.id, imports.RECEIVED, clock.now())
    assert imports.abandoned(times.go(minutes=5)) == []
    assert imports.begin(run.id, imports.RECEIVED, clock.now()) is None
    assert imports.abandoned(times.go(minutes=6)) == [(run.id, imports.RECEIVED)]
    assert imports.begin(run.id, imports.RECEIVED, clock.now())


def test_the_command_says_what_it_does_and_does_it_once(
    app: Flask, copy: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "copy.zip"
    file.write_bytes(copy)
    runner = app.test_cli_runner()
    unsure = runner.invoke(args=["import", str(file)], input="n\n")
    assert (unsure.exit_code, "stay behind" in unsure.output) == (1, True)
    assert "It is back." in runner.invoke(args=["import", str(file), "--yes"]).output
    assert "came back before" in runner.invoke(args=["import", str(file), "--yes"]).output
    given = runner.invoke(args=["import", str(file), "--for", "charlie@elsewhere.example", "--yes"])
    assert "It is back." in given.output
    names = [one.organization.name for one in make.charlie().memberships]
    assert names == ["Elsewhere", "Orchard"]
    file.write_bytes(copy[:-30])
    broken = runner.invoke(args=["import", str(file), "--yes"])
    assert (broken.exit_code, "Nothing was written" in broken.output) == (1, True)


def test_json_of_the_summary_holds_only_plain_values(copy: bytes) -> None:
    alice = User.by_email(ALICE)
    assert alice
    found = import_walks.look(io.BytesIO(copy), import_walks.receiver(alice))
    assert json.loads(json.dumps(found)) == found
    assert found["is_ours"]
