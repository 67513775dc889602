#!/bin/sh
# Makes requirements/*.txt from pyproject.toml: exact versions with hashes, for every platform.
set -eu
cd "$(dirname "$0")/.."
compile() {
  .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate --quiet "$@"
}
compile pyproject.toml -o requirements/base.txt
compile pyproject.toml --group run -c requirements/base.txt -o requirements/run.txt
compile pyproject.toml --group run --group test --group lint -c requirements/base.txt -o requirements/dev.txt
