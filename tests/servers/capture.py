"""A server on loopback that takes what Sentry's and PostHog's own libraries send, and keeps every
byte. It also counts connections on which nothing was said."""

import gzip
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.ports import free_port


@dataclass(frozen=True)
class Caught:
    """One request: its path, all its headers as text, and its body, unpacked."""

    path: str
    headers: str
    body: bytes

    @property
    def everything(self) -> bytes:
        return f"{self.path}\n{self.headers}\n".encode() + self.body


class Capture:
    """`.dsn` is for SENTRY_DSN, `.url` for POSTHOG_HOST. `status` is what it answers."""

    def __init__(self) -> None:
        self.caught: list[Caught] = []
        self.connections = 0
        self.status = 200
        self.before_answer: Callable[[], None] | None = None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.dsn = f"http://publickey@127.0.0.1:{self.port}/1"
        self.server = _server(self)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def envelopes(self) -> list[Caught]:
        return [one for one in self.caught if one.path == "/api/1/envelope/"]

    @property
    def batches(self) -> list[Caught]:
        return [one for one in self.caught if one.path == "/batch/"]

    def wait_for(self, count: int, seconds: float = 10) -> list[Caught]:
        """That many requests, and a moment more, in which no further one may come."""
        end = time.monotonic() + seconds
        while len(self.caught) < count and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.2)
        assert len(self.caught) == count, [one.everything[:300] for one in self.caught]
        return self.caught

    def clear(self) -> None:
        self.caught.clear()
        self.connections, self.status, self.before_answer = 0, 200, None

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _server(capture: Capture) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            encoding = self.headers.get("Content-Encoding", "identity")
            if encoding == "gzip":
                body = gzip.decompress(body)
            elif encoding != "identity":
                body = b"an encoding that this server can't read: " + encoding.encode()
            if capture.before_answer:
                capture.before_answer()
            capture.caught.append(Caught(self.path, str(self.headers), body))
            answer = b'{"status":"Ok","detail":"answered"}'
            self.send_response(capture.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, Any]:
            capture.connections += 1
            return super().get_request()

    return Server(("127.0.0.1", capture.port), Handler)
