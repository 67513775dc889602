"""The policy as this instance shows it: our promises, and who runs this copy."""

from dataclasses import dataclass

from flask import current_app


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
