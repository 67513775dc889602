"""What Discord tells a webhook of its own message: the reactions to it
(docs.discord.com/developers/resources/message; `reactions` is left out where there are none)."""

from app import http
from app.networks import Absent, Figures, Grant, Refused, Unknown
from app.networks.adapters.discord import wire
from app.networks.asking import LOST
from app.networks.figures import of_each

TELLS = frozenset({"likes"})
BATCH = 5  # a webhook may be asked five times in two seconds


async def of_one(
    web: http.Client, api: str, grant: Grant, id: str
) -> Figures | Absent | Refused | Unknown:
    thread, _, message = id.rpartition("/")
    where = {"thread_id": thread} if thread else None
    answer = await wire.call(web, api, grant, "GET", f"/messages/{message}", params=where)
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status != 200:
        return Absent()
    try:
        said = answer.json()
        return Figures(likes=of_each(one["count"] for one in said.get("reactions") or ()))
    except (http.Unreadable, KeyError, TypeError, AttributeError):
        return Unknown(LOST)
