"""X. It has no key against sending twice; the account's own posts can be read back, for money. It
refuses the same words twice, which hints at a lost reply and proves nothing."""

from collections.abc import Mapping, Sequence
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
from app.networks.adapters.x import counting, figures, media, reading, wire
from app.networks.asking import LOST
from app.networks.measuring import Measured

SAME_WORDS = (
    "X takes the same words only once for a while, and this account has posted these before."
    " Change them a little."
)
TWICE = "X says that it has these words already. We look whether that is this post."
SETTLED = timedelta(minutes=2)  # a post that was taken shows within this
TAKEN_BACK = Refused(
    "X no longer lets AllStac into this account. Connect it again.", reconnect=True
)


class X(Network):
    slug = "x"
    name = "X"
    words = "Posts, threads and replies on X. X bills the operator's developer app for each one."
    equal_texts = (
        "X refuses a text that it took from the account lately, and its rules forbid sending the same"
        " again and again. Leave it out of what comes again, or write other words each time."
    )
    ways = (Way.AWAY,)
    api = "https://api.x.com"
    site = wire.SITE
    needs_app = True
    scopes = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
    options = (
        Option(
            "replies",
            "Who may reply",
            "choice",
            choices=(
                ("", "Everyone"),
                ("following", "People you follow"),
                ("mentionedUsers", "People you mention"),
                ("subscribers", "Your subscribers"),
                ("verified", "Verified accounts"),
            ),
        ),
    )
    limits = Limits(
        graphemes=counting.LIMIT,
        bytes=None,
        images=4,
        image_bytes=5_000_000,
        image_side=4096,
        alt_graphemes=1000,
        videos=1,
        video_bytes=512_000_000,
        video_seconds=1200,
        thread=25,
        comment=True,
        link_characters=counting.LINK,
    )
    idempotency = Idempotency.LIST
    tells = figures.TELLS
    tells_audience = True
    measure_batch = figures.BATCH
    is_metered = True

    def count(self, words: str, limits: Limits | None = None) -> Count:
        return counting.count(words, self.name)

    async def begin(self, web: http.Client, answers: dict[str, str], door: Door) -> Away | Refused:
        secret = oauth.verifier()
        url = oauth.authorize_url(
            f"{self.sign_in_at()}/i/oauth2/authorize",
            door,
            self.scopes,
            code_challenge=oauth.challenge(secret),
            code_challenge_method="S256",
        )
        return Away(url, {"verifier": secret})

    async def finish(
        self, web: http.Client, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
    ) -> tuple[Offer, ...] | Refused:
        code = oauth.code_of(said)
        if isinstance(code, Refused):
            return code
        keys = await oauth.exchange(
            web, f"{self.api}/2/oauth2/token", door, code, kept.get("verifier", ""), basic=True
        )
        if isinstance(keys, Refused):
            return keys
        grant = replace(wire.grant(keys), app=door.app)
        me = await wire.Api(web, self.api, grant).told("GET", "/2/users/me")
        if isinstance(me, Refused | Unknown):
            return Refused(me.reason)
        try:
            return ((wire.account(me), grant),)
        except KeyError:
            return Refused("X did not say whose account this is. Try again.")

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown:
        where, token = f"{self.api}/2/oauth2/token", grant.secrets.get("refresh", "")
        said = await oauth.renew(web, where, grant.app, token, basic=True)
        if isinstance(said, Refused) and "token was invalid" in said.reason:  # X's invalid_grant
            return TAKEN_BACK
        return said if isinstance(said, Refused | Unknown) else wire.grant(said, grant)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        """Never refreshes, since a refresh token is good once. A token that X does not take before
        its time was taken back."""
        said = await wire.Api(web, self.api, grant).told("GET", "/2/users/me")
        if isinstance(said, Refused) and said.stale_token:
            over = grant.expires_at is not None and grant.expires_at <= clock.now()
            return said if over else TAKEN_BACK
        return said if isinstance(said, Refused | Unknown) else None

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        for name in ("refresh", "access"):
            where, token = f"{self.api}/2/oauth2/revoke", grant.secrets.get(name, "")
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
        api, ids = wire.Api(web, self.api, grant), list[str]()
        if piece.video:
            film = await media.video(api, piece.video, so_far)
            if not isinstance(film, str):
                return film
            ids = [film]
        elif piece.pictures:
            made = await media.pictures(api, piece)
            if not isinstance(made, list):
                return made
            ids = made
        replies = piece.options.get("replies", "") if piece.place == 0 else ""
        return {"text": piece.text, "media": ids, "replies": replies}

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        api = wire.Api(web, self.api, grant)
        answer = await api.ask("POST", "/2/tweets", json=_body(parcel))
        if isinstance(answer, Refused | Unknown):
            return answer
        if wire.is_duplicate(answer):
            return await self._twin(api, account, parcel)
        if answer.status >= 300:
            return wire.refusal(answer)
        try:
            return wire.published(account, str(answer.json()["data"]["id"]))
        except (http.Unreadable, KeyError, TypeError):
            return Unknown(LOST)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        return await reading.find(wire.Api(web, self.api, grant), account, parcel)

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await figures.measure(wire.Api(web, self.api, grant), ids)

    async def audience(
        self, web: http.Client, account: Account, grant: Grant
    ) -> int | Refused | Unknown | None:
        return await figures.audience(wire.Api(web, self.api, grant), account)

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        answer = await wire.Api(web, self.api, grant).ask("DELETE", f"/2/tweets/{external_id}")
        if isinstance(answer, Refused | Unknown):
            return answer
        return wire.refusal(answer) if answer.status >= 300 and answer.status != 404 else None

    async def _twin(self, api: wire.Api, account: Account, parcel: Parcel) -> Refused | Unknown:
        """The refusal may be the answer to our own lost first try, so at first nobody knows. Once
        that would show and does not, the twin is an older post."""
        young = clock.now() - parcel.at <= SETTLED
        if young or not isinstance(await reading.find(api, account, parcel), Absent):
            return Unknown(TWICE)
        return Refused(SAME_WORDS, permanent=True)


def _body(parcel: Parcel) -> dict[str, Any]:
    """docs.x.com/x-api/posts/create-post; X refuses a post that leaves its text out, even a bare
    picture's, while an empty one is well."""
    body: dict[str, Any] = {"text": parcel.record["text"]}
    if parcel.record["media"]:
        body["media"] = {"media_ids": parcel.record["media"]}
    if parcel.before:
        body["reply"] = {"in_reply_to_tweet_id": parcel.before[-1].external_id}
    elif parcel.record["replies"]:
        body["reply_settings"] = parcel.record["replies"]
    return body
