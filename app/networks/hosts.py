"""What people type when they are asked for a server, and what is made of it."""

from urllib.parse import urlsplit

import regex


def clean(typed: str) -> str:
    """A base URL without a path: 'Social.example/@me', '@me@social.example' and the like become
    'https://social.example'. Empty when it can't be a server."""
    typed = regex.sub(r"[\p{Cf}\s]", "", typed)
    if "://" not in typed:
        typed = f"https://{typed.rsplit('@', 1)[-1] if '/' not in typed else typed}"
    try:
        parts = urlsplit(typed)
        port = f":{parts.port}" if parts.port else ""
        name = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        return ""
    if not name or parts.scheme not in ("http", "https") or parts.username or parts.password:
        return ""
    return f"{parts.scheme}://{name}{port}"
