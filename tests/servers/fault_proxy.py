"""A small HTTP proxy between the application and a network, which can lose answers."""

import http.client
import sys
import threading
import time
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {
    "connection",
    "transfer-encoding",
    "keep-alive",
    "host",
    "content-length",
    "content-encoding",
}


class FaultProxy:
    """`faults` are taken one per request whose path has `on` in it: pass, lose (forward, then close
    without an answer), error (forward, then 500), garbage (forward, then nonsense with 200), refuse
    (close before forwarding). `hold` delays the answer by so many seconds after forwarding."""

    def __init__(self, target: str, on: str = "putRecord") -> None:
        self.target, self.on = urlsplit(target), on
        self.faults: deque[str] = deque()
        self.hold = 0.0
        self.counts: Counter[str] = Counter()
        self.server = _Quiet(("127.0.0.1", 0), self._handler())
        self.url = f"http://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                name = self.path.split("?")[0].rsplit("/", 1)[-1]
                proxy.counts[name] += 1
                chosen = proxy.on in self.path
                fault = proxy.faults.popleft() if chosen and proxy.faults else "pass"
                if fault == "refuse":
                    self.close_connection = True
                    return
                status, headers, answer = proxy._forward(
                    self.command, self.path, self.headers, body
                )
                if chosen and proxy.hold:
                    time.sleep(proxy.hold)
                if fault == "lose":
                    self.close_connection = True
                    return
                if fault == "error":
                    status, answer = 500, b'{"error": "InternalServerError"}'
                if fault == "garbage":
                    answer = b"<html>not what you think</html>"
                self._say(status, headers, answer)

            do_POST = do_PUT = do_DELETE = do_GET

            def _say(self, status: int, headers: list[tuple[str, str]], answer: bytes) -> None:
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _forward(
        self, method: str, path: str, headers: object, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        link = http.client.HTTPConnection(self.target.hostname or "", self.target.port, timeout=30)
        sent = {k: v for k, v in headers.items() if k.lower() not in HOP}  # type: ignore[attr-defined]
        link.request(method, path, body or None, sent)
        answer = link.getresponse()
        return answer.status, answer.getheaders(), answer.read()


class _Quiet(ThreadingHTTPServer):
    """A client that was killed has hung up; that is what these tests are about."""

    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]
