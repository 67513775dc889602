#!/bin/sh
# usage: dev/setup.sh run|dev   - makes .venv from the lock; does nothing when it is up to date.
set -eu
cd "$(dirname "$0")/.."
set_name=$1
uv_version=0.13.9

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue
    echo "$candidate"
    return
  done
  echo "AllStac needs Python 3.11, 3.12 or 3.13; none was found. Install one, or name it: make run PYTHON=/path/to/python3" >&2
  exit 1
}

stamp() { cat "requirements/$1.txt" dev/setup.sh | cksum | cut -d' ' -f1; }

[ -f ".venv/.dev" ] && [ "$(cat .venv/.dev)" = "$(stamp dev)" ] && exit 0
[ "$set_name" = run ] && [ -f ".venv/.run" ] && [ "$(cat .venv/.run)" = "$(stamp run)" ] && exit 0

if [ ! -x .venv/bin/python ]; then
  python=$(find_python)
  if ! "$python" -m venv .venv 2>/dev/null; then
    rm -rf .venv
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >&2
      "$python" -m venv .venv
    else
      echo "This Python can't make virtual environments. On Debian: sudo apt-get install python3-venv" >&2
      exit 1
    fi
  fi
fi
rm -f .venv/.run .venv/.dev
pip="env PIP_ROOT_USER_ACTION=ignore .venv/bin/python -m pip install --quiet --disable-pip-version-check"
if $pip "uv==$uv_version" 2>/dev/null; then
  .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "requirements/$set_name.txt"
else
  $pip --require-hashes -r "requirements/$set_name.txt"
fi
.venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true
stamp "$set_name" > ".venv/.$set_name"
