"""What vendors publish of their own APIs in packages, fetched once into the cache shared by all
clones: nothing of it is imported by the application, and its dependencies stay away.

X: PyPI `xdk`, X's own client, generated from its OpenAPI (MIT). Pinterest: PyPI
`pinterest-generated-client`, Pinterest's own, generated from its OpenAPI 5.14.0 (MIT). Facebook and
Instagram: PyPI `facebook-business`, Meta's own, with the tables of parameters of Graph API v26.0 (Meta
Platform licence). Slack: PyPI `slack-sdk`, Slack's own (MIT). Telegram: PyPI `aiogram` (MIT), by others,
generated from core.telegram.org/bots/api (Bot API 10.3). Discord: npm `discord-api-spec`, made daily by
others from Discord's own OpenAPI (both MIT), with `zod`, which it is written in.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import install

FROM_PYPI = (
    "xdk==0.10.6",
    "pinterest-generated-client==0.1.12",
    "facebook-business==26.0.3",
    "slack-sdk==3.48.0",
    "aiogram==3.31.0",
)
FROM_NPM = ("discord-api-spec@10.0.266135", "zod@4.6.7")


def place() -> Path:
    versions = [name.rpartition("=" if "=" in name else "@")[2] for name in FROM_PYPI + FROM_NPM]
    return install.cache().with_name(f"published-{'-'.join(versions)}")


def fetch() -> None:
    """Beside the target and moved there when all is well; later runs do nothing."""
    if place().exists():
        return
    install.install()  # npm comes with its Node
    print("Fetching published contracts for tests, once (some seconds)…", flush=True)
    made = Path(tempfile.mkdtemp(dir=place().parent))
    try:
        _from_pypi(made)
        install.npm(made, *FROM_NPM)
        made.rename(place())
    except OSError:
        if not place().exists():  # another process was first
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _from_pypi(made: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    env = os.environ | {"PIP_ROOT_USER_ACTION": "ignore"}
    subprocess.run([*pip, "--target", str(made / "py"), *FROM_PYPI], check=True, env=env)
