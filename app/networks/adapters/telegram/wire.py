"""How the Bot API is spoken to and what its answers mean (core.telegram.org/bots/api, "Making
requests"). The token is part of the address, so no address and no answer is ever put into words."""

from typing import Any

import regex

from app import http
from app.networks import Account, Grant, Refused, Unknown
from app.networks.asking import LOST, ask

TOKEN = regex.compile(r"^[0-9]{5,20}:[A-Za-z0-9_-]{30,64}$")
CHANNEL = regex.compile(r"^(?:@[A-Za-z][A-Za-z0-9_]{3,31}|-[0-9]{5,20})$")
GONE_TOKEN = Refused(
    "Telegram does not know this bot token any more. Connect the channel again with the new one.",
    reconnect=True,
)
SHUT_OUT = (
    *("chat not found", "bot was kicked", "bot is not a member", "administrator rights"),
    *("not enough rights", "have no rights", "chat_write_forbidden", "chat_restricted"),
    *("group chat was deactivated", "channel_private", "member list is inaccessible"),
    *("upgraded to a supergroup",),
)
NOT_FETCHED = ("http url content", "wrong file identifier", "wrong type of the web page content")


def clean_channel(typed: str) -> str:
    """'news', '@news' and 't.me/news' become '@news'; an id stays as it is."""
    typed = regex.sub(r"[\p{Cf}\s]", "", typed)
    typed = regex.sub(r"^(?:https?://)?t(?:elegram)?\.me/(?:s/)?", "", typed).split("/")[0]
    return typed if typed.startswith(("@", "-")) or not typed else f"@{typed}"


async def call(
    web: http.Client, api: str, grant: Grant, method: str, **what: Any
) -> Any | Refused | Unknown:
    """The `result` of a method of the Bot API."""
    address = f"{api}/bot{grant.secrets['token']}/{method}"
    answer = await ask(web, "POST", address, wait=("parameters", "retry_after"), json=what)
    if isinstance(answer, Refused | Unknown):
        return answer
    try:
        said = answer.json()
        if answer.status == 200:
            return said["result"] if said["ok"] is True else Unknown(LOST)
        return refusal(answer.status, str(said["description"]))
    except (http.Unreadable, KeyError, TypeError):
        if answer.status == 200:
            return Unknown(LOST)
        return Refused(f"Telegram refused it ({answer.status}).", permanent=True)


def refusal(status: int, words: str) -> Refused:
    """In words for a person: what it means, else what Telegram said."""
    low = words.lower()
    if status == 401 or (status == 404 and low == "not found"):
        return GONE_TOKEN
    if any(one in low for one in SHUT_OUT):
        return Refused(
            "The bot may not post there. Make it an administrator of the channel with the right to"
            f" post, then connect it again. (Telegram says: {words[:200]})",
            reconnect=True,
        )
    if any(one in low for one in NOT_FETCHED):
        return Refused(
            "Telegram could not fetch the picture or video from this instance. It has to be"
            " reachable from the internet.",
            permanent=True,
        )
    return Refused(f"Telegram refused it: {words[:300]}", permanent=True)


async def may_post(
    web: http.Client, api: str, grant: Grant, chat: dict[str, Any], bot: int
) -> Refused | Unknown | None:
    """Has the bot the right to post? In a channel that wants an administrator."""
    member = await call(web, api, grant, "getChatMember", chat_id=chat["id"], user_id=bot)
    if isinstance(member, Refused | Unknown):
        return member
    status, is_channel = member["status"], chat["type"] == "channel"
    allowed = {
        "creator": True,
        "administrator": not is_channel or member.get("can_post_messages") is True,
        "member": not is_channel,
        "restricted": member.get("can_send_messages") is True,
    }
    return None if allowed.get(status) else refusal(403, "the bot has no administrator rights")


def account(chat: dict[str, Any]) -> Account:
    name = str(chat.get("title") or chat["id"])
    public = chat.get("username")
    handle = f"@{public}" if public else name
    url = f"https://t.me/{public}" if public else ""
    return Account("telegram", "telegram.org", str(chat["id"]), handle, name, url)


def link(account: Account, message: int) -> str:
    """Where the message stands; of private channels only their members can open it."""
    if account.url:
        return f"{account.url}/{message}"
    inner = account.account_id.removeprefix("-100")
    return f"https://t.me/c/{inner}/{message}" if inner != account.account_id else ""
