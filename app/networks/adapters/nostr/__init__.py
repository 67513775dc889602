"""Nostr (github.com/nostr-protocol/nips). Exactly once: an event's id is the hash of what it says, so
a relay that gets it twice has it once. Published is what at least one relay accepted."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Field,
    Grant,
    Idempotency,
    Limits,
    Network,
    Offer,
    Option,
    Parcel,
    Partly,
    Picture,
    Piece,
    Published,
    Refused,
    Unknown,
    Video,
)
from app.networks.adapters.nostr import events, figures, keys, media, relays
from app.networks.measuring import Measured

SILENT = "None of the relays answers."


class Nostr(Network):
    slug = "nostr"
    name = "Nostr"
    words = "Notes on relays of your choice, signed with your key."
    fields = (
        Field(
            "nsec",
            "Your key",
            "password",
            "Whoever has the key is you there: it can't be changed or taken back. Without one, take"
            " the new key below.",
            "nsec1…",
            False,
        ),
        Field(
            "new_key",
            "Or a new key",
            "text",
            "If you use it, copy it to a safe place now: it is shown here and never again.",
            required=False,
            made=keys.new_nsec,
        ),
        Field("is_new", "Take the new key: I have a copy of it", "switch", "", required=False),
        Field(
            "relays",
            "Relays",
            "text",
            "Up to ten, with spaces between them.",
            "wss://relay.damus.io wss://nos.lol",
        ),
        Field(
            "media",
            "Media server",
            "host",
            "A Blossom server for pictures and videos. Without one they are served from here, for a"
            " day only.",
            "https://blossom.example",
            False,
        ),
    )
    options = (
        Option("warning", "Content warning", "text", "Why it is folded away at first.", most=100),
    )
    limits = Limits(
        graphemes=4000,
        bytes=None,
        images=10,
        image_bytes=5_000_000,
        image_side=4000,
        alt_graphemes=1000,
        videos=1,
        video_bytes=50_000_000,
        video_seconds=600,
        mixed=True,
        thread=25,
        comment=True,
    )
    idempotency = Idempotency.EXACT
    tells = figures.TELLS
    measure_batch = figures.BATCH

    async def connect(self, web: http.Client, answers: dict[str, str]) -> Offer | Refused:
        field = "new_key" if answers.get("is_new") else "nsec"
        secret = keys.secret(answers.get(field, ""))
        if secret is None:
            return Refused("A key looks like nsec1… .", field=field)
        chosen = relays.parse(answers.get("relays", ""))
        if not 1 <= len(chosen) <= relays.MOST_RELAYS:
            return Refused(f"Name one to {relays.MOST_RELAYS} relays.", field="relays")
        author = keys.public(secret)
        profile = {"authors": [author], "kinds": [0], "limit": 1}
        found = await relays.look(web, chosen, profile)
        if all(one is None for one in found):
            return Refused(SILENT, field="relays")
        server = answers.get("media", "").strip().rstrip("/")
        facts: dict[str, Any] = {"relays": chosen}
        if server:
            facts["endpoint"] = server if "://" in server else f"https://{server}"
        npub = keys.encode("npub", bytes.fromhex(author))
        name = _name(found, author) or f"{npub[:12]}…"
        url = f"https://njump.me/{npub}"
        account = Account("nostr", "nostr", author, f"{npub[:12]}…", name, url, facts)
        return account, Grant({"key": secret}, None)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        """A key can't run out; relays can be away."""
        wanted = {"authors": [account.account_id], "kinds": [0], "limit": 1}
        found = await relays.look(web, _relays(account), wanted)
        return Unknown(SILENT) if all(one is None for one in found) else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return Refused("a key of Nostr's can't be taken back: keep your own copy safe")

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        """Content and tags; one picture or video is put in its place at a time."""
        wanted: list[Picture | Video] = [*piece.pictures]
        wanted += [piece.video] if piece.video else []
        placed: list[list[str]] = so_far.get("placed", [])
        if len(placed) < len(wanted):
            tag = await media.place(web, account, grant, wanted[len(placed)], clock.now())
            if isinstance(tag, Refused | Unknown):
                return tag
            placed = [*placed, tag]
        if len(placed) < len(wanted):
            return Partly({"placed": placed})
        content, tags = events.written(piece.text)
        addresses = [tag[1].removeprefix("url ") for tag in placed]
        if reason := piece.options.get("warning", "").strip():
            tags.append(["content-warning", reason])
        return {"content": "\n".join([content, *addresses]).strip(), "tags": [*tags, *placed]}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        event = _event(account, grant, parcel)
        said = await relays.offer(web, _relays(account), event)
        relay = relays.outcome(said)
        if isinstance(relay, Refused | Unknown):
            return relay
        return _published(account, event["id"], relay, relays.told_by(said))

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        id = _event(account, grant, parcel)["id"]
        found = await relays.look(web, _relays(account), {"ids": [id]})
        for relay, here in zip(_relays(account), found, strict=True):
            if any(event["id"] == id for event in here or ()):
                return _published(account, id, relay)
        return Unknown(SILENT) if all(one is None for one in found) else Absent()

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await figures.measure(web, _relays(account), ids)

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        """A request (NIP-09): relays that keep to it forget the note, others may not."""
        tags = [["e", external_id], ["k", str(events.NOTE)]]
        event = events.sign(grant.secrets["key"], clock.now(), events.DELETION, tags, "")
        relay = relays.outcome(await relays.offer(web, _relays(account), event))
        return None if isinstance(relay, str) else relay


def _relays(account: Account) -> list[str]:
    return list(account.facts.get("relays") or ())


def _event(account: Account, grant: Grant, parcel: Parcel) -> events.Event:
    """The same from the same parcel, whenever it is made. Our key in a tag keeps two notes with the
    same words in the same second apart."""
    tags = [
        *parcel.record["tags"],
        *events.thread(parcel.before, account.account_id),
        ["client", "AllStac"],
        ["allstac", parcel.key],
    ]
    secret = grant.secrets["key"]
    return events.sign(secret, parcel.at, events.NOTE, tags, parcel.record["content"])


def _published(account: Account, id: str, relay: str, told: str = "") -> Published:
    where = keys.nevent(id, account.account_id, relay)
    return Published(id, f"https://njump.me/{where}", relay, told)


def _name(found: list[list[events.Event] | None], author: str) -> str:
    """From the newest profile (NIP-01, kind 0) that a relay has of the author."""
    known = [one for here in found for one in here or () if one["pubkey"] == author]
    for event in sorted(known, key=lambda one: -one["created_at"]):
        try:
            said = json.loads(event["content"])
            return str(said.get("display_name") or said.get("name") or "")[:80]
        except (ValueError, AttributeError):
            return ""
    return ""
