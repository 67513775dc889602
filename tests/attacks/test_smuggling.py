"""Requests that two servers in a row could read differently (RFC 9112 11.2), by raw socket against
a really running gunicorn: answered once, by a refusal, and the connection is closed."""

import socket
from collections.abc import Iterator

import pytest

from tests.servers.app_processes import Running, running

pytestmark = pytest.mark.security_long
HIDDEN = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"


def form(*lines: bytes, body: bytes = b"", path: bytes = b"/login") -> bytes:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
    return head + kind + b"".join(lines) + b"\r\n" + body


def line(text: str) -> bytes:
    return text.encode("latin-1") + b"\r\n"


def get(*lines: bytes, first: bytes = b"GET /login HTTP/1.1\r\n") -> bytes:
    return first + b"".join(lines) + b"\r\n"


HOST = b"Host: localhost\r\n"
LENGTHS = [
    "-1",
    "+5",
    "5, 5",
    "5,6",
    "0x5",
    "5 5",
    "5;5",
    "1e1",
    "",
    "5.0",
    "\u00b2",
    "5\x0b",
    "abc",
]
CODINGS = ["xchunked", "chunked, identity", "identity, chunked", "chunked, chunked", "chunk", "\x0bchunked",
           "chunked\x00", "gzip, chunked", "CHUNKED;q=1", "\"chunked\"", "chunked,", "cow"]  # fmt: skip
CASES: dict[str, bytes] = {
    "length and coding": form(line("Content-Length: 4"), CHUNKED, body=END + HIDDEN),
    "coding and length": form(CHUNKED, line("Content-Length: 4"), body=END + HIDDEN),
    "two lengths": form(line("Content-Length: 0"), line("Content-Length: 9"), body=HIDDEN),
    "the same length twice": form(line("Content-Length: 5"), line("Content-Length: 5"), body=b"a=b&c"),
    **{f"length {n!r}": form(line(f"Content-Length: {n}"), body=HIDDEN) for n in LENGTHS},
    **{f"coding {c!r}": form(line(f"Transfer-Encoding: {c}"), body=END + HIDDEN) for c in CODINGS},
    "two codings": form(CHUNKED, line("Transfer-Encoding: identity"), body=END + HIDDEN),
    "blank before the colon": form(line("Content-Length : 5"), body=b"a=b&c" + HIDDEN),
    "blank before the coding's colon": form(line("Transfer-Encoding : chunked"), body=END + HIDDEN),
    "tab before the colon": form(line("Transfer-Encoding\t: chunked"), body=END + HIDDEN),
    "a folded coding": form(line("X: y"), line(" Transfer-Encoding: chunked"), body=END + HIDDEN),
    "a folded value": form(line("Transfer-Encoding:"), line(" chunked"), body=END + HIDDEN),
    "bare line feed in a header": form(b"X: y\nTransfer-Encoding: chunked\r\n", body=END + HIDDEN),
    "bare return in a header": form(b"X: y\rTransfer-Encoding: chunked\r\n", body=END + HIDDEN),
    "a name with a zero byte": form(b"Content\x00Length: 5\r\n", body=b"a=b&c"),
    "a name with a bracket": form(line("Content-Length(: 5"), body=b"a=b&c"),
    "no name": form(line(": 5"), body=b"a=b&c"),
    "a line without a colon": form(line("Transfer-Encoding chunked"), body=END + HIDDEN),
    "chunk size is negative": form(CHUNKED, body=b"-1\r\n" + HIDDEN),
    "chunk size is hexadecimal twice": form(CHUNKED, body=b"0x1\r\na\r\n" + END),
    "chunk size with a plus": form(CHUNKED, body=b"+1\r\na\r\n" + END),
    "chunk size with a blank": form(CHUNKED, body=b" 1\r\na\r\n" + END),
    "chunk size with an underscore": form(CHUNKED, body=b"1_0\r\n" + b"a" * 16 + b"\r\n" + END),
    "chunk without its end": form(CHUNKED, body=b"1\r\naX0\r\n\r\n" + HIDDEN),
    "chunk longer than it says": form(CHUNKED, body=b"1\r\naaaa\r\n" + END),
    "chunk of no size": form(CHUNKED, body=b"\r\n" + END + HIDDEN),
    "chunk ended by a bare line feed": form(CHUNKED, body=b"1\na\n0\n\n" + HIDDEN),
    "two hosts": get(HOST, line("Host: evil.example")),
    "no host": get(),
    "the host with a path": get(line("Host: localhost/evil")),
    "a coding for version 1.0": get(HOST, CHUNKED, first=b"POST /login HTTP/1.0\r\n") + END + HIDDEN,
    "version 9": get(HOST, first=b"GET /login HTTP/9.9\r\n"),
    "version 1.1x": get(HOST, first=b"GET /login HTTP/1.1x\r\n"),
    "a method in brackets": get(HOST, first=b"G(T /login HTTP/1.1\r\n"),
    "a method with a tab": get(HOST, first=b"GET\t/login HTTP/1.1\r\n"),
    "no path": get(HOST, first=b"GET HTTP/1.1\r\n"),
    "two blanks": get(HOST, first=b"GET  /login  HTTP/1.1\r\n"),
    "a path with a zero byte": get(HOST, first=b"GET /log\x00in HTTP/1.1\r\n"),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two content types": form(line("Content-Type: text/plain"), line("Content-Length: 5"), body=b"a=b&c"),
}  # fmt: skip


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("smuggling"), "web") as made:
        yield made


def talk(port: int, sent: bytes) -> tuple[bytes, bool]:
    """All that came back, and whether the server closed the connection."""
    came = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(sent)
        line.settimeout(3)
        try:
            while part := line.recv(65_536):
                came += part
        except ConnectionResetError:
            return came, True
        except TimeoutError:
            return came, False
    return came, True


def test_there_are_forty_of_them() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_once_and_the_line_is_cut(web: Running, case: str) -> None:
    came, is_closed = talk(web.port, CASES[case])
    answers = came.count(b"HTTP/1.1 ")
    assert answers == 1, came
    assert came.split(b" ", 2)[1] in (b"400", b"501", b"505"), came[:80]
    assert is_closed
    assert b'"status":"live"' not in came, "the hidden request was answered"
    assert b"Traceback" not in came
    assert b"gunicorn/" not in came, "no version is told"


def test_an_honest_request_is_answered(web: Running) -> None:
    came, _ = talk(
        web.port, form(line("Content-Length: 5"), line("Connection: close"), body=b"a=b&c")
    )
    assert came.startswith(b"HTTP/1.1 403 "), "read whole; its token is missing"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (get(HOST, first=b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n"), b"414"),
        (get(HOST, first=b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n"), b"414"),
        (get(HOST, *[line(f"X-{n}: {'y' * 900}") for n in range(19)]), b"431"),
        (get(HOST, line("X: " + "y" * 17_000)), b"431"),
        (get(HOST, *[line(f"X-{n}: y") for n in range(70)]), b"431"),
    ],
)
def test_what_is_too_long_is_refused_by_the_one_or_the_other(
    web: Running, sent: bytes, status: bytes
) -> None:
    came, _ = talk(web.port, sent)
    assert came.split(b" ", 2)[1] == status, came[:80]


def test_underscores_make_no_second_spelling(web: Running) -> None:
    """X_Forwarded_For becomes the same CGI name; gunicorn drops it."""
    came, _ = talk(web.port, get(HOST, line("Content_Length: 5"), line("Connection: close")))
    assert came.startswith(b"HTTP/1.1 200 ")
