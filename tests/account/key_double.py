"""A double of a passkey in software: what a phone or a security key would answer, without one.

Follows WebAuthn level 2, 6.5 (attestation "none") and 6.3.3 (assertions), with ES256."""

import json
import secrets
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Key:
    """One key pair; `flags` and `origin` can be set to what an honest device would never say."""

    def __init__(self, origin: str = "http://localhost", rp_id: str = "localhost") -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.origin, self.rp_id = origin, rp_id
        self.flags = PRESENT | VERIFIED
        self.count = 0
        self.handle = b""

    def create(self, options: dict[str, Any]) -> str:
        """What navigator.credentials.create() answers, as JSON."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        point = self.private.public_key().public_numbers()
        cose = {
            1: 2,
            3: -7,
            -1: 1,
            -2: point.x.to_bytes(32, "big"),
            -3: point.y.to_bytes(32, "big"),
        }
        key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        attested = self._data(self.flags | ATTESTED) + key
        attestation = {"fmt": "none", "attStmt": {}, "authData": attested}
        response = {
            "clientDataJSON": self._client("webauthn.create", options),
            "attestationObject": bytes_to_base64url(cbor2.dumps(attestation)),
        }
        return self._answer(response)

    def sign(self, options: dict[str, Any]) -> str:
        """What navigator.credentials.get() answers, as JSON."""
        self.count += 1
        data, client = self._data(self.flags), self._client("webauthn.get", options)
        signed = data + sha256(base64url_to_bytes(client)).digest()
        signature = self.private.sign(signed, ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": client,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
            "userHandle": bytes_to_base64url(self.handle),
        }
        return self._answer(response)

    def _data(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, type: str, options: dict[str, Any]) -> str:
        said = {"type": type, "challenge": options["challenge"], "origin": self.origin}
        return bytes_to_base64url(json.dumps(said).encode())

    def _answer(self, response: dict[str, str]) -> str:
        id = bytes_to_base64url(self.id)
        return json.dumps(
            {"id": id, "rawId": id, "type": "public-key", "response": response,
             "clientExtensionResults": {}}
        )  # fmt: skip
