"""A new version of the policy from docs/policies/promises.toml: `python -m dev.policy_version DATE SUMMARY`.

Versions are files of their own that nobody edits: each names the hash of the one before it."""

import sys
from datetime import date
from hashlib import sha256

from app.privacy import versions
from app.privacy.promises import load_register


def main(effective_on: str, summary: str) -> None:
    known = versions.load()
    register = load_register()
    before = (
        sha256((versions.FOLDER / f"{known[-1].name}.toml").read_bytes()).hexdigest()
        if known
        else ""
    )
    lines = [
        f"effective_on = {date.fromisoformat(effective_on).isoformat()}",
        f"announced_on = {register.updated_on.isoformat()}",
        f"summary = {versions.quoted(summary)}",
        f'previous = "{before}"',
        "",
        "[sentences]",
        *(f'"{one.id}" = {versions.quoted(one.sentence)}' for one in register.promises),
    ]
    (versions.FOLDER / f"{effective_on}.toml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
