"""The OAuth code flow as doubles play it (RFC 6749, RFC 7636): a page that says yes at once, codes
that are good once, tokens, refresh, revocation. A vendor's double says what differs."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aiohttp import web

from tests.servers.doubles import Double

CLIENT = ("the-client", "the-secret")


@dataclass
class Yes:
    """What somebody said yes to: who, for which scopes, with which challenge."""

    person: str
    scopes: list[str]
    redirect_uri: str = ""
    challenge: str = ""


@dataclass
class Keys:
    codes: dict[str, Yes] = field(default_factory=dict)
    access: dict[str, Yes] = field(default_factory=dict)
    refresh: dict[str, Yes] = field(default_factory=dict)


class KeyDouble(Double):
    """A double with sign-in. `asks_challenge`: PKCE is a must; `basic`: the client names itself in
    the Authorization header, else in the form; `rotates`: a refresh token is good once."""

    asks_challenge = False
    basic = True
    rotates = True
    scope_mark = " "
    lifetime = 7200  # seconds
    person = "1"
    refusal = ("invalid_grant", "The token is not valid.")

    def __init__(self) -> None:
        self.keys = Keys()
        self.redirects = {"https://allstac.example/back"}
        self.known_scopes: set[str] = set()
        super().__init__()

    def start_over(self) -> None:
        """As it was at first, for the next test."""
        self.posts.clear()
        self.seen.clear()
        self.faults.clear()
        self.expired.clear()
        self.revoked.clear()

    def issue(self, *scopes: str, person: str = "") -> dict[str, Any]:
        """A token response, as if somebody had just said yes."""
        return self._give(Yes(person or self.person, list(scopes) or sorted(self.known_scopes)))

    def extra(self, yes: Yes) -> dict[str, Any]:
        """What this vendor adds to a token response."""
        return {}

    def _give(self, yes: Yes, refresh: str = "") -> dict[str, Any]:
        access, again = secrets.token_hex(12), refresh or secrets.token_hex(12)
        self.keys.access[access] = self.keys.refresh[again] = yes
        return {
            "token_type": "bearer",
            "access_token": access,
            "refresh_token": again,
            "expires_in": self.lifetime,
            "scope": " ".join(yes.scopes),
        } | self.extra(yes)

    def who(self, request: web.Request) -> Yes | None:
        """Who the bearer token belongs to; None when it is none, has run out or was taken back."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or token in self.expired | self.revoked:
            return None
        return self.keys.access.get(token)

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Says yes at once, or what is wrong with the question."""
        asked = request.query
        scopes = [one for one in asked.get("scope", "").split(self.scope_mark) if one]
        if asked.get("client_id") != CLIENT[0] or asked.get("redirect_uri") not in self.redirects:
            return web.Response(status=400, text="no such app or address")
        back: dict[str, str] = {"state": asked.get("state", "")}
        if asked.get("response_type") != "code" or not set(scopes) <= self.known_scopes:
            back["error"] = self.scope_error
        elif self.asks_challenge and asked.get("code_challenge_method") != "S256":
            back["error"] = "invalid_request"
        else:
            back["code"] = secrets.token_hex(12)
            challenge = asked.get("code_challenge", "")
            yes = Yes(self.person, scopes, asked["redirect_uri"], challenge)
            self.keys.codes[back["code"]] = yes
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(back)}")

    scope_error = "invalid_scope"

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if not self._is_client(request, form):
            return _no("invalid_client", "Who are you?", 401)
        if form.get("grant_type") == "authorization_code":
            yes = self.keys.codes.pop(str(form.get("code")), None)
            if yes is None or not _fits(yes, form):
                return _no("invalid_grant", "The code is not valid.")
            return web.json_response(self._give(yes))
        if form.get("grant_type") != "refresh_token":
            return _no("unsupported_grant_type", "What is that?")
        old = str(form.get("refresh_token"))
        yes = None if old in self.revoked else self.keys.refresh.get(old)
        if yes is None:
            return _no(*self.refusal)
        if self.rotates:
            del self.keys.refresh[old]
        return web.json_response(self._give(yes, "" if self.rotates else old))

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if not self._is_client(request, form):
            return _no("invalid_client", "Who are you?", 401)
        token = str(form["token"])
        self.keys.access.pop(token, None)
        self.keys.refresh.pop(token, None)
        return web.json_response({"revoked": True})

    def _is_client(self, request: web.Request, form: Any) -> bool:
        if not self.basic:
            return (form.get("client_id"), form.get("client_secret")) == CLIENT
        kind, _, pair = request.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return False
        id, _, secret = base64.b64decode(pair).decode().partition(":")
        return (unquote_plus(id), unquote_plus(secret)) == CLIENT


def _fits(yes: Yes, form: Any) -> bool:
    digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
    proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return form.get("redirect_uri") == yes.redirect_uri and yes.challenge in ("", proof)


def _no(error: str, words: str, status: int = 400) -> web.Response:
    return web.json_response({"error": error, "error_description": words}, status=status)
