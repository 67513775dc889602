"""Requests that prove who sends them (RFC 9449): each carries a token signed with the grant's own key,
so that stolen keys open nothing."""

import hashlib
import secrets
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from app import clock, http
from app.networks.oauth import unpadded

TRIES = 2  # a server may want its newest nonce once (RFC 9449 8)
MOST_NONCES = 1000
_nonces: dict[str, str] = {}  # by origin; the servers' own, no secrets


def new_key() -> dict[str, Any]:
    """A private P-256 key as a JWK (RFC 7517)."""
    return dict(ECKey.generate_key("P-256").as_dict(private=True))


def public(key: dict[str, Any]) -> dict[str, Any]:
    """The half of it that others may see."""
    return dict(ECKey.import_key(key).as_dict(private=False))


def sign(key: dict[str, Any], kind: str, claims: dict[str, Any], **header: Any) -> str:
    """A JSON web token by ES256 (RFC 7515, RFC 7518 3.4)."""
    return jwt.encode({"alg": "ES256", "typ": kind} | header, claims, ECKey.import_key(key))


def proof(key: dict[str, Any], method: str, url: str, token: str, nonce: str) -> str:
    """RFC 9449 4.2. `token`: the access token that it goes with, by its hash."""
    parts = urlsplit(url)
    claims = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": f"{parts.scheme}://{parts.netloc}{parts.path}",
        "iat": int(clock.now().timestamp()),
    }
    if nonce:
        claims["nonce"] = nonce
    if token:
        claims["ath"] = unpadded(hashlib.sha256(token.encode("ascii")).digest())
    return sign(key, "dpop+jwt", claims, jwk=public(key))


class Proving(http.Client):
    """The guarded client, with a proof on each request. A request that is refused for its nonce was
    not looked at by the server, and is sent once more."""

    def __init__(self, web: http.Client, key: dict[str, Any], token: str = "") -> None:
        super().__init__(allow_private=web.allow_private)
        self._web, self._key, self._token = web, key, token

    async def send(self, method: str, url: str, **what: Any) -> http.Answer:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        given = dict(what.pop("headers", None) or {})
        for left in reversed(range(TRIES)):
            nonce = _nonces.get(origin, "")
            headers = given | {"DPoP": proof(self._key, method, url, self._token, nonce)}
            answer = await self._web.send(method, url, headers=headers, **what)
            if not (_learn(origin, answer) and left and _wants_nonce(answer)):
                break
        return answer


def _learn(origin: str, answer: http.Answer) -> bool:
    """Remember the newest nonce of a server; True when it gave one."""
    if told := answer.headers.get("DPoP-Nonce", "")[:500]:
        if len(_nonces) > MOST_NONCES:
            _nonces.clear()
        _nonces[origin] = told
    return bool(told)


def _wants_nonce(answer: http.Answer) -> bool:
    """An authorization server says so in its body, a resource server in a header (RFC 9449 8, 9)."""
    if answer.status not in (400, 401):
        return False
    told = answer.headers.get("WWW-Authenticate", "")
    return "use_dpop_nonce" in told or b"use_dpop_nonce" in answer.body[:2000]
