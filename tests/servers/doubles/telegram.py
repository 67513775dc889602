"""A double of Telegram's Bot API, from core.telegram.org/bots/api (Bot API 9, read 2026-11-25): the
methods that a channel needs, their limits, error descriptions and `retry_after` in the body.
Parameters that a method does not have are refused, which the real one ignores. What it is asked and
answers is held against types made from that page (tests/networks/published/telegram.py)."""

import json
from typing import Any

from aiohttp import web

from app import clock
from tests.servers.doubles import Double, Standing

COMMON = {"chat_id", "disable_notification", "reply_parameters"}
METHODS = {
    "getMe": set(),
    "getChat": {"chat_id"},
    "getChatMember": {"chat_id", "user_id"},
    "sendMessage": COMMON | {"text", "link_preview_options"},
    "sendPhoto": COMMON | {"photo", "caption"},
    "sendVideo": COMMON | {"video", "caption"},
    "sendMediaGroup": COMMON | {"media"},
    "deleteMessages": {"chat_id", "message_ids"},
}
TOKEN = "123456789:AAcanary_canary_canary_canary_canary"
CHANNEL = -1001234567890
BOT = 4242
USER = {"id": BOT, "is_bot": True, "first_name": "AllStac", "username": "allstac_bot"}
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
FULL = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": dict.fromkeys((*GIFTS, "gifts_from_channels"), False),
}
MANAGES = {
    *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages"),
    *("can_manage_video_chats", "can_restrict_members", "can_promote_members", "can_change_info"),
    *("can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories"),
    "can_send_welcome_messages",
}
SENDS = {
    *("can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos"),
    *("can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages"),
    *("can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info"),
    *("can_invite_users", "can_pin_messages", "can_manage_topics", "is_member"),
}


class TelegramDouble(Double):
    """One bot and one channel, @allstac_news. `rights`: may it post? `flood`: seconds told by the
    next 429. `unreachable`: addresses that it can't fetch."""

    def __init__(self) -> None:
        self.rights = True
        self.status = "administrator"
        self.kind = "channel"
        self.flood = 0
        self.unreachable: set[str] = set()
        self.chat = {"id": CHANNEL, "title": "AllStac News", "username": "allstac_news"}
        super().__init__()

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/bot{token}/{method}", self.answer)]

    def is_publish(self, request: web.Request) -> bool:
        return request.match_info.get("method", "").startswith("send")

    async def answer(self, request: web.Request) -> web.Response:
        token, method = request.match_info["token"], request.match_info["method"]
        if token != TOKEN or token in self.revoked:
            return _no(401, "Unauthorized")
        what = json.loads(await request.read())
        if method not in METHODS:
            return _no(404, "Not Found: method not found")
        if unknown := set(what) - METHODS[method]:
            return _no(400, f"Bad Request: unknown parameters {sorted(unknown)}")
        if self.flood:
            wait, self.flood = self.flood, 0
            return _no(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        if method == "getMe":
            return _yes(USER)
        if what["chat_id"] not in (CHANNEL, "@allstac_news"):
            return _no(400, "Bad Request: chat not found")
        return self.in_chat(method, what)

    def in_chat(self, method: str, what: dict[str, Any]) -> web.Response:
        if method == "getChat":
            return _yes(self.chat | FULL | {"type": self.kind})
        if method == "getChatMember":
            assert what["user_id"] == BOT
            return _yes({"status": self.status, "user": USER} | self._may())
        if method == "deleteMessages":
            assert 1 <= len(what["message_ids"]) <= 100
            for number in what["message_ids"]:
                self.posts.pop(str(number), None)
            return _yes(True)
        if self.status in ("kicked", "left"):
            return _no(403, "Forbidden: bot was kicked from the channel chat")
        if not self.rights:
            return _no(400, "Bad Request: need administrator rights in the channel chat")
        return self.send(method, what)

    def _may(self) -> dict[str, Any]:
        if self.status == "administrator":
            return dict.fromkeys(MANAGES, False) | {"can_post_messages": self.rights}
        if self.status == "restricted":
            may = {"can_send_messages": self.rights, "until_date": 0}
            return dict.fromkeys(SENDS, True) | may
        return {"creator": {"is_anonymous": False}, "kicked": {"until_date": 0}}.get(
            self.status, {}
        )

    def send(self, method: str, what: dict[str, Any]) -> web.Response:
        media, words = _media(method, what)
        most = 1024 if media else 4096
        if len(words.encode("utf-16-le")) // 2 > most:
            return _no(400, f"Bad Request: message{' caption' if media else ''} is too long")
        if not words and not media:
            return _no(400, "Bad Request: message text is empty")
        if method == "sendMediaGroup" and not 2 <= len(media) <= 10:
            return _no(400, "Bad Request: expected 2 to 10 media")
        if self.unreachable & set(media):
            return _no(400, "Bad Request: failed to get HTTP URL content")
        reply = what.get("reply_parameters", {}).get("message_id", "")
        made = []
        for place, one in enumerate(media or [""]):
            number = str(len(self.seen) * 100 + place)
            text = words if place == 0 else ""
            more = {k: v for k, v in what.items() if k not in ("media", "text")}
            post = Standing(number, text, str(CHANNEL), str(reply), [one] if one else [], more)
            self.posts[number] = post
            made.append(self._message(int(number), text, one, reply))
        return _yes(made if method == "sendMediaGroup" else made[0])

    def _message(self, number: int, text: str, media: str, reply: int | str) -> dict[str, Any]:
        chat = self.chat | {"type": self.kind}
        date = int(clock.now().timestamp())
        made: dict[str, Any] = {"message_id": number, "date": date, "chat": chat}
        if reply:
            made["reply_to_message"] = {"message_id": reply, "date": date, "chat": chat}
        if not media:
            return made | {"text": text}
        file = {"file_id": f"f{number}", "file_unique_id": f"u{number}", "width": 9, "height": 9}
        shown = {"video": file | {"duration": 3}} if media.endswith(".mp4") else {"photo": [file]}
        return made | shown | ({"caption": text} if text else {})


def _media(method: str, what: dict[str, Any]) -> tuple[list[str], str]:
    if method == "sendMediaGroup":
        kinds = [one["type"] for one in what["media"]]
        assert set(kinds) <= {"photo", "video"}, kinds
        return [one["media"] for one in what["media"]], what["media"][0].get("caption", "")
    if method == "sendMessage":
        return [], what["text"]
    return [what[method[4:].lower()]], what.get("caption", "")


def _yes(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _no(code: int, words: str, **parameters: Any) -> web.Response:
    said: dict[str, Any] = {"ok": False, "error_code": code, "description": words}
    if parameters:
        said["parameters"] = parameters
    return web.json_response(said, status=code)
