"""Through the window where a person says yes to one of Meta's networks, as a browser goes."""

from urllib.parse import parse_qsl, urlsplit

from app.networks import App, Away, Door
from tests.networks.contract import Case
from tests.servers.doubles.meta import CLIENT, SECRET

APP = App(CLIENT, SECRET)


def go(case: Case, door: Door) -> dict[str, str]:
    """What the network sends the person back with."""
    away = case.run(lambda web: case.network.begin(web, {}, door))
    assert isinstance(away, Away)
    answer = case.run(lambda web: web.send("GET", away.url))
    assert answer.status == 302, answer.body
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
