"""Discord, through a webhook of a channel (docs.discord.com/developers/resources/webhook). It can
read and delete a message by its number, but not list messages and has no key against repeats, so
an outcome that nobody knows is for a person to look at."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import regex

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
from app.networks.adapters.discord import figures, wire
from app.networks.asking import LOST, ask
from app.networks.measuring import Measured, each

HIDE_PREVIEWS, SILENT = 1 << 2, 1 << 12  # message flags
NO_MENTIONS: dict[str, list[str]] = {"parse": []}  # an @everyone in a text stays text
NUMBER = regex.compile(r"^[0-9]{15,21}$")


class Discord(Network):
    """The parts of a thread follow each other in the channel: webhooks can't answer a message."""

    slug = "discord"
    name = "Discord"
    words = "A channel of a server, through a webhook made for it."
    api = "https://discord.com/api/v10"
    fields = (
        Field(
            "url",
            "Webhook address",
            "password",
            "In Discord: the channel's settings, Integrations, Webhooks, New webhook, Copy webhook"
            " URL. Make one for AllStac alone; it is deleted there when you disconnect.",
            "https://discord.com/api/webhooks/…",
        ),
    )
    options = (
        Option("title", "Title", "text", "Only for forum channels.", most=100, drawn="title"),
        Option("thread", "Thread", "text", "The number of a thread in the channel.", most=21),
        Option("silent", "Send without a notification", "switch"),
        Option("hide_preview", "Hide previews of links", "switch"),
    )
    limits = Limits(
        graphemes=2000,
        bytes=None,
        images=10,
        image_bytes=http.MOST,
        image_side=4000,
        alt_graphemes=1024,
        thread=25,
    )
    idempotency = Idempotency.BLIND
    tells = figures.TELLS
    measure_batch = figures.BATCH

    def count(self, words: str, limits: Limits | None = None) -> Count:
        return text.count_units(words, self.name, (limits or self.limits).graphemes)

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        keys = wire.keys(answers.get("url", ""), self.api)
        if keys is None:
            return Refused(
                "A webhook's address looks like https://discord.com/api/webhooks/… .", field="url"
            )
        grant = Grant(keys, None)
        answer = await wire.call(web, self.api, grant, "GET")
        if isinstance(answer, Refused | Unknown):
            words = "Discord does not know this webhook." if answer == wire.GONE else answer.reason
            return Refused(words, field="url")
        try:
            return wire.account(answer.json()), grant
        except (http.Unreadable, KeyError, TypeError, AttributeError):
            return Refused("Discord's answer could not be read.", field="url")

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        answer = await wire.call(web, self.api, grant, "GET")
        return answer if isinstance(answer, Refused | Unknown) else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        """The webhook is deleted; what it posted stays."""
        answer = await wire.call(web, self.api, grant, "DELETE")
        return answer if isinstance(answer, Refused | Unknown) and answer != wire.GONE else None

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Refused | Unknown:
        """Discord takes pictures only together with the message, so the record says where they are
        fetched from when it leaves."""
        thread = piece.options.get("thread", "").strip()
        if thread and not NUMBER.match(thread):
            return Refused("A thread's number has 15 to 21 digits.", permanent=True)
        flags = (SILENT if piece.options.get("silent") else 0) | (
            HIDE_PREVIEWS if piece.options.get("hide_preview") else 0
        )
        message: dict[str, Any] = {"content": piece.text, "allowed_mentions": NO_MENTIONS}
        if flags:
            message["flags"] = flags
        title = piece.options.get("title", "").strip()
        if title and not thread and not piece.place:
            message["thread_name"] = title[:100]
        pictures = [{"url": p.url, "type": p.type, "alt": p.alt} for p in piece.pictures]
        return {"message": message, "thread": thread, "pictures": pictures}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        files = await _fetched(web, parcel.record["pictures"])
        if isinstance(files, Refused):
            return files
        body = _body(parcel.record["message"], parcel.record["pictures"], files)
        thread = parcel.record["thread"]
        if parcel.before and "/" in parcel.before[0].external_id:
            thread = parcel.before[0].external_id.split("/")[0]
        where = {"wait": "true"} | ({"thread_id": thread} if thread else {})
        answer = await wire.call(web, self.api, grant, "POST", params=where, **body)
        if isinstance(answer, Refused | Unknown):
            return answer
        try:
            said = answer.json()
            return _published(account, str(said["channel_id"]), str(said["id"]))
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await each(ids, partial(figures.of_one, web, self.api, grant))

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        thread, _, message = external_id.rpartition("/")
        where = {"thread_id": thread} if thread else None
        answer = await wire.call(
            web, self.api, grant, "DELETE", f"/messages/{message}", params=where
        )
        return answer if isinstance(answer, Refused | Unknown) else None


def _published(account: Account, channel: str, message: str) -> Published:
    """A message in a thread is named together with it: nothing finds it by its number alone."""
    in_thread = channel != account.facts.get("room")
    url = f"https://discord.com/channels/{account.facts.get('parent')}/{channel}/{message}"
    return Published(f"{channel}/{message}" if in_thread else message, url)


async def _fetched(web: http.Client, pictures: list[dict[str, str]]) -> list[bytes] | Refused:
    bodies = []
    for picture in pictures:
        answer = await ask(web, "GET", picture["url"])
        if not isinstance(answer, http.Answer) or answer.status != 200:
            return Refused(
                "A picture could not be read from this instance's own address.",
                not_sent=True,
                prepare_again=True,
            )
        bodies.append(answer.body)
    return bodies


def _body(
    message: dict[str, Any], pictures: list[dict[str, str]], files: list[bytes]
) -> dict[str, Any]:
    """JSON, or multipart with the message as `payload_json` and the alt texts in it
    (docs.discord.com/developers/reference, "Uploading Files")."""
    if not files:
        return {"json": message}
    names = [f"{n}.{p['type'].partition('/')[2]}" for n, p in enumerate(pictures)]
    told = [
        {"id": str(n), "filename": name, "description": picture["alt"]}
        for n, (name, picture) in enumerate(zip(names, pictures, strict=True))
    ]
    whole = json.dumps(message | {"attachments": told})
    parts = [http.Part("payload_json", whole, type="application/json")]
    for n, (name, body) in enumerate(zip(names, files, strict=True)):
        parts.append(http.Part(f"files[{n}]", body, name, pictures[n]["type"]))
    return {"parts": parts}
