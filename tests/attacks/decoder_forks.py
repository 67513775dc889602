"""Many hostile files through the product's decoder, each in a limited child of its own, without the
price of starting an interpreter for each: this process has the decoder loaded and forks.

stdin: length (4 bytes) and file, again and again. stdout: a JSON line and the decoder's output."""

import io
import json
import os
import resource
import runpy
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

DECODER = Path(__file__).resolve().parents[2] / "app/media/decoder.py"
SECONDS = 20


def child(main: Callable[[], None], raw: bytes, out: int) -> None:
    """Never returns. As the product starts it: the file on stdin, no limits of size or side."""
    signal.alarm(SECONDS)
    os.dup2(out, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.stdin, sys.argv = io.TextIOWrapper(io.BytesIO(raw)), ["decoder", "0", "0"]
    try:
        main()
        sys.stdout.flush()
    except BaseException:
        os._exit(1)
    os._exit(0)


def run(main: Callable[[], None], raw: bytes) -> tuple[dict[str, object], bytes]:
    """What became of it, and what it wrote."""
    began, (back, out) = time.monotonic(), os.pipe()
    pid = os.fork()
    if not pid:
        child(main, raw, out)
    os.close(out)
    with os.fdopen(back, "rb") as pipe:
        said = pipe.read()
    _, status, used = os.wait4(pid, 0)
    ended = {"status": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - began}
    scale = 1 if sys.platform == "darwin" else 1024
    return ended | {"rss": used.ru_maxrss * scale, "length": len(said)}, said


def main() -> None:
    decoder = runpy.run_path(str(DECODER), run_name="decoder")
    Image.init()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while head := sys.stdin.buffer.read(4):
        raw = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
        ended, said = run(decoder["main"], raw)
        sys.stdout.buffer.write(json.dumps(ended).encode() + b"\n" + said)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
