"""Hostile files against the decoder and the composer: refused with a reason, or taken as a clean
picture; the web process lives on and stays small."""

import io
import json
import re
import resource
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.db import db as database
from app.media import child, decoder, pictures
from app.media.models import Asset
from app.media.pictures import BadPicture, Decoded, decode
from tests.attacks import hostile_files
from tests.attacks.decoder_forks import DECODER
from tests.attacks.hostile_files import CANARY, encode

MB = 1024 * 1024
LINUX = sys.platform.startswith("linux")
long = pytest.mark.security_long
REASONS = re.compile(
    r"The file is empty\.|It is larger than 20 MB, the most that is taken\."
    r"|It has \d+ megapixels; 40 is the most\.|A side of it has [\d,]+ pixels; 16,000 is the most\."
    r"|This is not a JPEG, PNG, WebP or GIF picture that can be read\."
    r"|This picture could not be read; it took too much to open\."
)
ENDS = {"image/png": b"IEND\xaeB`\x82", "image/jpeg": b"\xff\xd9", "image/webp": b""}

HARMLESS = {
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression", "dpi", "loop",
    "background", "timestamp", "duration",
}  # fmt: skip


class Forks:
    """The decoder behind a process that forks a limited child for each file."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.attacks.decoder_forks"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.slowest, self.largest = 0.0, 0
        self.outcomes: Counter[str] = Counter()

    def decode(self, raw: bytes) -> Decoded:
        """As `app.media.pictures.decode`, with the same words."""
        if not raw or len(raw) > pictures.MOST:
            return decode(raw)  # refused before any child is started
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin and stdout
        stdin.write(struct.pack(">I", len(raw)) + raw)
        stdin.flush()
        ended = json.loads(stdout.readline())
        said = stdout.read(ended["length"])
        self.slowest = max(self.slowest, ended["seconds"])
        self.largest = max(self.largest, ended["rss"])
        self.outcomes[{0: "answered", 1: "raised"}.get(ended["status"], "killed")] += 1
        if ended["status"]:
            raise BadPicture(child.too_much("picture"))
        line, _, body = said.partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise BadPicture(answer["error"])
        return Decoded(body, answer["type"], answer["width"], answer["height"])

    def report(self) -> str:
        return f"{dict(self.outcomes)}, slowest {self.slowest:.1f} s, largest child {self.largest // MB} MB"


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    assert made.process.stdin
    made.process.stdin.close()
    assert made.process.wait(10) == 0


def fault(decoded: Decoded) -> str | None:
    """What a taken picture has that it should not, if anything."""
    if CANARY in decoded.body or b"<script" in decoded.body:
        return "what stood in the file is still in it"
    if not decoded.body.endswith(ENDS[decoded.type]):
        return "something follows the picture"
    if decoded.width * decoded.height > decoder.PIXELS:
        return "too many pixels"
    with Image.open(io.BytesIO(decoded.body)) as seen:
        seen.load()
        told = set(seen.info) - HARMLESS
        if told or dict(seen.getexif()) or seen.format not in ("PNG", "JPEG", "WEBP"):
            return f"it tells {told} {dict(seen.getexif())}"
        if seen.size != (decoded.width, decoded.height) or getattr(seen, "n_frames", 1) != 1:
            return "it is not the picture that was announced"
    return None


def attack(files: Iterable[tuple[str, bytes]], forks: Forks) -> tuple[list[str], int, int]:
    wrong, taken, refused = [], 0, 0
    for name, raw in files:
        try:
            decoded = forks.decode(raw)
        except BadPicture as reason:
            refused += 1
            wrong += [] if REASONS.fullmatch(str(reason)) else [f"{name}: {reason}"]
        else:
            taken += 1
            wrong += [f"{name}: {what}" for what in [fault(decoded)] if what]
    return wrong, taken, refused


@pytest.mark.proves("P5.3")
@pytest.mark.parametrize("large", [False, pytest.param(True, marks=long)])
def test_every_hostile_file_is_refused_with_a_reason_or_comes_out_clean(
    forks: Forks, large: bool
) -> None:
    corpus = hostile_files.corpus()
    corpus = {name: raw for name, raw in corpus.items() if large or "39 megapixels" not in name}
    assert len(corpus) >= 300
    wrong, taken, refused = attack(corpus.items(), forks)
    print(f"{len(corpus)} files: {refused} refused, {taken} taken; {forks.report()}")
    assert wrong == []
    assert forks.slowest < pictures.SECONDS + 10
    assert forks.largest < decoder.MEMORY


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=long)])
def test_no_mutant_gets_through_unclean(forks: Forks, count: int) -> None:
    wrong, taken, refused = attack(hostile_files.mutants(1, count), forks)
    print(f"{count} mutants: {refused} refused, {taken} taken; {forks.report()}")
    assert wrong == []
    assert taken > count // 20, "some mutants are still pictures, or the test would prove little"
    assert forks.largest < decoder.MEMORY


PICKED = [
    "svg script", "a html file", "PNG and html after it", "GIF and JavaScript",
    "PNG whose pixels go on for ever", "PNG of 30,000 x 30,000 bits", "JPEG with EXIF and a place",
    "PNG with a profile of 100 MB", "a real TIFF", "JPEG says 65535x65535", "a nothing file",
    "more than 20 MB", "5 tenths of a PNG",
]  # fmt: skip


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=long)])
def test_the_composer_answers_to_every_file_and_stays_small(
    client: FlaskClient, every: bool
) -> None:
    corpus = hostile_files.corpus()
    before, began, statuses = forget_memory(), time.monotonic(), Counter[int]()
    for name in corpus if every else PICKED:
        answer = send(client, corpus[name], f"{name}.png")
        statuses[answer.status_code] += 1
        assert answer.status_code in (200, 422), name
        assert answer.status_code == 200 or REASONS.search(answer.text), f"{name}: {answer.text}"
    kept = database.session.scalars(database.select(Asset)).all()
    assert not [asset for asset in kept if CANARY in pictures_body(client, asset)]
    grown = (memory() - before) // MB
    print(
        f"{dict(statuses)} in {time.monotonic() - began:.0f} s; the web process grew by {grown} MB"
    )
    assert grown < 250


def send(client: FlaskClient, raw: bytes, name: str) -> object:
    """Adds the picture to a post and asks for its preview."""
    sent = {"text": "Hi", "when": "now", "action": "draft", "media": (io.BytesIO(raw), name)}
    answer = client.post("/posts/new", data=sent, content_type="multipart/form-data")
    return client.get(answer.location) if answer.status_code == 303 else answer


def pictures_body(client: FlaskClient, asset: Asset) -> bytes:
    answer = client.get(f"/media/{asset.id}")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.mimetype == asset.type
    return answer.data


def memory() -> int:
    """The most that this process has held since `forget_memory`, in bytes."""
    if LINUX:
        said = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        assert said
        return int(said[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def forget_memory() -> int:
    """What it holds now; Linux alone can begin to count anew (proc(5), clear_refs)."""
    if LINUX:
        Path("/proc/self/clear_refs").write_text("5")
    return memory()


def test_no_name_of_a_file_leads_anywhere(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files themselves are known here: only their names are hostile."""
    good, bad = encode("PNG"), b"<svg onload=alert(1)>"

    def known(raw: bytes) -> Decoded:
        if raw != good:
            raise BadPicture("This is not a JPEG, PNG, WebP or GIF picture that can be read.")
        return Decoded(good, "image/png", 60, 40)

    monkeypatch.setattr(pictures, "decode", known)
    for name in hostile_files.NAMES:
        for raw in (good, bad):
            answer = send(client, raw, name)
            assert answer.status_code in (200, 422), name
            assert "<script>alert(1)" not in answer.text, name
            assert "<img src=x" not in answer.text, name
            assert "X-Injected" not in answer.headers
    for asset in database.session.scalars(database.select(Asset)):
        assert re.fullmatch(r"assets/\d+/[0-9a-f]{32}", asset.storage_key)


def in_limits(code: str) -> subprocess.CompletedProcess[bytes]:
    """What becomes of code that runs under the decoder's own limits."""
    start = f"import runpy; d = runpy.run_path({str(DECODER)!r}); d['limit'](); "
    command = [sys.executable, "-c", start + code]
    return subprocess.run(command, capture_output=True, timeout=60)


def test_the_limits_are_real() -> None:
    assert in_limits("print('fine')").stdout == b"fine\n"
    if LINUX:
        assert b"MemoryError" in in_limits(f"bytearray({decoder.MEMORY})").stderr
    written = in_limits("import tempfile; tempfile.TemporaryFile('wb', 0).write(b'x')")
    assert written.returncode != 0, "no file can be written"
    seen = in_limits(
        "import resource as r; print(r.getrlimit(r.RLIMIT_CPU), r.getrlimit(r.RLIMIT_FSIZE))"
    )
    assert seen.stdout.decode().strip() == f"({decoder.SECONDS}, {decoder.SECONDS}) (0, 0)"


@pytest.mark.security_long
def test_a_child_that_thinks_for_too_long_is_killed() -> None:
    began = time.monotonic()
    assert in_limits("exec('while True: pass')").returncode < 0
    assert time.monotonic() - began < decoder.SECONDS * 5


def test_a_child_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "secret of the test")
    probe = "import os, sys; sys.stdout.write(repr(dict(os.environ)))"
    real, seen = subprocess.run, []

    def run(command: list[str], **how: object) -> object:
        seen.append(
            real([command[0], "-I", "-c", probe], capture_output=True, env=how["env"]).stdout
        )
        return real(command, **how)

    monkeypatch.setattr(child.subprocess, "run", run)
    decode(encode("PNG"))
    assert seen
    assert b"secret" not in seen[0].lower()


def test_many_uploads_at_once_open_two_pictures_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most = threading.Lock(), [0], [0]
    real = child._run

    def run(*words: object, **how: object) -> bytes:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return real(*words, **how)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(child, "_run", run)
    with ThreadPoolExecutor(8) as crowd:
        done = list(crowd.map(decode, [encode("PNG")] * 8))
    assert len(done) == 8
    assert most[0] == 2
    monkeypatch.setattr(child, "PATIENCE", 0.05)
    taken = [child.SLOTS.acquire() for _ in range(2)]
    with pytest.raises(BadPicture, match="Send it again in a minute"):
        decode(encode("PNG"))
    for _ in taken:
        child.SLOTS.release()
