"""From a name to the servers that speak for it: handle, DID, repository, authorization server
(atproto.com/specs/handle, /specs/did, /specs/oauth)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import regex

from app import http
from app.networks import Refused, Unknown
from app.networks.adapters.bluesky import wire
from app.networks.asking import ask

DID = regex.compile(r"^did:(?:plc:[a-z2-7]{24}|web:[a-zA-Z0-9.%-]+)$")
NO_SERVER = Refused("That server does not let people sign in this way.", field="host")
NO_HANDLE = Refused("No account of that name was found.", field="handle")


@dataclass(frozen=True)
class Issuer:
    """An authorization server, by its own metadata (RFC 8414)."""

    name: str
    authorize: str
    push: str
    token: str
    revoke: str


async def did_of(web: http.Client, host: str, handle: str) -> str | Refused:
    """The lasting name behind a handle, asked of a server that resolves handles."""
    where = wire.url(host, "identity.resolveHandle")
    said = await _read(web, where, handle=handle)
    did = str(said.get("did", "")) if said else ""
    if not DID.match(did):
        name = await ask(web, "GET", f"https://{handle}/.well-known/atproto-did")
        did = name.body.decode("ascii", "replace").strip() if isinstance(name, http.Answer) else ""
    return did if DID.match(did) else NO_HANDLE


async def server_of(web: http.Client, directory: str, did: str) -> str | Refused:
    """The server that keeps the account's repository, from its DID document."""
    if did.startswith("did:plc:"):
        said = await _read(web, f"{directory}/{did}")
    else:
        said = await _read(web, f"https://{unquote(did[8:])}/.well-known/did.json")
    for service in (said or {}).get("service", []):
        if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
            found = str(service.get("serviceEndpoint", "")).rstrip("/")
            parts = urlsplit(found)
            if parts.scheme in ("https", "http") and parts.hostname:
                return found
    return NO_HANDLE


async def issuer_for(web: http.Client, server: str) -> Issuer | Refused:
    """The authorization server of a repository's server, or of an entryway that is one itself."""
    said = await _read(web, f"{server}/.well-known/oauth-protected-resource")
    named = (said or {}).get("authorization_servers")
    base = str(named[0]).rstrip("/") if isinstance(named, list) and named else server
    meta = await _read(web, f"{base}/.well-known/oauth-authorization-server")
    if not meta or meta.get("issuer") != base:
        return NO_SERVER
    if not meta.get("authorization_response_iss_parameter_supported"):
        return NO_SERVER
    names = ("authorization", "pushed_authorization_request", "token", "revocation")
    found = [str(meta.get(f"{name}_endpoint", "")) for name in names]
    return Issuer(base, *found) if all(found[:3]) else NO_SERVER


async def _read(web: http.Client, url: str, **params: str) -> dict[str, Any] | None:
    answer = await ask(web, "GET", url, params=params or None)
    if isinstance(answer, Refused | Unknown) or answer.status != 200:
        return None
    try:
        said = answer.json()
    except http.Unreadable:
        return None
    return said if isinstance(said, dict) else None
