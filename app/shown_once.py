"""What the next page shows and nothing keeps: recovery codes, the text of a link. Until then it stands
sealed in the session, for the person who is signed in alone."""

from typing import Any

from flask import session
from flask_login import current_user

from app import vault


def keep(name: str, value: Any) -> None:
    """`name` is a key of the session."""
    session[name] = vault.seal(value, bound_to=_bound(name))


def take(name: str) -> Any:
    """What was kept, once; None when there is nothing."""
    sealed = session.pop(name, None)
    return vault.unseal(sealed, bound_to=_bound(name)) if sealed else None


def _bound(name: str) -> str:
    return f"{name}:{current_user.id}"
