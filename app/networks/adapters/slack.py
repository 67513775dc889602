"""Slack, through an incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-
webhooks). It answers "ok" and no more: no number, nothing to read back, nothing to delete."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import regex

from app import http
from app.networks import (
    Account,
    Field,
    Grant,
    Idempotency,
    Limits,
    Network,
    Offer,
    Option,
    Parcel,
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
)
from app.networks.asking import LOST, ask

PATH = regex.compile(r"^/services/(T[A-Z0-9]{2,20})/(B[A-Z0-9]{2,20})/([A-Za-z0-9]{10,64})/?$")
SECTION = 3000  # characters of a section block, escapes included
ALIVE = ("no_text", "missing_text_or_fallback_or_attachments", "invalid_payload")
DEAD = {
    "no_service": "The webhook was removed in Slack.",
    "no_service_id": "The webhook was removed in Slack.",
    "no_active_hooks": "The webhook was switched off in Slack.",
    "invalid_token": "Slack does not know the webhook's address.",
    "no_team": "Slack does not know the workspace.",
    "team_disabled": "The workspace was switched off.",
    "channel_not_found": "The channel is gone.",
    "channel_is_archived": "The channel was archived.",
    "action_prohibited": "The workspace's administrators do not allow it.",
    "posting_to_general_channel_denied": "Only some may post to that channel.",
}


class Slack(Network):
    slug = "slack"
    name = "Slack"
    words = "A channel of a workspace, through an incoming webhook."
    api = "https://hooks.slack.com"
    fields = (
        Field(
            "url",
            "Webhook address",
            "password",
            "In Slack: your app, Incoming Webhooks, Add New Webhook to Workspace.",
            "https://hooks.slack.com/services/…",
        ),
        Field("channel", "Channel", "text", "How we shall call it here.", "#news"),
    )
    options = (Option("hide_preview", "Hide previews of links", "switch"),)
    limits = Limits(
        graphemes=4000,
        bytes=None,
        images=10,
        image_bytes=10_000_000,
        image_side=4000,
        alt_graphemes=2000,
    )
    idempotency = Idempotency.BLIND

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        keys = _keys(answers.get("url", ""), self.api)
        if keys is None:
            return Refused(
                "A webhook's address looks like https://hooks.slack.com/services/… .", field="url"
            )
        trouble = await self._try(web, Grant(keys, None))
        if trouble:
            return Refused(trouble.reason, field="url")
        name = answers.get("channel", "").strip()[:80] or "Slack"
        team, hook = keys["team"], keys["hook"]
        url = f"https://app.slack.com/client/{team}"
        account = Account("slack", "slack.com", f"{team}/{hook}", name, name, url)
        return account, Grant(keys, None)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return await self._try(web, grant)

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return Refused(
            "a webhook is removed in Slack, in the settings of the app that it belongs to"
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
        if not all(picture.url for picture in piece.pictures):
            return Refused("Slack can't fetch pictures from this instance.", permanent=True)
        shown = not piece.options.get("hide_preview")
        made: dict[str, Any] = {"text": escape(piece.text)}
        made |= {"unfurl_links": shown, "unfurl_media": shown}
        if piece.pictures:
            made["blocks"] = [*map(_section, sections(piece.text)), *map(_image, piece.pictures)]
        return made

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        """Slack gives the message no name that we could know; ours stands in for it."""
        answer = await self._send(web, grant, parcel.record)
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status == 200:
            return Published(parcel.key, "") if answer.body == b"ok" else Unknown(LOST)
        return _refusal(answer)

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        return Refused(
            "A webhook can't take a message back. Delete it in Slack by hand.", permanent=True
        )

    async def _try(self, web: http.Client, grant: Grant) -> Refused | Unknown | None:
        """A message without words is refused in other words than a webhook that is gone."""
        answer = await self._send(web, grant, {"text": ""})
        if isinstance(answer, Refused | Unknown):
            return answer
        return None if _word(answer) in ALIVE else _refusal(answer)

    async def _send(
        self, web: http.Client, grant: Grant, what: dict[str, Any]
    ) -> http.Answer | Refused | Unknown:
        keys = grant.secrets
        path = f"/services/{keys['team']}/{keys['hook']}/{keys['secret']}"
        return await ask(web, "POST", self.api + path, json=what)


def _keys(typed: str, api: str) -> dict[str, str] | None:
    """The three parts of a webhook's address; the last one is the secret."""
    try:
        parts = urlsplit(typed.strip())
        is_slacks = parts.netloc.lower() in ("hooks.slack.com", urlsplit(api).netloc)
    except ValueError:
        return None
    found = PATH.match(parts.path)
    return {"team": found[1], "hook": found[2], "secret": found[3]} if found and is_slacks else None


def escape(words: str) -> str:
    """The three characters that Slack's markup reserves; so no <!channel> calls anybody
    (docs.slack.dev/messaging/formatting-message-text)."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def sections(words: str) -> list[str]:
    """Escaped stretches that each fit a section block, cut between words where there are any."""
    made = [""]
    for word in regex.findall(r"\S{1,500}\s?|\s", words):
        piece = escape(word)
        if len(made[-1]) + len(piece) > SECTION:
            made.append("")
        made[-1] += piece
    return [one for one in made if one.strip()]


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def _image(picture: Picture) -> dict[str, Any]:
    return {"type": "image", "image_url": picture.url, "alt_text": picture.alt or "Picture"}


def _word(answer: http.Answer) -> str:
    return answer.body[:80].decode("ascii", "replace").strip()


def _refusal(answer: http.Answer) -> Refused:
    word = _word(answer)
    if word in DEAD or answer.status in (403, 404, 410):
        why = DEAD.get(word, "Slack does not take messages for this channel any more.")
        return Refused(f"{why} Connect it again with a new webhook.", reconnect=True)
    known = word if regex.match(r"^[a-z_]+$", word) else str(answer.status)
    return Refused(f"Slack refused it: {known}", permanent=True)
