"""The audit trail: what was done, by whom and to whom, in a log that can't be changed unnoticed.

`record` appends a leaf to a Merkle log (RFC 6962) inside the caller's transaction. A leaf holds no
name and no text: the people and the details are salted commitments, opened by `audit_detail`.
Erasing a person takes the salts and the key away, and the log still verifies."""

from app.audit.actions import ACTIONS
from app.audit.erasing import count_before, erase_person, forget_before, reseal_keys
from app.audit.heads import public_key, sign_head
from app.audit.recording import record, unchanged
from app.audit.verifying import Fault, verify

__all__ = [
    "ACTIONS",
    "Fault",
    "count_before",
    "erase_person",
    "forget_before",
    "public_key",
    "record",
    "reseal_keys",
    "sign_head",
    "unchanged",
    "verify",
]
