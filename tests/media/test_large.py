"""A video of 200 MB through the real server: it goes to disk, never into memory."""

import http.client
import random
import re
import sys
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import av
import pytest

from app.demo import EMAIL, PASSWORD
from tests.servers.app_processes import Running, running

DATABASES = ("",)
MB = 1024 * 1024
pytestmark = [
    pytest.mark.security_long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the kernel of Linux"),
]


def film(path: Path, least: int) -> int:
    """Noise, which packs badly; its size."""
    noise = av.VideoFrame(1920, 1080, "yuv420p")
    with av.open(str(path), "w", format="mp4") as file:
        video = file.add_stream("libx264", rate=25, options={"preset": "ultrafast", "qp": "2"})
        video.width, video.height, video.pix_fmt = 1920, 1080, "yuv420p"
        for number in range(1000):
            for plane in noise.planes:
                plane.update(random_bytes(number, plane.buffer_size))
            noise.pts = number
            for packet in video.encode(noise):
                least -= packet.size
                file.mux(packet)
            if least < 0:
                break
        for packet in video.encode():
            file.mux(packet)
    return path.stat().st_size


def random_bytes(seed: int, length: int) -> bytes:
    return random.Random(seed).randbytes(length)


def peaks(web: int) -> dict[int, int]:
    """The most memory that each process of the server ever held, in bytes."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        pid, parent = (
            int(re.findall(rf"^{name}:\s+(\d+)", text, re.M)[0]) for name in ("Pid", "PPid")
        )
        if web in (pid, parent) and (most := re.findall(r"VmHWM:\s+(\d+) kB", text)):
            found[pid] = int(most[0]) * 1024
    return found


class Browser:
    """Signs in and posts one form, the file as it lies on the disk."""

    def __init__(self, app: Running) -> None:
        self.app, self.jar = app, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> str:
        return self.opener.open(self.app.url + path).read().decode()

    def sign_in(self) -> None:
        sent = {"email": EMAIL, "password": PASSWORD, "csrf_token": token(self.get("/login"))}
        body = urllib.parse.urlencode(sent).encode()
        headers = {"Origin": self.app.url}
        self.opener.open(urllib.request.Request(f"{self.app.url}/login", body, headers))

    def draft(self, video: Path) -> tuple[int, str]:
        fields = {"csrf_token": token(self.get("/posts/new")), "text": "Large", "action": "draft"}
        head = b"".join(
            b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
            % (name.encode(), value.encode())
            for name, value in fields.items()
        )
        head += b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.mp4"\r\n\r\n'
        tail = b"\r\n--b--\r\n"
        line = http.client.HTTPConnection("localhost", self.app.port, timeout=200)
        line.putrequest("POST", "/posts/new")
        line.putheader("Content-Type", "multipart/form-data; boundary=b")
        line.putheader("Content-Length", str(len(head) + video.stat().st_size + len(tail)))
        line.putheader("Cookie", "; ".join(f"{one.name}={one.value}" for one in self.jar))
        line.putheader("Origin", self.app.url)
        line.endheaders(head)
        with video.open("rb") as file:
            while piece := file.read(MB):
                line.send(piece)
        line.send(tail)
        answer = line.getresponse()
        return answer.status, answer.headers.get("Location", "") or answer.read().decode()


def token(page: str) -> str:
    return re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]


def test_200_mb_go_through_without_being_held(tmp_path: Path) -> None:
    size = film(tmp_path / "large.mp4", 200 * MB)
    with running(tmp_path, "web", seed=True) as app:
        browser = Browser(app)
        browser.sign_in()
        before = peaks(app.children["web"].pid)
        status, where = browser.draft(tmp_path / "large.mp4")
        assert status == 303, where
        after = peaks(app.children["web"].pid)
        grown = max(after[pid] - before[pid] for pid in before)
        print(
            f"{size / MB:.0f} MB uploaded; the server's processes grew by {grown / MB:.1f} MB at most"
        )
        assert grown < 100 * MB
        page = browser.get(urllib.parse.urlsplit(where).path)
        [video] = re.findall(r'<video[^>]*src="([^"]+)"', page)
        with browser.opener.open(app.url + video) as answer:
            length = sum(len(piece) for piece in iter(lambda: answer.read(MB), b""))
        assert 0.9 * size < length < size + MB
        later = peaks(app.children["web"].pid)
        assert max(later[pid] - before[pid] for pid in before) < 100 * MB
