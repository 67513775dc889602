"""What a server counts of a status (docs.joinmastodon.org/entities/Status; quotes since 4.5). Nobody
there counts impressions or clicks."""

from typing import Any

from app import http
from app.networks import Absent, Figures, Refused, Unknown
from app.networks.adapters.mastodon.wire import Server, message
from app.networks.asking import told
from app.networks.figures import added, whole

TELLS = frozenset({"likes", "replies", "reposts"})
BATCH = 10


async def of_one(server: Server, id: str) -> Figures | Absent | Refused | Unknown:
    said = await _told(server, f"/api/v1/statuses/{id}")
    if not isinstance(said, dict):
        return said
    return Figures(
        likes=whole(said.get("favourites_count")),
        replies=whole(said.get("replies_count")),
        reposts=added(whole(said.get("reblogs_count")), whole(said.get("quotes_count"))),
    )


async def audience(server: Server) -> int | Refused | Unknown | None:
    said = await _told(server, "/api/v1/accounts/verify_credentials")
    if isinstance(said, Absent):
        return None
    if not isinstance(said, dict):
        return said
    count = whole(said.get("followers_count"))
    return None if count == 0 and _hides(server) else count


def _hides(server: Server) -> bool:
    """snac says 0 to everybody, whoever follows."""
    return "snac" in str(server.account.facts.get("software", ""))


async def _told(server: Server, path: str) -> dict[str, Any] | Absent | Refused | Unknown:
    answer = await server.ask("GET", path)
    if isinstance(answer, http.Answer) and answer.status in (404, 410):
        return Absent()
    return told(answer, _refusal)


def _refusal(answer: http.Answer) -> Refused:
    return Refused(f"The server does not tell: {message(answer)}")
