"""Telegram channels and groups through a bot (core.telegram.org/bots/api). Bots can't read a
channel back, so an outcome that nobody knows is for a person to look at."""

from datetime import datetime
from typing import Any

from app import http
from app.networks import (
    Account,
    Count,
    Field,
    Grant,
    Idempotency,
    Limits,
    Network,
    Offer,
    Option,
    Parcel,
    Piece,
    Published,
    Refused,
    Unknown,
    text,
)
from app.networks.adapters.telegram import wire
from app.networks.asking import LOST


class Telegram(Network):
    """Pictures and videos are fetched by Telegram from this instance; it shows no alt text."""

    slug = "telegram"
    name = "Telegram"
    words = "A channel or group, through a bot of your own."
    api = "https://api.telegram.org"
    fields = (
        Field(
            "token",
            "Bot token",
            "password",
            "@BotFather gives it to you after /newbot.",
            "123456789:AA…",
        ),
        Field(
            "channel",
            "Channel",
            "text",
            "Its public name, or its number when it is private. The bot has to be an"
            " administrator of it.",
            "@your_channel",
        ),
    )
    options = (
        Option("silent", "Send without a sound", "switch"),
        Option("hide_preview", "Hide the preview of the first link", "switch"),
    )
    limits = Limits(
        graphemes=4096,
        bytes=None,
        images=10,
        image_bytes=5_000_000,
        image_side=5000,
        alt_graphemes=1000,
        videos=1,
        video_bytes=20_000_000,
        video_seconds=3600,
        mixed=True,
        thread=25,
        caption=1024,
    )
    idempotency = Idempotency.BLIND

    def count(self, words: str, limits: Limits | None = None) -> Count:
        most = limits or self.limits
        beside = ", beside a picture or video," if most.graphemes == self.limits.caption else ""
        return text.count_units(words, self.name + beside, most.graphemes)

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        token = answers.get("token", "").strip()
        wanted = wire.clean_channel(answers.get("channel", ""))
        if not wire.TOKEN.match(token):
            return Refused("A bot token looks like 123456789:AA… .", field="token")
        if not wire.CHANNEL.match(wanted):
            return Refused("A channel looks like @your_channel or -1001234567890.", field="channel")
        grant = Grant({"token": token}, None)
        me = await wire.call(web, self.api, grant, "getMe")
        if isinstance(me, Refused | Unknown):
            words = "Telegram does not know this token." if me == wire.GONE_TOKEN else me.reason
            return Refused(words, field="token")
        chat = await wire.call(web, self.api, grant, "getChat", chat_id=wanted)
        if isinstance(chat, Refused | Unknown):
            return Refused(chat.reason, field="channel")
        return await self._offer(web, grant, me, chat)

    async def _offer(self, web: http.Client, grant: Grant, me: Any, chat: Any) -> Offer | Refused:
        try:
            if chat["type"] not in ("channel", "supergroup", "group"):
                return Refused("That is a person, not a channel or group.", field="channel")
            trouble = await wire.may_post(web, self.api, grant, chat, me["id"])
            if trouble:
                return Refused(trouble.reason, field="channel")
            return wire.account(chat), grant
        except (KeyError, TypeError):
            return Refused("Telegram's answer could not be read.", field="channel")

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        me = await wire.call(web, self.api, grant, "getMe")
        if isinstance(me, Refused | Unknown):
            return me
        chat = await wire.call(web, self.api, grant, "getChat", chat_id=int(account.account_id))
        if isinstance(chat, Refused | Unknown):
            return chat
        try:
            return await wire.may_post(web, self.api, grant, chat, me["id"])
        except (KeyError, TypeError):
            return Unknown(LOST)

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return Refused(
            "a bot token is taken back by its owner: send /revoke to @BotFather, or remove the bot"
            " from the channel"
        )

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Refused | Unknown:
        """Nothing is sent ahead: a record names the method and its parameters. Without
        `parse_mode` a text is taken as it is and Telegram finds links, tags and mentions itself."""
        media = [{"type": "photo", "media": one.url} for one in piece.pictures]
        if piece.video:
            media.append({"type": "video", "media": piece.video.url})
        if not all(one["media"] for one in media):
            return Refused("Telegram can't fetch pictures from this instance.", permanent=True)
        if problem := self.count(piece.text, self.limits.beside(media)).problem:
            return Refused(problem, permanent=True)
        quiet = {"disable_notification": True} if piece.options.get("silent") else {}
        return _method(piece, media) | {"quiet": quiet}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        record = parcel.record
        what = record["parameters"] | record["quiet"] | {"chat_id": int(account.account_id)}
        if parcel.before:
            above = int(parcel.before[-1].external_id.split(",")[0])
            what["reply_parameters"] = {"message_id": above, "allow_sending_without_reply": True}
        said = await wire.call(web, self.api, grant, record["method"], **what)
        if isinstance(said, Refused | Unknown):
            return said
        try:
            numbers = [
                int(one["message_id"]) for one in (said if isinstance(said, list) else [said])
            ]
            return Published(",".join(map(str, numbers)), wire.link(account, numbers[0]))
        except (KeyError, TypeError, ValueError, IndexError):
            return Unknown(LOST)

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        """`deleteMessages` passes over what is not there any more."""
        numbers = [int(one) for one in external_id.split(",")]
        chat = int(account.account_id)
        said = await wire.call(
            web, self.api, grant, "deleteMessages", chat_id=chat, message_ids=numbers
        )
        return said if isinstance(said, Refused | Unknown) else None


def _method(piece: Piece, media: list[dict[str, str]]) -> dict[str, Any]:
    """Text alone, one picture or video, or an album whose first piece carries the caption."""
    if not media:
        preview = {"is_disabled": bool(piece.options.get("hide_preview"))}
        parameters = {"text": piece.text, "link_preview_options": preview}
        return {"method": "sendMessage", "parameters": parameters}
    if len(media) == 1:
        kind = media[0]["type"]
        parameters = {kind: media[0]["media"], "caption": piece.text}
        return {"method": f"send{kind.capitalize()}", "parameters": parameters}
    album = [media[0] | {"caption": piece.text}, *media[1:]]
    return {"method": "sendMediaGroup", "parameters": {"media": album}}
