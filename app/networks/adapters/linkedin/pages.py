"""Who somebody is at LinkedIn, and which pages they manage
(.../community-management/organizations/organization-access-control-by-role)."""

from app.networks import Account, Refused, Unknown
from app.networks.adapters.linkedin import wire
from app.networks.asking import LOST

MAY_POST = ("ADMINISTRATOR", "CONTENT_ADMIN", "CONTENT_ADMINISTRATOR")
NO_LONGER = Refused("You no longer manage this page at LinkedIn.", reconnect=True)


def is_page(account: Account) -> bool:
    return account.facts.get("kind") == "organization"


async def accounts(api: wire.Api, with_pages: bool) -> list[Account] | Refused | Unknown:
    """The person, and their pages."""
    me = await api.told("GET", "/v2/userinfo")
    if isinstance(me, Refused | Unknown):
        return me
    managed = await _managed(api) if with_pages else []
    if isinstance(managed, Refused | Unknown):
        return managed
    names = ",".join(one.rsplit(":", 1)[-1] for one in managed)
    path = f"/rest/organizationsLookup?ids=List({names})"
    said = await api.told("GET", path) if names else {"results": {}}
    if isinstance(said, Refused | Unknown):
        return said
    try:
        return [wire.person(me), *(wire.page(one) for one in said["results"].values())]
    except (KeyError, TypeError, AttributeError):
        return Unknown(LOST)


async def check(api: wire.Api, account: Account) -> Refused | Unknown | None:
    """A person's keys open their profile; a page's also need the role."""
    if not is_page(account):
        me = await api.told("GET", "/v2/userinfo")
        return me if isinstance(me, Refused | Unknown) else None
    managed = await _managed(api)
    if isinstance(managed, Refused | Unknown):
        return managed
    return None if account.account_id in managed else NO_LONGER


async def _managed(api: wire.Api) -> list[str] | Refused | Unknown:
    path = "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=100"
    said = await api.told("GET", path, rest="FINDER")
    if isinstance(said, Refused | Unknown):
        return said
    try:
        found = [one["organization"] for one in said["elements"] if one["role"] in MAY_POST]
    except (KeyError, TypeError):
        return Unknown(LOST)
    return list(dict.fromkeys(found))
