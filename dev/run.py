"""`make run`: everything of AllStac under one parent, from nothing."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from base64 import urlsafe_b64encode
from pathlib import Path

from dev import guard, valkey

ROOT = Path(__file__).resolve().parent.parent
COLOURS = {"stripe": 31, "web": 36, "publisher": 35, "worker": 33, "clock": 32, "setup": 34}
STAND_IN = 111  # so many ports further
PATIENCE = 10.0  # seconds for a clean end


def environment(data: Path, port: int) -> dict[str, str]:
    """What development sets by itself; anything that is set already wins."""
    base = os.environ.get("BASE_URL") or f"http://localhost:{port}"
    given = {
        "APP_ENV": "development",
        "FLASK_APP": "wsgi",
        "BASE_URL": base,
        "DATABASE_URL": f"sqlite:///{data}/allstac.db",
        "STORAGE_URL": f"file://{data}/media",
        "SMTP_URL": "console:",
        "ALLOW_PRIVATE_HOSTS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    if os.environ.get("BILLING") == "local":
        given |= stand_in(port)
    return given | _secrets(data) | {k: v for k, v in os.environ.items() if v}


def stand_in(port: int) -> dict[str, str]:
    """A stand-in for Stripe beside the application, so that a plan can be bought without an account."""
    return {
        "STRIPE_SECRET_KEY": "sk_test_stand_in",
        "STRIPE_WEBHOOK_SECRET": "whsec_stand_in",
        "STRIPE_API_BASE": f"http://127.0.0.1:{port + STAND_IN}",
    }


def _secrets(data: Path) -> dict[str, str]:
    """Keys of this copy, made once."""
    kept = data / "secrets.env"
    if not kept.exists():
        kept.touch(mode=0o600)
        key = urlsafe_b64encode(secrets.token_bytes(32)).decode()
        kept.write_text(f"SECRET_KEY={secrets.token_urlsafe(48)}\nENCRYPTION_KEYS={key}\n")
    return dict(line.split("=", 1) for line in kept.read_text().splitlines())


def commands(port: int, data: Path = ROOT / ".data") -> dict[str, list[str]]:
    flask = [sys.executable, "-m", "flask"]
    gunicorn = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}"]
    beside = {}
    if os.environ.get("BILLING") == "local":
        hook = f"http://127.0.0.1:{port}/stripe/webhook"
        words = [
            "-m",
            "tests.servers.stripe",
            str(port + STAND_IN),
            hook,
            str(data / "stripe.json"),
        ]
        beside["stripe"] = [sys.executable, *words]
    return beside | {
        "web": [*gunicorn, "--graceful-timeout", "8", "--log-level", "warning"],
        "publisher": [*flask, "worker", "publish"],
        "worker": [*flask, "worker", "default"],
        "clock": [*flask, "clock"],
    }


class Parent:
    """Starts, watches and ends the processes."""

    def __init__(self, env: dict[str, str], data: Path, port: int) -> None:
        self.env, self.data, self.port = env, data, port
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.started: dict[str, float] = {}
        self.queue: valkey.Valkey | None = None
        self.guard = guard.start()
        self.stopping = threading.Event()

    def tell_guard(self, line: str) -> None:
        if self.guard.stdin and self.guard.poll() is None:
            self.guard.stdin.write(f"{line}\n".encode())
            self.guard.stdin.flush()

    def start_queue(self) -> None:
        self.queue = valkey.start(self.data / "queue")
        self.env["REDIS_URL"] = self.queue.url
        self.tell_guard(str(self.queue.process.pid))

    def prepare(self) -> None:
        """Migrations and, the first time, the demo: one process, only when something is new."""
        newest = max(path.name for path in (ROOT / "migrations/versions").glob("*.py"))
        done = self.data / "prepared"
        mark = f"{newest} {self.env['DATABASE_URL'].split('@')[-1]}"
        if done.exists() and done.read_text() == mark:
            return
        made = subprocess.run(
            [sys.executable, "-m", "dev.prepare"],
            env={k: v for k, v in self.env.items() if k != "STRIPE_SECRET_KEY"},  # the demo is big
            cwd=ROOT,
            check=False,
            stdout=subprocess.PIPE,
            text=True,
        )
        if made.returncode:
            raise SystemExit("The database could not be prepared; the reason stands above.")
        (self.data / "demo.txt").write_text(made.stdout.strip())
        done.write_text(mark)

    def start(self, name: str) -> None:
        child = subprocess.Popen(
            commands(self.port, self.data)[name],
            env=self.env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.tell_guard(str(child.pid))
        self.children[name], self.started[name] = child, time.monotonic()
        threading.Thread(target=relay, args=(name, child), daemon=True).start()

    def watch(self) -> None:
        """Restart what dies, at most every few seconds."""
        while not self.stopping.wait(0.3):
            if self.queue and self.queue.process.poll() is not None:
                say("setup", "The queue server died; starting it again.")
                self.start_queue()
            for name, child in list(self.children.items()):
                if child.poll() is not None and time.monotonic() - self.started[name] > 2:
                    say("setup", f"{name} ended ({child.returncode}); starting it again.")
                    self.start(name)

    def stop(self) -> None:
        for child in self.children.values():
            child.terminate()
        end = time.monotonic() + PATIENCE
        for child in self.children.values():
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        if self.queue:
            self.queue.stop()
        self.tell_guard("bye")


def relay(name: str, child: "subprocess.Popen[bytes]") -> None:
    assert child.stdout
    for line in child.stdout:
        say(name, line.decode(errors="replace").rstrip())


def say(name: str, line: str) -> None:
    label = f"{name:9} |"
    if sys.stdout.isatty():
        label = f"\033[{COLOURS[name]}m{label}\033[0m"
    print(label, line, flush=True)


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SystemExit(
                f"Port {port} is taken. Choose another: make run PORT={port + 1}"
            ) from None


def wait_until_up(parent: Parent) -> bool:
    url = f"http://127.0.0.1:{parent.port}/health/live"
    while not parent.stopping.is_set():
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def refresh_prices(env: dict[str, str]) -> None:
    """What the stand-in sells is asked for once; later that is done each night."""
    command = [sys.executable, "-m", "flask", "billing", "reconcile"]
    subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    say("stripe", f"What is bought here is paid at a stand-in; its clock: {env['STRIPE_API_BASE']}")


def main() -> None:
    began = time.monotonic()
    port = int(os.environ.get("PORT") or 8000)
    data = Path(os.environ.get("DATA_DIR") or ROOT / ".data").resolve()
    check_port(port)
    data.mkdir(parents=True, exist_ok=True)
    parent = Parent(environment(data, port), data, port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: parent.stopping.set())
    try:
        if not os.environ.get("REDIS_URL"):
            parent.start_queue()
        parent.prepare()
        for name in commands(port):
            parent.start(name)
        if wait_until_up(parent):
            if "stripe" in parent.children:
                refresh_prices(parent.env)
            print(f"\nAllStac is up: {parent.env['BASE_URL']}  ({time.monotonic() - began:.1f} s)")
            print((data / "demo.txt").read_text() + "\nCtrl-C ends it.\n", flush=True)
        parent.watch()
    finally:
        parent.stop()


if __name__ == "__main__":
    main()
