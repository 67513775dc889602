"""Signs what leaves this instance (Ed25519, RFC 8032). The key is drawn from SECRET_KEY by HKDF
(RFC 5869), so that nothing more has to be kept; whoever has the public key can check without us."""

import base64
import hmac
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


def sign(body: bytes) -> dict[str, str]:
    """The signature of some bytes with the public key, both base64."""
    key = _key()
    return {
        "algorithm": "Ed25519",
        "public_key": public_key(),
        "signature": base64.b64encode(key.sign(body)).decode(),
    }


def canonical(facts: object) -> bytes:
    """Facts as the bytes that are signed: JSON, keys in order, no spaces."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def public_key() -> str:
    return base64.b64encode(_key().public_key().public_bytes_raw()).decode()


def is_ours(body: bytes, signature: dict[str, str]) -> bool:
    """Was this signed by this instance?"""
    return signature.get("public_key") == public_key() and is_signed(body, signature)


def is_signed(body: bytes, signature: dict[str, str]) -> bool:
    """Do the bytes, the signature and the key that it names belong together?"""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature["public_key"]))
        key.verify(base64.b64decode(signature["signature"]), body)
    except (InvalidSignature, KeyError, ValueError):
        return False
    return True


def mac(purpose: str, body: bytes) -> bytes:
    """32 bytes that only this instance can make, and for this purpose only (HMAC, RFC 2104)."""
    return hmac.digest(_drawn(f"allstac {purpose} 1".encode()), body, "sha256")


def token(purpose: str, said: str) -> str:
    """What is `said` (ASCII) with its code, to stand in an address: nothing has to be stored for it."""
    body = said.encode("ascii")
    parts = (base64.urlsafe_b64encode(one).rstrip(b"=") for one in (body, mac(purpose, body)))
    return b".".join(parts).decode("ascii")


def said_by(purpose: str, typed: str) -> str:
    """What a token of ours says; empty for what we did not make, and for another purpose."""
    try:
        said = base64.urlsafe_b64decode(typed.partition(".")[0] + "==").decode("ascii")
    except ValueError:
        return ""
    return said if hmac.compare_digest(token(purpose, said).encode(), typed.encode()) else ""


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_drawn(b"allstac signatures 1"))


def _drawn(purpose: bytes) -> bytes:
    secret = current_app.config["SETTINGS"].secret_key.encode()
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret)
