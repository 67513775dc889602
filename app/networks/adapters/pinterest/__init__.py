"""Pinterest: each board is a channel. It has no key against sending twice; the board's pins can be
read back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Away,
    Count,
    Door,
    Grant,
    Idempotency,
    Limits,
    Network,
    Offer,
    Option,
    Parcel,
    Partly,
    Piece,
    Published,
    Refused,
    Unknown,
    Way,
    oauth,
)
from app.networks.adapters.pinterest import media, reading, wire
from app.networks.asking import LOST
from app.networks.media import JPEG, PNG

TAKEN_BACK = Refused(
    "Pinterest no longer lets AllStac into this account. Connect it again.", reconnect=True
)
BOARD_GONE = Refused(wire.NO_BOARD, reconnect=True)
NO_BOARDS = Refused("This account has no board yet. Make one at Pinterest, then connect again.")
NEEDS_MEDIA = Refused("A pin needs a picture or a video.", permanent=True)
NO_LINK = Refused("Where a pin leads to has to begin with https://.", permanent=True)


class Pinterest(Network):
    slug = "pinterest"
    name = "Pinterest"
    words = "Pins with a picture or a video, on a board of yours."
    ways = (Way.AWAY,)
    api = "https://api.pinterest.com/v5"
    site = wire.SITE
    needs_app = True
    scopes = ("boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read")
    options = (
        Option("title", "Title", "text", most=100, drawn="title"),
        Option("link", "Where the pin leads to", "text", "A web address.", most=2048),
        Option("cover", "Cover of a video", "text", "The second that shows; 0 at first.", most=5),
    )
    limits = Limits(
        graphemes=800,
        bytes=None,
        images=5,
        image_bytes=8_000_000,
        image_side=3000,
        alt_graphemes=500,
        image_types=(JPEG, PNG),
        videos=1,
        video_bytes=100_000_000,  # it goes up in one request; Pinterest itself would take 2 GB
        video_seconds=900,
        needs_media=True,
    )
    idempotency = Idempotency.LIST
    # Its figures may not be stored, so it is never asked: policy.pinterest.com/developer-guidelines,
    # "you may not store any information accessed through any Pinterest Materials including the API"
    metrics_kept = timedelta()
    why_untold = "Its rules forbid us to keep figures, so it is not asked."

    def count(self, words: str, limits: Limits | None = None) -> Count:
        """In code points, as the contract's `maxLength` is counted."""
        used, most = len(words), self.limits.graphemes
        if used <= most:
            return Count(used, most)
        return Count(used, most, f"{self.name} allows {most} characters; this is {used}.")

    async def begin(self, web: http.Client, answers: dict[str, str], door: Door) -> Away | Refused:
        scopes = ",".join(self.scopes)
        return Away(oauth.authorize_url(f"{self.sign_in_at()}/oauth/", door, (), scope=scopes), {})

    async def finish(
        self, web: http.Client, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
    ) -> tuple[Offer, ...] | Refused:
        code = oauth.code_of(said)
        if isinstance(code, Refused):
            return code
        keys = await oauth.exchange(web, f"{self.api}/oauth/token", door, code, basic=True)
        if isinstance(keys, Refused):
            return keys
        grant = replace(wire.grant(keys), app=door.app)
        api = wire.Api(web, self.api, grant)
        me = await api.told("GET", "/user_account")
        boards = await api.listed("/boards") if isinstance(me, dict) else me
        if not isinstance(me, dict) or not isinstance(boards, tuple):
            return Refused(boards.reason if isinstance(boards, Refused | Unknown) else LOST)
        try:
            offers = [(wire.board(one, str(me["username"])), grant) for one in boards[0]]
        except (KeyError, TypeError):
            return Refused("Pinterest did not say whose account this is. Try again.")
        return tuple(offers) or NO_BOARDS

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown:
        where, token = f"{self.api}/oauth/token", grant.secrets.get("refresh", "")
        said = await oauth.renew(web, where, grant.app, token, basic=True)
        if isinstance(said, Refused) and "refresh token" in said.reason.lower():
            return TAKEN_BACK  # Pinterest's own words for RFC 6749's invalid_grant
        return said if isinstance(said, Refused | Unknown) else wire.grant(said, grant)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        """The keys, and whether the board still stands. A token that is refused before its time
        was taken back."""
        api = wire.Api(web, self.api, grant)
        answer = await api.ask("GET", f"/boards/{account.account_id}")
        if isinstance(answer, Refused) and answer.stale_token:
            over = grant.expires_at is not None and grant.expires_at <= clock.now()
            return answer if over else TAKEN_BACK
        if isinstance(answer, Refused | Unknown):
            return answer
        if answer.status == 404:
            return BOARD_GONE
        return wire.refusal(answer) if answer.status >= 300 else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        for name in ("refresh", "access"):
            where, token = f"{self.api}/oauth/token/revoke", grant.secrets.get(name, "")
            trouble = await oauth.revoke(web, where, grant.app, token, basic=True)
            if trouble is not None:
                return trouble
        return None

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        """The whole pin; what Pinterest is to fetch or to be given goes with it."""
        link = piece.options.get("link", "")
        if link and not link.lower().startswith(("https://", "http://")):
            return NO_LINK
        if piece.video:
            source = await media.video(wire.Api(web, self.api, grant), piece, piece.video, so_far)
            if not isinstance(source, dict):
                return source
        elif piece.pictures:
            source = media.pictures(piece)
        else:
            return NEEDS_MEDIA
        pin = _words(piece) | ({"link": link} if link else {})
        return pin | {"board_id": account.account_id, "media_source": source}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        said = await wire.Api(web, self.api, grant).told("POST", "/pins", json=parcel.record)
        if isinstance(said, Refused | Unknown):
            return said
        return wire.published(str(said["id"])) if said.get("id") else Unknown(LOST)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        return await reading.find(wire.Api(web, self.api, grant), account, parcel)

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        answer = await wire.Api(web, self.api, grant).ask("DELETE", f"/pins/{external_id}")
        if isinstance(answer, Refused | Unknown):
            return answer
        return wire.refusal(answer) if answer.status >= 300 and answer.status != 404 else None


def _words(piece: Piece) -> dict[str, str]:
    alt = piece.video.alt if piece.video else piece.pictures[0].alt
    title = piece.options.get("title", "")
    said = {"description": piece.text, "title": title, "alt_text": alt}
    return {name: value for name, value in said.items() if value}
