"""Events: hashed, signed, tagged (NIP-01, 10, 24, 27, 36, 92)."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import regex
from coincurve import PrivateKey, PublicKeyXOnly

from app.networks import Published, text
from app.networks.adapters.nostr import keys

NOTE, DELETION = 1, 5
Event = dict[str, Any]
Tags = list[list[str]]
PERSON = regex.compile(r"(?<![\w/])(?:nostr:|@)?(npub1[02-9ac-hj-np-z]{58})\b")
CONTROLS = regex.compile(r"[\x00-\x07\x0b\x0e-\x1f]")  # NIP-01 gives no one way to hash them


def sign(secret: str, at: datetime, kind: int, tags: Tags, content: str) -> Event:
    """The id is the hash of all else but the signature: the same event, the same id."""
    made: Event = {
        "pubkey": keys.public(secret),
        "created_at": int(at.timestamp()),
        "kind": kind,
        "tags": tags,
        "content": content,
    }
    digest = _digest(made)
    signature = PrivateKey(bytes.fromhex(secret)).sign_schnorr(digest)
    return made | {"id": digest.hex(), "sig": signature.hex()}


def is_genuine(event: Any) -> bool:
    """Is it what its author signed? Relays are not trusted."""
    try:
        digest = _digest(event)
        author = PublicKeyXOnly(bytes.fromhex(event["pubkey"]))
        known = author.verify(bytes.fromhex(event["sig"]), digest)
        return bool(known and digest.hex() == event["id"])
    except (ValueError, KeyError, TypeError):
        return False


def _digest(event: Event) -> bytes:
    names = ("pubkey", "created_at", "kind", "tags", "content")
    whole = [0, *(event[name] for name in names)]
    spelled = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).digest()


def written(words: str) -> tuple[str, Tags]:
    """A text as it is published, with tags for the people (NIP-27) and topics that it names."""
    words = CONTROLS.sub("", words.encode("utf-8", "replace").decode())
    tags: Tags = []

    def name(found: Any) -> str:
        raw = keys.decode("npub", found[1])
        if raw is None or len(raw) != 32:
            return str(found[0])
        tags.append(["p", raw.hex()])
        return f"nostr:{found[1]}"

    content = PERSON.sub(name, words)
    tags += [["t", one.target.lower()] for one in text.find(words) if one.kind == "tag"]
    return content, [tag for place, tag in enumerate(tags) if tag not in tags[:place]]


def imeta(url: str, type: str, alt: str, width: int, height: int, digest: str) -> list[str]:
    """NIP-92: what stands behind an address in the text."""
    told = ["imeta", f"url {url}", f"m {type}", f"dim {width}x{height}", f"x {digest}"]
    return told + ([f"alt {' '.join(alt.split())}"] if alt else [])


def thread(before: Sequence[Published], author: str) -> Tags:
    """Where it hangs (NIP-10): the first post is the root, the last one what it answers."""
    if not before:
        return []
    ends = {"root": before[0]} | ({"reply": before[-1]} if len(before) > 1 else {})
    return [["e", one.external_id, one.ref, end, author] for end, one in ends.items()]
