"""`make run`'s parent: everything under one roof, and nothing left when the roof is gone."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.run import ROOT
from tests.servers.ports import free_port

Started = tuple[subprocess.Popen[str], int, str]


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    env = {k: v for k, v in os.environ.items() if not k.endswith("_URL")}
    return subprocess.Popen(
        [sys.executable, "-m", "dev.run"],
        cwd=ROOT,
        env=env | {"PORT": str(port), "DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(parent: subprocess.Popen[str], words: str) -> str:
    said = ""
    assert parent.stdout
    for line in parent.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def family(folder: Path) -> set[int]:
    """Processes that were started with this data folder."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if str(folder).encode() in (entry / "environ").read_bytes():
                    found.add(int(entry.name))
    return found - {os.getpid()}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made from nothing by the first start; the next one finds it."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def everything(data: Path) -> Iterator[Started]:
    port = free_port()
    parent = start(data, port)
    yield parent, port, read_until(parent, "Ctrl-C ends it.")
    if parent.poll() is None:
        parent.kill()
    parent.wait(20)


needs_proc = pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")


@needs_proc
def test_from_nothing_to_a_page_a_child_that_dies_and_a_clean_end(
    everything: Started, data: Path
) -> None:
    parent, port, said = everything
    assert f"http://localhost:{port}" in said
    assert "demo@allstac.example" in said
    with urllib.request.urlopen(f"http://localhost:{port}/health/ready", timeout=5) as answer:
        assert answer.read() == b'{"status":"ready"}\n'
    assert len(family(data)) >= 6
    assert oct((data / "secrets.env").stat().st_mode)[-3:] == "600"
    kill_web(port)
    read_until(parent, "web ended")
    assert comes_back(port)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(20) == 0
    assert family(data) == set()


def kill_web(port: int) -> None:
    subprocess.run(["pkill", "-9", "-f", f"gunicorn.*127.0.0.1:{port}"], check=True)


def comes_back(port: int) -> bool:
    for _ in range(200):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://localhost:{port}/health/live", timeout=2)
            return True
        time.sleep(0.1)
    return False


@needs_proc
def test_no_orphan_is_left_when_the_parent_is_killed(everything: Started, data: Path) -> None:
    parent, _, _ = everything
    parent.kill()
    end = time.monotonic() + 15
    while family(data) and time.monotonic() < end:
        time.sleep(0.1)
    assert family(data) == set()


def test_a_taken_port_is_said_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        parent = start(tmp_path, port)
        said, _ = parent.communicate(timeout=20)
    assert parent.returncode == 1
    assert said.strip() == f"Port {port} is taken. Choose another: make run PORT={port + 1}"
