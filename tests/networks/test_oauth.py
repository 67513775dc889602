"""OAuth as every network speaks it (RFC 6749, 7636, 7009, 9207)."""

import asyncio
import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from aiohttp import web as served

from app import clock, http
from app.networks import App, Door, Refused, Unknown, oauth
from tests.servers.doubles import Double

APP = App("an id", "a/secret&more")
DOOR = Door("https://allstac.example/back", "st&te", APP)
TOKENS = {"access_token": "a1", "refresh_token": "r1", "expires_in": 7200}


class Server(Double):
    """A token endpoint that answers what it is told to."""

    status: int = 200
    said: Any = TOKENS

    def routes(self) -> list[served.RouteDef]:
        return [served.post("/token", self.token)]

    def is_publish(self, request: served.Request) -> bool:
        return True

    async def token(self, request: served.Request) -> served.StreamResponse:
        return served.json_response(self.said, status=self.status)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.seen[-1].body.decode(), keep_blank_values=True))


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    running.status, running.said = 200, TOKENS
    running.faults.clear()
    return running


def exchange(server: Server, verifier: str = "", *, basic: bool = False, **more: str) -> Any:
    async def run() -> Any:
        async with http.client(allow_private=True) as web:
            where = f"{server.url}/token"
            return await oauth.exchange(web, where, DOOR, "c1", verifier, basic=basic, **more)

    return asyncio.run(run())


def renew(server: Server, url: str = "") -> Any:
    async def run() -> Any:
        async with http.client(allow_private=True) as web:
            return await oauth.renew(web, url or f"{server.url}/token", APP, "r1")

    return asyncio.run(run())


def revoke(server: Server) -> Any:
    async def run() -> Any:
        async with http.client(allow_private=True) as web:
            return await oauth.revoke(web, f"{server.url}/token", APP, "a1")

    return asyncio.run(run())


def test_the_challenge_of_the_specification() -> None:
    """RFC 7636 appendix B."""
    known = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(known) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_verifier_is_long_and_never_the_same() -> None:
    made = {oauth.verifier() for _ in range(100)}
    assert len(made) == 100
    assert all(43 <= len(one) <= 128 for one in made)


def test_the_address_names_client_way_back_scopes_and_state() -> None:
    url = oauth.authorize_url(
        "https://net.example/authorize?v=2", DOOR, ("one", "two"), prompt="consent"
    )
    assert parse_qs(urlsplit(url).query) == {
        "v": ["2"],
        "response_type": ["code"],
        "client_id": ["an id"],
        "redirect_uri": ["https://allstac.example/back"],
        "scope": ["one two"],
        "state": ["st&te"],
        "prompt": ["consent"],
    }
    other = oauth.authorize_url("https://net.example/a", DOOR, ("one", "two"), scope="one,two")
    assert parse_qs(urlsplit(other).query)["scope"] == ["one,two"]


@pytest.mark.parametrize("error", ["access_denied", "server_error", "who_knows", "x" * 5000])
def test_a_no_at_the_network_is_said_in_plain_words(error: str) -> None:
    said = oauth.code_of({"error": error, "code": "c1", "state": "s"})
    assert isinstance(said, Refused)
    assert 10 < len(said.reason) < 400


def test_a_code_is_taken_and_none_is_a_refusal() -> None:
    assert oauth.code_of({"code": "c1"}) == "c1"
    assert isinstance(oauth.code_of({}), Refused)
    assert isinstance(oauth.code_of({"code": ""}), Refused)


def test_a_mix_up_is_seen_where_the_server_names_itself() -> None:
    kept = {"issuer": "https://one.example"}
    assert oauth.other_issuer(kept, {"iss": "https://one.example"}) is None
    assert isinstance(oauth.other_issuer(kept, {"iss": "https://two.example"}), Refused)
    assert isinstance(oauth.other_issuer(kept, {}), Refused)
    assert oauth.other_issuer({}, {"iss": "https://two.example"}) is None


def test_a_code_is_exchanged_with_the_secret_in_the_body(server: Server) -> None:
    assert exchange(server, "v1", audience="x") == TOKENS
    assert server.form == {
        "grant_type": "authorization_code",
        "code": "c1",
        "redirect_uri": "https://allstac.example/back",
        "code_verifier": "v1",
        "client_id": "an id",
        "client_secret": "a/secret&more",
        "audience": "x",
    }


def test_or_in_the_header_with_both_parts_encoded(server: Server) -> None:
    assert exchange(server, basic=True) == TOKENS
    sent = base64.b64decode(server.seen[-1].headers["Authorization"].removeprefix("Basic "))
    assert sent == b"an+id:a%2Fsecret%26more"
    assert "client_secret" not in server.form


@pytest.mark.parametrize(
    "said",
    [
        {"error": "invalid_grant"},
        {"error": {"message": "Session has expired", "code": 190}},
    ],
)
def test_only_a_dead_grant_asks_for_a_new_connection(server: Server, said: Any) -> None:
    server.status, server.said = 400, said
    answer = renew(server)
    assert isinstance(answer, Refused)
    assert answer.reconnect


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, {"error": "invalid_client"}),
        (400, {"error": "invalid_request", "error_description": "no"}),
        (400, {"error": {"message": "Some other thing", "code": 4}}),
        (400, {"error_type": "OAuthException", "error_message": "no"}),
        (404, "nothing here"),
        (200, {"token": "elsewhere"}),
        (200, ["a1"]),
        (200, {"error": "bad_verification_code"}),
    ],
)
def test_any_other_no_keeps_the_channel(server: Server, status: int, said: Any) -> None:
    server.status, server.said = status, said
    answer = renew(server)
    assert isinstance(answer, Refused)
    assert not answer.reconnect
    assert isinstance(exchange(server), Refused)


@pytest.mark.parametrize("fault", ["lose", "500 after", "garbage", "truncated"])
def test_a_lost_answer_to_a_refresh_is_not_knowing(server: Server, fault: str) -> None:
    server.faults.append(fault)
    assert isinstance(renew(server), Unknown)
    server.faults.append(fault)
    assert isinstance(exchange(server), Refused)


def test_nothing_sent_is_a_definite_no(server: Server) -> None:
    answer = renew(server, "http://127.0.0.1:9/token")
    assert isinstance(answer, Refused)
    assert answer.not_sent
    assert not answer.reconnect


def test_revoking_what_is_unknown_there_is_well(server: Server) -> None:
    assert revoke(server) is None
    assert server.form["token"] == "a1"
    server.status, server.said = 503, {}
    assert isinstance(revoke(server), Unknown)
    server.status, server.said = 400, {"error": "unsupported_token_type"}
    assert isinstance(revoke(server), Refused)


@pytest.mark.parametrize("told", [7200, "7200"])
def test_an_end_is_counted_from_now(told: Any) -> None:
    end = oauth.ends({"expires_in": told})
    assert end
    assert timedelta(seconds=7190) < end - clock.now() <= timedelta(seconds=7200)


@pytest.mark.parametrize("told", [None, 0, "soon", -5, "", 1.5, True])
def test_an_end_that_is_not_told_is_none(told: Any) -> None:
    assert oauth.ends({"expires_in": told}) is None


def test_an_absurd_end_does_not_break_anything() -> None:
    assert oauth.ends({"expires_in": 10**30})
