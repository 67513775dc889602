"""Who looks at the page, and in which zone."""

from typing import Any

from flask import g, has_request_context
from flask_login import current_user


def person() -> Any:
    """Who is signed in; nobody in a job, or while the database can't be asked."""
    if not has_request_context() or g.get("without_person") or not current_user.is_authenticated:
        return None
    return current_user


def forget() -> None:
    """For a page that a link opens: whoever happens to be signed in is shown, and is, nobody there."""
    g.without_person, g.member = True, None


def zone_name() -> str:
    found = person()
    return str(found.timezone) if found else "UTC"
