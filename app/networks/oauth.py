"""Asking for keys by OAuth: what is the same at every network (RFC 6749, RFC 7636, RFC 7009, RFC
9207). Endpoints, scopes and what else a network wants come from its adapter."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from app import clock, http
from app.networks import App, Door, Refused, Unknown
from app.networks.asking import LOST, ask

NO_YES = "The network did not send the yes with you. Start again."
NO_KEYS = "The network's answer holds no keys. Try again, or tell the operator."
OTHER_ISSUER = "The answer comes from another server than the one that was asked. Start again."
UNKNOWN_APP = Refused("The network does not know this instance's app. Tell the operator.")
DENIED = {
    "access_denied": "You or the network said no, so nothing was connected.",
    "user_denied": "You said no at the network, so nothing was connected.",
    "user_cancelled_login": "You left the sign-in at the network, so nothing was connected.",
    "user_cancelled_authorize": "You said no at the network, so nothing was connected.",
    "temporarily_unavailable": "The network is too busy right now. Try again in a few minutes.",
    "server_error": "The network had a fault of its own. Try again in a few minutes.",
    "invalid_scope": "The network does not grant what AllStac asks for; its app there lacks it.",
    "unauthorized_client": "The network does not let this instance ask. Tell the operator.",
}


def verifier() -> str:
    """A secret that proves, with the code, that the same client asks (RFC 7636 4.1: 43 to 128
    characters; these are 256 bits)."""
    return secrets.token_urlsafe(32)


def challenge(verifier: str) -> str:
    """S256 of it (RFC 7636 4.2)."""
    return unpadded(hashlib.sha256(verifier.encode("ascii")).digest())


def unpadded(raw: bytes) -> str:
    """base64url without the signs at its end (RFC 7636 appendix A)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def authorize_url(endpoint: str, door: Door, scopes: tuple[str, ...], **more: str) -> str:
    """Where the person is asked (RFC 6749 4.1.1). Scopes are parted by spaces; `more` adds
    parameters or puts others in their place, such as `scope` with commas."""
    asked = {
        "response_type": "code",
        "client_id": door.app.client_id if door.app else "",
        "redirect_uri": door.redirect_uri,
        "scope": " ".join(scopes),
        "state": door.state,
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked | more)}"


def code_of(said: Mapping[str, str]) -> str | Refused:
    """The code that the network sent the person back with, or its no in plain words (4.1.2.1)."""
    if error := said.get("error", ""):
        told = said.get("error_description", "")[:300]
        return Refused(DENIED.get(error) or f"The network said no ({told or error[:100]}).")
    return said.get("code", "") or Refused(NO_YES)


def other_issuer(kept: Mapping[str, str], said: Mapping[str, str]) -> Refused | None:
    """A mix-up (RFC 9207 2.4). An adapter whose server declares
    `authorization_response_iss_parameter_supported` keeps `issuer`."""
    wanted = kept.get("issuer", "")
    return Refused(OTHER_ISSUER) if wanted and said.get("iss", "") != wanted else None


async def exchange(
    web: http.Client,
    endpoint: str,
    door: Door,
    code: str,
    verifier: str = "",
    *,
    basic: bool = False,
    **more: str,
) -> dict[str, Any] | Refused:
    """The token response for a code (RFC 6749 4.1.3). `basic`: the client's secret goes in the
    Authorization header, else in the body (2.3.1)."""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": door.redirect_uri}
    if verifier:
        body["code_verifier"] = verifier
    said = await _tokens(web, endpoint, door.app, body | more, basic)
    return Refused(said.reason) if isinstance(said, Unknown) else said


async def renew(
    web: http.Client,
    endpoint: str,
    app: App | None,
    refresh_token: str,
    *,
    basic: bool = False,
    **more: str,
) -> dict[str, Any] | Refused | Unknown:
    """A token response for a refresh token (RFC 6749 6). Only `invalid_grant` disconnects."""
    body = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return await _tokens(web, endpoint, app, body | more, basic)


async def revoke(
    web: http.Client,
    endpoint: str,
    app: App | None,
    token: str,
    *,
    basic: bool = False,
    **more: str,
) -> Refused | Unknown | None:
    """Make a token worthless (RFC 7009 2.1); one that is unknown there is worthless already."""
    answer = await _post(web, endpoint, app, {"token": token} | more, basic)
    if isinstance(answer, Refused | Unknown):
        return answer
    return None if answer.status < 300 else _no(answer)


def ends(said: Mapping[str, Any], name: str = "expires_in") -> datetime | None:
    """When a token of this response runs out (5.1: seconds from now); None when it isn't told."""
    seconds = str(said.get(name, ""))
    if not (seconds.isascii() and seconds.isdecimal()) or int(seconds) == 0:
        return None
    return clock.now() + timedelta(seconds=min(int(seconds), 10 * 366 * 86_400))


async def _tokens(
    web: http.Client, endpoint: str, app: App | None, body: dict[str, str], basic: bool
) -> dict[str, Any] | Refused | Unknown:
    answer = await _post(web, endpoint, app, body, basic)
    if isinstance(answer, Refused | Unknown):
        return answer
    if answer.status != 200:
        return _no(answer)
    try:
        said = answer.json()
    except http.Unreadable:
        return Unknown(LOST)
    if isinstance(said, dict) and isinstance(said.get("access_token"), str):
        return said
    return _no(answer) if isinstance(said, dict) and "error" in said else Refused(NO_KEYS)


async def _post(
    web: http.Client, endpoint: str, app: App | None, body: dict[str, str], basic: bool
) -> http.Answer | Refused | Unknown:
    headers = {"Accept": "application/json"}
    if app and basic and app.client_secret:
        pair = f"{quote_plus(app.client_id)}:{quote_plus(app.client_secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif app:
        body = {"client_id": app.client_id} | body
        if app.client_secret:
            body = {"client_secret": app.client_secret} | body
    # A line that was used before may be dead, and a lost answer costs the keys.
    return await ask(web, "POST", endpoint, form=body, headers=headers, once=True)


def _no(answer: http.Answer) -> Refused:
    """A refusal by its code (5.2); Meta nests it, so its code 190 is an `invalid_grant` too."""
    try:
        said = answer.json()
    except http.Unreadable:
        said = {}
    said = said if isinstance(said, dict) else {}
    error = said.get("error", said.get("error_type", ""))
    nested = error if isinstance(error, dict) else {}
    told = nested.get("message") or said.get("error_description") or said.get("error_message")
    told = told or said.get("message")
    if error == "invalid_grant" or nested.get("code") == 190:
        return Refused("The network does not take these keys any more.", reconnect=True)
    if error in ("invalid_client", "unauthorized_client"):
        return UNKNOWN_APP
    why = str(told or (error if isinstance(error, str) and error else answer.status))
    return Refused(f"The network gave no keys: {why[:300]}")
