"""What LinkedIn counts: of a page's posts its share statistics (learn.microsoft.com/linkedin/marketing/
community-management/organizations/share-statistics, for the page's administrators), of a person's
own their post statistics (.../members/post-statistics, with `r_member_postAnalytics`)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.http import Answer
from app.networks import Absent, Account, Figures, Refused, Unknown, asking
from app.networks.adapters.linkedin import wire
from app.networks.adapters.linkedin.pages import is_page
from app.networks.asking import LOST
from app.networks.figures import whole
from app.networks.measuring import Measured, each

TELLS = frozenset({"impressions", "reach", "likes", "replies", "reposts", "clicks"})
KEPT = timedelta(days=365)  # .../marketing/data-storage-requirements: reporting data of pages
BATCH = 20
OF_PERSON = {
    "impressions": "IMPRESSION",
    "reach": "MEMBERS_REACHED",
    "likes": "REACTION",
    "replies": "COMMENT",
    "reposts": "RESHARE",
}


async def measure(
    api: wire.Api, account: Account, ids: Sequence[str]
) -> Measured | Refused | Unknown:
    return await (of_page(api, account, ids) if is_page(account) else of_person(api, ids))


async def of_page(
    api: wire.Api, account: Account, ids: Sequence[str]
) -> Measured | Refused | Unknown:
    """LinkedIn leaves out posts that nobody has seen yet and those that are gone: nothing is told of
    what is left out."""
    found: Measured = {}
    for kind, name in (("share", "shares"), ("ugcPost", "ugcPosts")):
        chosen = [id for id in ids if id.startswith(f"urn:li:{kind}:")]
        said = await _statistics(api, account, name, chosen) if chosen else {}
        if isinstance(said, Refused | Unknown):
            return found or said
        found |= said
    return found


async def of_person(api: wire.Api, ids: Sequence[str]) -> Measured | Refused | Unknown:
    async def ask(id: str) -> Figures | Absent | Refused | Unknown:
        return await _own(api, id)

    return await each([id for id in ids if _entity(id)], ask)


async def audience(api: wire.Api, account: Account) -> int | Refused | Unknown | None:
    """Of a page (.../organizations/organization-lookup-api, "Retrieve organization follower count")."""
    if not is_page(account):
        return None
    urn = wire.urn(account.account_id)
    said = await api.told("GET", f"/rest/networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER")
    return whole(said.get("firstDegreeSize")) if isinstance(said, dict) else said


async def _statistics(
    api: wire.Api, account: Account, name: str, ids: Sequence[str]
) -> Measured | Refused | Unknown:
    page, those = wire.urn(account.account_id), ",".join(wire.urn(id) for id in ids)
    path = "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
    path += f"&organizationalEntity={page}&{name}=List({those})"
    said = await api.told("GET", path, rest="FINDER")
    if isinstance(said, Refused | Unknown):
        return said
    key = name.removesuffix("s")
    try:
        rows = said["elements"]
        return {str(one[key]): _figures(one["totalShareStatistics"]) for one in rows if key in one}
    except (KeyError, TypeError, AttributeError):
        return Unknown(LOST)


def _figures(told: dict[str, Any]) -> Figures:
    return Figures(
        impressions=whole(told.get("impressionCount")),
        reach=whole(told.get("uniqueImpressionsCount")),
        likes=whole(told.get("likeCount")),
        replies=whole(told.get("commentCount")),
        reposts=whole(told.get("shareCount")),
        clicks=whole(told.get("clickCount")),
    )


def _entity(id: str) -> str:
    """A post as that call names it: `(share:urn)` or `(ugc:urn)`; nothing for a comment."""
    kind = {"urn:li:share:": "share", "urn:li:ugcPost:": "ugc"}
    return next((f"({kind[head]}:{wire.urn(id)})" for head in kind if id.startswith(head)), "")


async def _own(api: wire.Api, id: str) -> Figures | Absent | Refused | Unknown:
    """One question for each figure; LinkedIn has no call for several."""
    told: dict[str, int | None] = {}
    for name, word in OF_PERSON.items():
        path = f"/rest/memberCreatorPostAnalytics?q=entity&entity={_entity(id)}"
        answer = await api.ask("GET", f"{path}&queryType={word}&aggregation=TOTAL", rest="FINDER")
        if isinstance(answer, Answer) and answer.status == 404:
            return Absent()
        said = asking.told(answer, wire.refusal)
        if isinstance(said, Refused | Unknown):
            return said
        rows = said.get("elements")
        first = rows[0] if isinstance(rows, list) and rows else {}
        told[name] = whole(first.get("count")) if isinstance(first, dict) else None
    return Figures(**told)
