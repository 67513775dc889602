"""Passkeys (WebAuthn level 2): what we keep of them, and the two ceremonies."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import webauthn
from flask import current_app
from sqlalchemy import CursorResult, ForeignKey, select, update
from sqlalchemy.orm import Mapped, mapped_column
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.account.challenges import Challenge
from app.account.models import User
from app.datamap import Basis, Category, Purpose, Subject, link, personal, plain
from app.db import Model, db, table

MOST = 20  # per person
# What the library raises for answers that no browser gives, too.
MALFORMED = (WebAuthnException, ValueError, TypeError, LookupError, RecursionError)
REQUIRED = UserVerificationRequirement.REQUIRED


class Refused(Exception):
    """The browser's answer does not prove what it should; nothing of it is shown."""


class Passkey(Model):
    """The public half of a key pair that a person's device holds."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True, info=link(Subject.OWNER)
    )
    name: Mapped[str] = mapped_column(
        info=personal(Category.PREFERENCE, why="so that you can tell your passkeys apart")
    )
    credential_id: Mapped[str] = mapped_column(
        unique=True,
        info=personal(
            Category.SECRET,
            why="to know which of your passkeys is used; base64url",
            purpose=Purpose.AUTHENTICATE,
        ),
    )
    public_key: Mapped[str] = mapped_column(
        info=personal(
            Category.SECRET,
            why="to check what your passkey signs; a public key, base64url",
            purpose=Purpose.AUTHENTICATE,
        )
    )
    handle: Mapped[str] = mapped_column(
        info=personal(
            Category.SECRET,
            why="what your devices call your account: random, the same for all your passkeys",
            purpose=Purpose.AUTHENTICATE,
        )
    )
    sign_count: Mapped[int] = mapped_column(info=plain("how often it signed; a copy would lag"))
    created_at: Mapped[datetime] = mapped_column(info=plain())
    used_at: Mapped[datetime | None] = mapped_column(
        info=personal(
            Category.SESSION,
            why="so that you see which passkeys you use",
            purpose=Purpose.SECURE,
            basis=Basis.SECURITY,
        )
    )


rows = table(Passkey)


def of(user: User) -> Sequence[Passkey]:
    return db.session.scalars(
        select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id)
    ).all()


def find(user: User, id: int) -> Passkey | None:
    return db.session.scalar(select(Passkey).where(Passkey.user_id == user.id, Passkey.id == id))


def site() -> tuple[str, str]:
    """The relying party's id and its origin, both from BASE_URL."""
    url = urlsplit(current_app.config["SETTINGS"].base_url)
    return url.hostname or "localhost", f"{url.scheme}://{url.netloc}"


def creation_options(user: User, challenge: bytes) -> dict[str, Any]:
    """For navigator.credentials.create(): a discoverable key that checks who holds it."""
    known = of(user)
    options = webauthn.generate_registration_options(
        rp_id=site()[0],
        rp_name="AllStac",
        user_id=base64url_to_bytes(known[0].handle) if known else secrets.token_bytes(32),
        user_name=user.email,
        user_display_name=user.name,
        challenge=challenge,
        timeout=300_000,
        exclude_credentials=_described(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=REQUIRED
        ),
    )
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


def request_options(user: User | None, challenge: bytes) -> dict[str, Any]:
    """For navigator.credentials.get(): one of this person's keys, or whichever the device has."""
    options = webauthn.generate_authentication_options(
        rp_id=site()[0],
        challenge=challenge,
        timeout=300_000,
        allow_credentials=_described(of(user) if user else ()),
        user_verification=REQUIRED,
    )
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


def _described(keys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(k.credential_id)) for k in keys]


def register(user: User, answer: str, given: Challenge, name: str, now: datetime) -> Passkey:
    """Keep the key that the browser made. Raises Refused."""
    rp_id, origin = site()
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=given.value,
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
        )
    except MALFORMED as reason:
        raise Refused(type(reason).__name__) from reason
    credential_id = bytes_to_base64url(made.credential_id)
    if db.session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)):
        raise Refused("known already")
    key = Passkey(
        user_id=user.id,
        name=name,
        credential_id=credential_id,
        public_key=bytes_to_base64url(made.credential_public_key),
        handle=given.handle,
        sign_count=made.sign_count,
        created_at=now,
    )
    db.session.add(key)
    db.session.flush()
    return key


def check(answer: str, challenge: bytes, user: User | None, now: datetime) -> Passkey:
    """The passkey that signed, which must be `user`'s where one is named. Raises Refused."""
    key = _named_in(answer)
    if key is None or (user and key.user_id != user.id):
        raise Refused("not known here")
    rp_id, origin = site()
    try:
        proof = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except MALFORMED as reason:
        raise Refused(type(reason).__name__) from reason
    _count(key, proof.new_sign_count, now)
    return key


def _named_in(answer: str) -> Passkey | None:
    """The key whose id the answer gives; its handle, when given, must be the key's."""
    try:
        parsed = webauthn.helpers.parse_authentication_credential_json(answer)
    except MALFORMED as reason:
        raise Refused(type(reason).__name__) from reason
    key = db.session.scalar(
        select(Passkey).where(Passkey.credential_id == bytes_to_base64url(parsed.raw_id))
    )
    handle = parsed.response.user_handle
    if key and handle and bytes_to_base64url(handle) != key.handle:
        return None
    return key


def _count(key: Passkey, signed: int, now: datetime) -> None:
    """Two that come at once with the same count: one of them is a copy."""
    grows = rows.c.sign_count < signed if signed else rows.c.sign_count == 0
    counting = update(rows).where(rows.c.id == key.id, grows)
    counted: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        counting.values(sign_count=signed, used_at=now)
    )
    if not counted.rowcount:
        raise Refused("the count did not grow")
