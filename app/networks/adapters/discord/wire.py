"""How a webhook of Discord's is spoken to (docs.discord.com/developers/resources/webhook). Its
address is the key to it: who has it may post. So it is taken apart at once, only the two parts that
matter are kept, and every request goes to Discord's own host."""

from typing import Any
from urllib.parse import urlsplit

import regex

from app import http
from app.networks import Account, Grant, Refused, Unknown
from app.networks.asking import ask

HOSTS = ("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com")
PATH = regex.compile(r"^/api/(?:v[0-9]+/)?webhooks/([0-9]{15,21})/([A-Za-z0-9_-]{20,100})/?$")
UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, UNKNOWN_CHANNEL = 10008, 10015, 10003
WANTS_A_TITLE = (220001, 220003)
GONE = Refused(
    "The webhook was deleted in Discord. Make a new one there and connect the channel again.",
    reconnect=True,
)


def keys(typed: str, api: str) -> dict[str, str] | None:
    """Id and token out of a webhook's address; None when it is none of Discord's."""
    try:
        parts = urlsplit(typed.strip())
        is_ours = parts.netloc.lower() in (*HOSTS, urlsplit(api).netloc)
    except ValueError:
        return None
    found = PATH.match(parts.path)
    return {"id": found[1], "token": found[2]} if found and is_ours else None


async def call(
    web: http.Client, api: str, grant: Grant, method: str, path: str = "", **what: Any
) -> http.Answer | Refused | Unknown:
    """Ask the webhook itself; no other credentials are sent."""
    address = f"{api}/webhooks/{grant.secrets['id']}/{grant.secrets['token']}{path}"
    answer = await ask(web, method, address, wait=("retry_after",), **what)
    if isinstance(answer, Refused | Unknown) or answer.status in (200, 204):
        return answer
    code, words = complaint(answer)
    if answer.status == 401 or code == UNKNOWN_WEBHOOK:
        return GONE
    if code == UNKNOWN_MESSAGE:
        return answer
    return Refused(_meaning(code, words), permanent=True)


def complaint(answer: http.Answer) -> tuple[int, str]:
    """Discord's code and words; what is wrong with which field is nested in `errors`."""
    try:
        said = answer.json()
        words = str(said.get("message") or answer.status)
        details = _leaves(said.get("errors") or {})
        return int(said.get("code") or 0), "; ".join([words, *details])[:300]
    except (http.Unreadable, AttributeError, TypeError, ValueError):
        return 0, str(answer.status)


def _leaves(errors: Any, depth: int = 0) -> list[str]:
    """docs.discord.com/developers/reference, "Error Messages": lists under `_errors`."""
    if not isinstance(errors, dict) or depth > 6:
        return []
    found = [str(one.get("message", "")) for one in errors.get("_errors", []) if one]
    for name, inner in errors.items():
        found += _leaves(inner, depth + 1) if name != "_errors" else []
    return found


def _meaning(code: int, words: str) -> str:
    if code in WANTS_A_TITLE:
        return "That channel is a forum: give the post a title, or the number of a thread."
    if code == UNKNOWN_CHANNEL:
        return "Discord does not know the thread that the post names."
    return f"Discord refused it: {words}"


def account(said: dict[str, Any]) -> Account:
    """From a webhook object; its server and channel are needed for links to messages."""
    guild, channel = str(said.get("guild_id") or "@me"), str(said["channel_id"])
    name = str(said.get("name") or "Discord")
    url = f"https://discord.com/channels/{guild}/{channel}"
    facts = {"parent": guild, "room": channel}
    return Account("discord", "discord.com", str(said["id"]), name, name, url, facts)
