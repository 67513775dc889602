"""Untrusted files are only ever opened in a child process with limits on memory, time and files: the
lists of holes in decoders are long. It sees no setting and no secret; its environment is empty."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

SLOTS = threading.BoundedSemaphore(2)  # children at once in this process: each takes much memory
PATIENCE = 20  # seconds to wait for one
Said = tuple[dict[str, Any], bytes]
LOADER = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # all that a child gets to know of ours


class BadMedia(ValueError):
    """The text is a sentence for the person who uploaded it."""


def ask(program: Path, *words: object, noun: str, **given: Any) -> Said:
    """What the program says of a file: its JSON line, and the bytes behind it. `given`: `input`,
    bytes, or `stdin`, an open file; `cwd`, a folder to write to; `timeout`, seconds. Raises
    BadMedia with the program's own words, or with ours when it had to be ended."""
    if not SLOTS.acquire(timeout=PATIENCE):
        raise BadMedia(f"Many {noun}s are being read just now. Send it again in a minute.")
    try:
        line, _, rest = _run(program, *words, **given).partition(b"\n")
    except (subprocess.SubprocessError, OSError):
        raise BadMedia(too_much(noun)) from None
    finally:
        SLOTS.release()
    told: dict[str, Any] = json.loads(line)
    if "error" in told:
        raise BadMedia(told["error"])
    return told, rest


def too_much(noun: str) -> str:
    return f"This {noun} could not be read; it took too much to open."


def _run(program: Path, *words: object, **how: Any) -> bytes:
    command = [sys.executable, "-I", str(program), *map(str, words)]
    env = {name: os.environ[name] for name in LOADER if name in os.environ}
    return subprocess.run(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, env=env, **how
    ).stdout
