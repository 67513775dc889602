"""`make promises`: the register with the result of the last `make test`; 1 while a proof is missing."""

import subprocess
import sys
import tempfile
from pathlib import Path

from dev.run import ROOT, environment


def main() -> int:
    """`flask promises` with settings that are good enough to read files with."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder), 8000)
        command = [sys.executable, "-m", "flask", "promises"]
        return subprocess.run(command, env=env, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
