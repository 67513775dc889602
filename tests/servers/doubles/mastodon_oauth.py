"""How keys are had at a Mastodon server, for its double (docs.joinmastodon.org: methods/apps,
methods/oauth, api/oauth-scopes; read on 2026-11-25)."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from app import clock
from tests.servers.doubles import Double

SCOPES = {"read:accounts", "read:statuses", "write:statuses", "write:media", "read", "write"}


def refuse(status: int, error: str) -> web.Response:
    return web.json_response({"error": error}, status=status)


class Keys(Double):
    """`knows_pkce`: servers before 4.3 don't; `knows_apps`: other software doesn't."""

    def reset(self) -> None:
        for kept in (self.faults, self.posts, self.seen, self.expired, self.revoked):
            kept.clear()
        self.apps: dict[str, dict[str, str]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, tuple[str, set[str]]] = {}  # client id, scopes
        self.knows_pkce = self.knows_apps = True

    def routes(self) -> list[web.RouteDef]:
        self.reset()
        return [
            web.get("/.well-known/oauth-authorization-server", self._metadata),
            web.post("/api/v1/apps", self._register),
            web.get("/oauth/authorize", self._authorize),
            web.post("/oauth/token", self._token),
            web.post("/oauth/revoke", self._revoke),
        ]

    def key(self, *scopes: str) -> dict[str, str]:
        """A key of alice's, as it is at the end of the way through the browser."""
        app = self._new_app("urn:ietf:wg:oauth:2.0:oob", " ".join(scopes))
        token = self._new_token(app["client_id"], " ".join(scopes))
        return {"token": token, **{name: app[name] for name in ("client_id", "client_secret")}}

    def say_yes(self, url: str) -> str:
        """What alice's browser does with the address; where it is sent back to."""
        parts = urlsplit(url)
        line = HTTPConnection(parts.netloc)
        line.request("GET", f"{parts.path}?{parts.query}")
        return line.getresponse().headers["Location"] or ""

    async def _metadata(self, request: web.Request) -> web.Response:
        if not self.knows_pkce:
            return web.Response(status=404)
        told = {"issuer": f"{self.url}/", "code_challenge_methods_supported": ["S256"]}
        return web.json_response(told | {"scopes_supported": sorted(SCOPES)})

    async def _register(self, request: web.Request) -> web.Response:
        if not self.knows_apps:
            return web.Response(status=404, text="<html>not here</html>")
        form = await request.post()
        if set(form) - {"client_name", "redirect_uris", "scopes", "website"}:
            return refuse(422, "Validation failed: unknown field")
        if not form.get("client_name") or "://" not in str(form.get("redirect_uris", "")):
            return refuse(422, "Validation failed: Redirect URI must be an absolute URI.")
        if not set(str(form.get("scopes", "")).split()) <= SCOPES:
            return refuse(422, "Validation failed: Scopes doesn't match configured on the server.")
        return web.json_response(self._new_app(str(form["redirect_uris"]), str(form["scopes"])))

    def _new_app(self, uri: str, scopes: str) -> dict[str, str]:
        app = {"client_id": secrets.token_hex(8), "client_secret": secrets.token_hex(16)}
        self.apps[app["client_id"]] = app | {"redirect_uri": uri, "scopes": scopes}
        return app

    async def _authorize(self, request: web.Request) -> web.Response:
        """Alice says yes at once."""
        asked = request.query
        app = self.apps.get(asked.get("client_id", ""))
        if app is None:
            return refuse(401, "Client authentication failed due to unknown client.")
        known = asked["redirect_uri"] == app["redirect_uri"] and asked["response_type"] == "code"
        if not known or not set(asked["scope"].split()) <= set(app["scopes"].split()):
            return refuse(400, "The requested scope is invalid, unknown, or malformed.")
        code = secrets.token_hex(8)
        self.codes[code] = dict(asked)
        back = urlencode({"code": code, "state": asked.get("state", "")})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{back}")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        app = self._app_of(form)
        if app is None:
            return web.json_response({"error": "invalid_client"}, status=401)
        if form["grant_type"] == "client_credentials":
            is_less = set(form["scope"].split()) <= set(app["scopes"].split())
            return self._tell_token(form, is_less)
        asked = self.codes.pop(form.get("code", ""), {})
        proven = asked.get("code_challenge", "") == _s256(form.get("code_verifier", ""))
        same = all(asked.get(name) == form[name] for name in ("client_id", "redirect_uri", "scope"))
        return self._tell_token(form, proven and same)

    def _tell_token(self, form: Mapping[str, str], is_well: bool) -> web.Response:
        if not is_well:
            told = {"error": "invalid_grant", "error_description": "The grant is invalid."}
            return web.json_response(told, status=400)
        token = self._new_token(form["client_id"], form["scope"])
        told = {"access_token": token, "token_type": "Bearer", "scope": form["scope"]}
        return web.json_response(told)

    def _new_token(self, client_id: str, scopes: str) -> str:
        token = secrets.token_hex(16)
        self.tokens[token] = client_id, set(scopes.split())
        return token

    async def _revoke(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        owner, _ = self.tokens.get(form["token"], ("", set()))
        if self._app_of(form) is None or owner not in ("", form["client_id"]):
            return web.json_response({"error": "unauthorized_client"}, status=403)
        self.revoked.add(form["token"])
        return web.json_response({})

    def _app_of(self, form: Mapping[str, str]) -> dict[str, str] | None:
        app = self.apps.get(form.get("client_id", ""))
        return app if app and app["client_secret"] == form.get("client_secret") else None

    def _for(self, scope: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        async def guarded(request: web.Request) -> web.Response:
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            _, scopes = self.tokens.get(token, ("", None))
            if scopes is None or token in self.revoked:
                return refuse(401, "The access token was revoked")
            if not scopes & {scope, scope.partition(":")[0]}:
                told = refuse(403, "This action is outside the authorized scopes")
                told.headers["WWW-Authenticate"] = (
                    'Bearer realm="Doorkeeper", error="invalid_scope"'
                )
                return told
            answer: web.Response = await handler(request)
            answer.headers["X-RateLimit-Limit"] = "300"
            answer.headers["X-RateLimit-Remaining"] = str(max(0, 300 - len(self.seen)))
            reset = clock.now() + timedelta(minutes=5)
            answer.headers["X-RateLimit-Reset"] = reset.isoformat().replace("+00:00", "Z")
            return answer

        return guarded


def _s256(verifier: str) -> str:
    if not verifier:
        return ""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
