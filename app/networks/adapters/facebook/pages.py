"""The pages that a person manages, each with keys of its own. A page's token that was asked for with
a token for 60 days does not run out
(developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived)."""

from app.networks import Account, Grant, Offer, Refused, Unknown
from app.networks.adapters.meta.graph import Graph, Said, rows

SITE = "https://www.facebook.com"
FIELDS = "id,name,username,link,tasks,access_token"
MOST = 500  # pages, by a hundred
NONE = Refused(
    "Facebook names no page that you may write to. Connect again and tick your pages there, or ask"
    " the page's owner for the task of creating content."
)


async def managed(graph: Graph) -> tuple[Offer, ...] | Refused | Unknown:
    """Raises KeyError for an answer that lacks something."""
    person = await graph.get("me", fields="id")
    if isinstance(person, Refused | Unknown):
        return person
    found: list[Said] = []
    more: dict[str, str] = {}
    while len(found) < MOST:
        said = await graph.get("me/accounts", fields=FIELDS, limit="100", **more)
        if isinstance(said, Refused | Unknown):
            return said
        found += rows(said)
        after = said.get("paging", {}).get("cursors", {}).get("after")
        if not (after and said.get("paging", {}).get("next")):
            break
        more = {"after": str(after)}
    may = [page for page in found if "CREATE_CONTENT" in page.get("tasks", ("CREATE_CONTENT",))]
    return tuple(_offer(page, str(person["id"])) for page in may) or NONE


def _offer(page: Said, person: str) -> Offer:
    """`parent`: the person who gave the keys, by the id that callbacks about people use."""
    id, name = str(page["id"]), str(page["name"])
    url = str(page.get("link") or f"{SITE}/{id}")
    handle, facts = str(page.get("username") or name), {"kind": "page", "parent": person}
    account = Account("facebook", SITE, id, handle, name, url, facts)
    return account, Grant({"token": str(page["access_token"])}, None)
