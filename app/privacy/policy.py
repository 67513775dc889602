"""The policy as this instance shows it: our promises, and who runs this copy."""

import hashlib
from dataclasses import dataclass

from flask import current_app

from app.privacy.promises import REGISTER, Register, load_register


@dataclass(frozen=True)
class Operator:
    """Who runs this instance; each may be unset."""

    name: str | None
    address: str | None
    email: str | None
    country: str | None


def operator() -> Operator | None:
    """None when the operator has not said who they are: nobody else's name is shown instead."""
    settings = current_app.config["SETTINGS"]
    if not settings.operator_name:
        return None
    return Operator(
        settings.operator_name,
        settings.operator_address,
        settings.operator_email,
        settings.operator_country,
    )


@dataclass(frozen=True)
class Version:
    """A published version of the policy and the hash of its text."""

    name: str
    sha256: str
    register: Register


def versions() -> list[Version]:
    """All published versions, the present one first."""
    register = load_register()
    digest = hashlib.sha256(REGISTER.read_bytes()).hexdigest()
    return [Version(register.updated_on.isoformat(), digest, register)]
