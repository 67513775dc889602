"""What a server says of itself and its limits (docs.joinmastodon.org/entities/Instance)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import regex

from app import http
from app.networks.asking import ask

PATHS = ("/api/v2/instance", "/api/v1/instance")  # v2 since Mastodon 4.0; others know v1
DOMAIN = regex.compile(r"[\w.-]+(?::\d{1,5})?")
MOST = 2**40  # more than any limit that is meant


@dataclass(frozen=True)
class Instance:
    """`domain` stands in the handles of its accounts; `facts` as in `Account`."""

    domain: str
    facts: dict[str, Any]


async def look_at(web: http.Client, host: str) -> Instance | None:
    """None when it can't be asked or does not answer in Mastodon's way."""
    for path in PATHS:
        answer = await ask(web, "GET", host + path)
        if isinstance(answer, http.Answer) and answer.status == 200:
            try:
                said = answer.json()
            except http.Unreadable:
                continue
            if isinstance(said, dict) and ("domain" in said or "uri" in said):
                return Instance(_domain(said, host), _facts(said))
    return None


def _domain(said: dict[str, Any], host: str) -> str:
    told = str(said.get("domain") or said.get("uri") or "").rpartition("://")[2].rstrip("/")
    return told.lower() if DOMAIN.fullmatch(told) else urlsplit(host).netloc


def _facts(said: dict[str, Any]) -> dict[str, Any]:
    """Only what is told and makes sense; the rest stays at Mastodon's own limits."""
    configuration = _part(said, "configuration")
    statuses, media = _part(configuration, "statuses"), _part(configuration, "media_attachments")
    told = {
        "characters": statuses.get("max_characters", said.get("max_toot_chars")),
        "link_characters": statuses.get("characters_reserved_per_url"),
        "images": statuses.get("max_media_attachments"),
        "image_bytes": media.get("image_size_limit"),
        "video_bytes": media.get("video_size_limit"),
    }
    facts: dict[str, Any] = {name: one for name, one in told.items() if _is_limit(one)}
    if version := said.get("version"):
        facts["software"] = str(version)[:80]
    return facts


def _part(said: dict[str, Any], name: str) -> dict[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _is_limit(told: object) -> bool:
    return isinstance(told, int) and not isinstance(told, bool) and 0 < told < MOST
