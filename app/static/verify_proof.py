#!/usr/bin/env python3
"""Checks a proof from AllStac's audit trail (RFC 6962) without AllStac.

    python3 verify_proof.py proof-12.json [ROOT]

ROOT is the root that you know from elsewhere, a weekly mail or a copy of audit-head.json: with it
the proof can't have been made up. Only Python's standard library is needed; the signature is
checked too when the package `cryptography` is installed. Ends with 0 when the proof holds."""

import hashlib
import hmac
import json
import sys
from typing import Any


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(number: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """Climb from the leaf to the root (RFC 9162 2.1.3.2)."""
    last, found, steps = size - 1, leaf, list(path)
    if not 0 <= number < size:
        raise ValueError("the head does not cover this event")
    while last:
        if number & 1:
            found = node(steps.pop(0), found)
        elif number < last:
            found = node(found, steps.pop(0))
        number, last = number >> 1, last >> 1
    if steps:
        raise ValueError("the path is too long")
    return found


def check_opened(proof: dict[str, Any]) -> None:
    """Each part that is opened must be what the leaf was committed to."""
    for part, opened in proof["opened"].items():
        salt, text = bytes.fromhex(opened["salt"]), f"{part}:{opened['value']}"
        made = hmac.new(salt, text.encode(), "sha256").hexdigest()
        if not hmac.compare_digest(made, proof["leaf"][part]):
            raise ValueError(f"the {part} is not what was recorded")
        print(f"ok    {part}: {opened['value'] or 'nobody'}")


def check_path(proof: dict[str, Any], known_root: str) -> None:
    head, leaf = proof["head"], proof["leaf"]
    hashed = hashlib.sha256(b"\x00" + canonical(leaf)).digest()
    path = [bytes.fromhex(step) for step in proof["path"]]
    root = root_of(leaf["number"], head["size"], hashed, path).hex()
    if root != head["root"]:
        raise ValueError("the event is not in the log that this head stands for")
    print(f"ok    event {leaf['number']} ({leaf['action']}, {leaf['at']}) is one of {head['size']}")
    if known_root and root != known_root.lower():
        raise ValueError("this is not the root that you know")
    print("ok    the root is the one you know" if known_root else f"note  compare the root: {root}")


def check_signature(proof: dict[str, Any]) -> None:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        print("note  the signature was not checked: install `cryptography` for it")
        return
    head = dict(proof["head"])
    signature = bytes.fromhex(head.pop("signature"))
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(proof["public_key"]))
    try:
        key.verify(signature, b"AllStac audit head 1\n" + canonical(head))
    except InvalidSignature:
        raise ValueError("the head is not signed by this key") from None
    print(f"ok    signed at {head['signed_at']} by {proof['public_key']}")


def main(arguments: list[str]) -> int:
    try:
        with open(arguments[0]) as file:
            proof = json.load(file)
        check_opened(proof)
        check_path(proof, arguments[1] if len(arguments) > 1 else "")
        check_signature(proof)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError) as fault:
        print(f"FAULT {fault}")
        return 1
    print("The proof holds.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
