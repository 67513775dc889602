"""LinkedIn, for people and for the pages that they manage. A page's own posts can be read back; a
person's can't, so for a person only they can tell. The same words twice are refused (422)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import regex

from app import clock, http
from app.networks import (
    Absent,
    Account,
    Away,
    Count,
    Door,
    Field,
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
from app.networks.adapters.linkedin import building, figures, pages, reading, wire, wording
from app.networks.asking import LOST
from app.networks.measuring import Measured
from app.networks.media import JPEG, PNG

PERSON = ("openid", "profile", "w_member_social")
PAGES = (
    *("w_organization_social", "r_organization_social", "rw_organization_admin"),
    "r_member_postAnalytics",  # of the same product at LinkedIn as pages
)
SETTLED = timedelta(minutes=10)  # a post that was taken can be read within this
NAMED = regex.compile(r"urn:li:(?:share|ugcPost|activity):\d+")


class LinkedIn(Network):
    slug = "linkedin"
    name = "LinkedIn"
    words = "Your profile, and the pages that you manage."
    equal_texts = "LinkedIn refuses a text that stands there already (DUPLICATE_POST)."
    ways = (Way.AWAY,)
    api = "https://api.linkedin.com"
    site = wire.SITE
    needs_app = True
    scopes = (*PERSON, *PAGES)
    fields = (
        Field(
            "pages",
            "Also offer the pages that I manage",
            "switch",
            "LinkedIn then asks you for more permissions.",
            required=False,
        ),
    )
    options = (
        Option(
            "audience",
            "Who sees it",
            "choice",
            "A page's posts are always seen by anyone.",
            (("", "Anyone"), ("CONNECTIONS", "Connections only")),
        ),
    )
    limits = Limits(
        graphemes=3000,
        bytes=None,
        images=20,
        image_bytes=5_000_000,
        image_side=4096,
        alt_graphemes=4000,
        image_types=(JPEG, PNG),
        videos=1,
        video_bytes=500_000_000,
        video_seconds=1800,
        comment=True,
    )
    idempotency = Idempotency.LIST
    tells = figures.TELLS
    tells_audience = True
    measure_batch = figures.BATCH
    metrics_kept = figures.KEPT

    def limits_of(self, account: Account, options: Mapping[str, str] | None = None) -> Limits:
        most = super().limits_of(account, options)
        return replace(most, comment=pages.is_page(account))

    def idempotency_of(self, account: Account) -> Idempotency:
        return Idempotency.LIST if pages.is_page(account) else Idempotency.BLIND

    def count(self, words: str, limits: Limits | None = None) -> Count:
        """In UTF-16 units, as LinkedIn's own counter does."""
        most, used = self.limits.graphemes, len(words.encode("utf-16-le", "surrogatepass")) // 2
        if used <= most:
            return Count(used, most)
        return Count(used, most, f"{self.name} allows {most} characters; this is {used}.")

    async def begin(self, web: http.Client, answers: dict[str, str], door: Door) -> Away | Refused:
        wanted = answers.get("pages", "")
        scopes = self.scopes if wanted else PERSON
        url = oauth.authorize_url(f"{self.sign_in_at()}/oauth/v2/authorization", door, scopes)
        return Away(url, {"pages": wanted})

    async def finish(
        self, web: http.Client, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
    ) -> tuple[Offer, ...] | Refused:
        if said.get("error") == "unauthorized_scope_error":
            return Refused(wording.NO_PAGES)
        code = oauth.code_of(said)
        if isinstance(code, Refused):
            return code
        keys = await oauth.exchange(web, f"{self.sign_in_at()}/oauth/v2/accessToken", door, code)
        if isinstance(keys, Refused):
            return keys
        grant = replace(wire.grant(keys), app=door.app)
        accounts = await pages.accounts(wire.Api(web, self.api, grant), bool(kept.get("pages")))
        if isinstance(accounts, Refused | Unknown):
            return Refused(accounts.reason)
        return tuple((account, grant) for account in accounts)

    async def refresh(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Grant | Refused | Unknown:
        """Only approved partners get a refresh token; without one the keys last as they are."""
        token = grant.secrets.get("refresh", "")
        if not token:
            over = grant.expires_at is not None and grant.expires_at <= clock.now()
            return wire.TAKEN_BACK if over else grant
        said = await oauth.renew(web, f"{self.sign_in_at()}/oauth/v2/accessToken", grant.app, token)
        return said if isinstance(said, Refused | Unknown) else wire.grant(said, grant)

    async def check(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return await pages.check(wire.Api(web, self.api, grant), account)

    async def revoke(
        self, web: http.Client, account: Account, grant: Grant
    ) -> Refused | Unknown | None:
        return Refused(wording.BY_HAND)

    async def prepare(
        self,
        web: http.Client,
        account: Account,
        grant: Grant,
        piece: Piece,
        at: datetime,
        so_far: dict[str, Any],
    ) -> dict[str, Any] | Partly | Refused | Unknown:
        if piece.is_comment:
            over = self.count(piece.text).used > wording.COMMENT
            return Refused(wording.LONG, permanent=True) if over else {"comment": piece.text}
        if pages.is_page(account) and piece.options.get("audience"):
            return Refused(wording.ONLY_PUBLIC, permanent=True)
        made = await building.post(wire.Api(web, self.api, grant), account, piece, so_far)
        return {"text": piece.text, "post": made} if isinstance(made, dict) else made

    async def publish(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Refused | Unknown:
        api = wire.Api(web, self.api, grant)
        path, body = _asked(account, parcel)
        answer = await api.ask("POST", path, json=body)
        if isinstance(answer, Refused | Unknown):
            return answer
        twin = NAMED.search(str(wire.body(answer).get("message", "")))
        if answer.status == 422 and "DUPLICATE_POST" in answer.body.decode("utf-8", "replace"):
            return await self._twin(api, account, parcel, twin.group() if twin else "")
        if answer.status >= 300:
            return wire.refusal(answer)
        id = answer.headers.get("x-restli-id", "")
        if answer.status != 201 or not id:
            return Unknown(LOST)
        return wire.published(f"urn:li:comment:({body['object']},{id})" if "object" in body else id)

    async def find(
        self, web: http.Client, account: Account, grant: Grant, parcel: Parcel
    ) -> Published | Absent | Refused | Unknown:
        api = wire.Api(web, self.api, grant)
        if "comment" in parcel.record:
            return await reading.comment(api, account, parcel)
        return await reading.post(api, account, parcel)

    async def measure(
        self, web: http.Client, account: Account, grant: Grant, ids: Sequence[str]
    ) -> Measured | Refused | Unknown:
        return await figures.measure(wire.Api(web, self.api, grant), account, ids)

    async def audience(
        self, web: http.Client, account: Account, grant: Grant
    ) -> int | Refused | Unknown | None:
        return await figures.audience(wire.Api(web, self.api, grant), account)

    async def delete(
        self, web: http.Client, account: Account, grant: Grant, external_id: str
    ) -> Refused | Unknown | None:
        path = f"/rest/posts/{wire.urn(external_id)}"
        if external_id.startswith("urn:li:comment:("):
            parent, id = external_id[len("urn:li:comment:(") : -1].rsplit(",", 1)
            path = f"/rest/socialActions/{wire.urn(parent)}/comments/{id}"
            path += f"?actor={wire.urn(account.account_id)}"
        answer = await wire.Api(web, self.api, grant).ask("DELETE", path, rest="DELETE")
        if isinstance(answer, Refused | Unknown):
            return answer
        return wire.refusal(answer) if answer.status >= 300 and answer.status != 404 else None

    async def _twin(
        self, api: wire.Api, account: Account, parcel: Parcel, urn: str
    ) -> Published | Refused | Unknown:
        """LinkedIn names a post with the same words. It may be our own lost first try, another
        post, or the shadow of a deleted one, which has a new name each time and can't be read:
        so for a page the named post is looked at, and for a person nobody but they can tell."""
        link = wire.published(urn).url if urn else wire.SITE
        if urn in parcel.taken:
            return Refused(wording.SAME_WORDS.format(link), permanent=True)
        if not urn or not pages.is_page(account):
            return Unknown(wording.LOOK.format(link))
        answer = await api.ask("GET", f"/rest/posts/{wire.urn(urn)}")
        if isinstance(answer, Refused | Unknown):
            return Unknown(answer.reason)
        if answer.status == 200:
            ours = reading.is_ours(wire.body(answer), parcel)
            return (
                wire.published(urn)
                if ours
                else Refused(wording.SAME_WORDS.format(link), permanent=True)
            )
        old = clock.now() - parcel.at > SETTLED
        return Refused(wording.GHOST, permanent=True) if old else Unknown(wording.LOOK.format(link))


def _asked(account: Account, parcel: Parcel) -> tuple[str, dict[str, Any]]:
    if "comment" not in parcel.record:
        return "/rest/posts", parcel.record["post"]
    under, words = parcel.before[-1].external_id, {"text": parcel.record["comment"]}
    body = {"actor": account.account_id, "object": under, "message": words}
    return f"/rest/socialActions/{wire.urn(under)}/comments", body
