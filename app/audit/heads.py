"""Signed tree heads: what an earlier state of the log is held to, also outside of this database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select, update

from app import vault
from app.audit import leaves, merkle
from app.audit.models import AuditHead, edges
from app.audit.recording import lock_edge
from app.db import db

PREFIX = b"AllStac audit head 1\n"
SIGNER = "audit:signer"


def sign_head(now: datetime) -> AuditHead | None:
    """Sign the log as it is; None when nothing came since the last head. The caller commits."""
    edge, last = lock_edge(), newest()
    if edge.size == (last.size if last else 0):
        return None
    number, root = last.number + 1 if last else 1, merkle.root(edge.hashes)
    signature = _signer().sign(message(number, edge.size, root, now))
    head = AuditHead(number=number, size=edge.size, root=root, signed_at=now, signature=signature)
    db.session.add(head)
    db.session.flush()
    return head


def newest() -> AuditHead | None:
    return db.session.scalar(select(AuditHead).order_by(AuditHead.number.desc()).limit(1))


def every() -> Sequence[AuditHead]:
    return db.session.scalars(select(AuditHead).order_by(AuditHead.number)).all()


def message(number: int, size: int, root: bytes, signed_at: datetime) -> bytes:
    """What is signed."""
    head = {"number": number, "size": size, "root": root.hex()}
    return PREFIX + leaves.canonical(head | {"signed_at": leaves.instant(signed_at)}).encode()


def as_json(head: AuditHead) -> dict[str, Any]:
    return {
        "number": head.number,
        "size": head.size,
        "root": head.root.hex(),
        "signed_at": leaves.instant(head.signed_at),
        "signature": head.signature.hex(),
    }


def is_ours(head: AuditHead, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(head.signature, message(head.number, head.size, head.root, head.signed_at))
    except InvalidSignature:
        return False
    return True


def _signer() -> Ed25519PrivateKey:
    """The instance's signing key, made with the first head."""
    sealed = db.session.scalar(select(edges.c.signer))
    if sealed is None:
        made = Ed25519PrivateKey.generate()
        sealed = vault.seal(made.private_bytes_raw().hex(), bound_to=SIGNER)
        db.session.execute(update(edges).values(signer=sealed))
        return made
    return Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex(vault.unseal(sealed, bound_to=SIGNER))
    )


def public_key() -> Ed25519PublicKey | None:
    """What heads are checked with; None before the first one."""
    sealed = db.session.scalar(select(edges.c.signer))
    return _signer().public_key() if sealed else None
