"""Keys by OAuth, as the AT Protocol has it (atproto.com/specs/oauth): pushed requests (RFC 9126),
PKCE, DPoP, a client that is known by the address of its metadata. Refresh tokens are for one use:
one that is used twice ends the session."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from app import clock, http
from app.networks import App, Away, Door, Grant, Offer, Refused, Unknown, oauth
from app.networks.adapters.bluesky import dpop, identity, wire
from app.networks.adapters.bluesky.identity import Issuer
from app.networks.adapters.bluesky.wire import Repo
from app.networks.asking import ask

SCOPES = ("atproto", "transition:generic")
METADATA = "/oauth/bluesky/client-metadata.json"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PUBLIC_SESSION = timedelta(days=14)  # of a client without a key of its own; @atproto/oauth-provider
SESSION = timedelta(days=730)  # of one with a key
LOOPBACK = ("localhost", "127.0.0.1", "::1")
OTHER = Refused("The server vouches for another account than the one that you named. Start again.")
TAKEN_BACK = Refused("Bluesky does not take these keys any more.", reconnect=True)
UNSURE = Refused("That server does not speak for this account.")


def is_of(grant: Grant) -> bool:
    """Were these keys got by OAuth?"""
    return "key" in grant.secrets


def is_loopback(base_url: str) -> bool:
    return urlsplit(base_url).hostname in LOOPBACK


def new_app(base_url: str) -> App:
    """How this instance is known: by its metadata's address and a key of its own, or on a developer's
    machine as a client without either."""
    if is_loopback(base_url):
        return App("http://localhost")
    key = dpop.new_key() | {"kid": secrets.token_hex(8), "use": "sig"}
    return App(f"{base_url}{METADATA}", json.dumps(key))


def metadata(base_url: str, redirect_uri: str, name: str, app: App) -> dict[str, Any]:
    """The document that tells servers who we are (RFC 7591 2)."""
    key = json.loads(app.client_secret)
    shown = dpop.public(key) | {"kid": key["kid"], "use": "sig", "alg": "ES256"}
    return {
        "client_id": f"{base_url}{METADATA}",
        "client_name": name,
        "client_uri": base_url,
        "policy_uri": f"{base_url}/privacy",
        "redirect_uris": [redirect_uri],
        "scope": " ".join(SCOPES),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "dpop_bound_access_tokens": True,
        "jwks": {"keys": [shown]},
    }


async def begin(
    web: http.Client, directory: str, answers: dict[str, str], door: Door
) -> Away | Refused:
    handle, host = (
        wire.clean_handle(answers.get("handle", "")),
        wire.clean_host(answers.get("host", "")),
    )
    did = await identity.did_of(web, host, handle) if handle else ""
    if isinstance(did, Refused):
        return did
    server = await identity.server_of(web, directory, did) if did else host
    issuer = await identity.issuer_for(web, server) if isinstance(server, str) else server
    if isinstance(issuer, Refused):
        return issuer
    return await _push(web, issuer, door, did, handle)


async def _push(
    web: http.Client, issuer: Issuer, door: Door, did: str, handle: str
) -> Away | Refused:
    """The request goes to the server ahead; the person only carries its name (RFC 9126)."""
    key, verifier = dpop.new_key(), oauth.verifier()
    client_id = client_id_of(door, way_back(door))
    body = _request(door, client_id, verifier) | _assertion(door.app, client_id, issuer.name)
    if handle:
        body["login_hint"] = handle
    answer = await ask(dpop.Proving(web, key), "POST", issuer.push, form=body)
    if isinstance(answer, Refused | Unknown):
        return Refused(answer.reason, field="host")
    try:
        asked = {"client_id": client_id, "request_uri": str(answer.json()["request_uri"])}
    except (http.Unreadable, KeyError, TypeError):
        return Refused(f"The server did not take the request: {wire.message(answer)}", field="host")
    kept = {
        "issuer": issuer.name,
        "token_url": issuer.token,
        "revoke_url": issuer.revoke,
        "client_id": client_id,
        "key": json.dumps(key),
        "verifier": verifier,
        "did": did,
    }
    return Away(f"{issuer.authorize}?{urlencode(asked)}", kept)


def _request(door: Door, client_id: str, verifier: str) -> dict[str, str]:
    """What the person is asked (RFC 6749 4.1.1, RFC 7636 4.3)."""
    return {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": way_back(door),
        "scope": " ".join(SCOPES),
        "state": door.state,
        "code_challenge": oauth.challenge(verifier),
        "code_challenge_method": "S256",
    }


async def finish(
    web: http.Client, directory: str, door: Door, kept: Mapping[str, str], said: Mapping[str, str]
) -> tuple[Offer, ...] | Refused:
    code = oauth.code_of(said)
    if isinstance(code, Refused):
        return code
    if no := oauth.other_issuer(kept, said):
        return no
    proving = dpop.Proving(web, json.loads(kept["key"]))
    back = Door(way_back(door), door.state, App(kept["client_id"]))
    more = _assertion(door.app, kept["client_id"], kept["issuer"])
    told = await oauth.exchange(
        proving, kept["token_url"], back, code, kept["verifier"], basic=False, **more
    )
    if isinstance(told, Refused):
        return told
    did = str(told.get("sub", ""))
    if not identity.DID.match(did) or (kept["did"] and did != kept["did"]):
        return OTHER
    server = await identity.server_of(web, directory, did)
    issuer = await identity.issuer_for(web, server) if isinstance(server, str) else server
    if isinstance(server, Refused) or isinstance(issuer, Refused) or issuer.name != kept["issuer"]:
        return UNSURE
    life = SESSION if more else PUBLIC_SESSION
    grant = _grant(told, _lasting(kept), clock.now() + life)
    return await _introduce(web, server, did, grant)


async def _introduce(
    web: http.Client, server: str, did: str, grant: Grant | Refused
) -> tuple[Offer, ...] | Refused:
    """The account's name, by its own server."""
    if isinstance(grant, Refused):
        return grant
    nameless = wire.account(server, {"did": did, "handle": did})
    answer = await Repo(web, nameless, grant).ask("GET", "server.getSession")
    if isinstance(answer, Refused | Unknown):
        return Refused(answer.reason)
    try:
        named = answer.json()
        if named["did"] != did:
            return OTHER
        return ((wire.account(server, named), grant),)
    except (http.Unreadable, KeyError, TypeError):
        return Refused("That server does not speak Bluesky's language.")


async def refresh(web: http.Client, grant: Grant) -> Grant | Refused | Unknown:
    kept = grant.secrets
    proving, app = dpop.Proving(web, json.loads(kept["key"])), App(kept["client_id"])
    more = _assertion(grant.app, kept["client_id"], kept["issuer"])
    told = await oauth.renew(proving, kept["token_url"], app, kept["refresh"], basic=False, **more)
    if isinstance(told, Refused | Unknown):
        return told
    return _grant(told, kept, datetime.fromisoformat(kept["ends_at"]))


async def revoke(web: http.Client, grant: Grant) -> Refused | Unknown | None:
    kept = grant.secrets
    if not kept["revoke_url"]:
        return Refused("the server has no way to do that")
    proving, app = dpop.Proving(web, json.loads(kept["key"])), App(kept["client_id"])
    more = _assertion(grant.app, kept["client_id"], kept["issuer"])
    return await oauth.revoke(
        proving, kept["revoke_url"], app, kept["refresh"], basic=False, **more
    )


def way_back(door: Door) -> str:
    """A client on a developer's machine is sent back to an address, not to a name."""
    if not is_loopback(door.base_url):
        return door.redirect_uri
    parts = urlsplit(door.redirect_uri)
    return parts._replace(netloc=f"127.0.0.1{f':{parts.port}' if parts.port else ''}").geturl()


def client_id_of(door: Door, redirect_uri: str) -> str:
    if not is_loopback(door.base_url):
        return f"{door.base_url}{METADATA}"
    asked = {"redirect_uri": redirect_uri, "scope": " ".join(SCOPES)}
    return f"http://localhost?{urlencode(asked, quote_via=quote)}"


def _assertion(app: App | None, client_id: str, issuer: str) -> dict[str, str]:
    """What a client with a key shows instead of a secret (RFC 7523 2.2)."""
    if app is None or not app.client_secret:
        return {}
    key, now = json.loads(app.client_secret), int(clock.now().timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + 60,
    }
    signed = dpop.sign(key, "JWT", claims, kid=key["kid"])
    return {"client_assertion_type": ASSERTION, "client_assertion": signed}


def _lasting(kept: Mapping[str, str]) -> dict[str, str]:
    return {name: kept[name] for name in ("issuer", "token_url", "revoke_url", "client_id", "key")}


def _grant(told: Mapping[str, Any], kept: Mapping[str, str], ends_at: datetime) -> Grant | Refused:
    """The new keys; an empty refresh token never takes the place of one (RFC 6749 6)."""
    if str(told.get("token_type", "")).lower() != "dpop" or "atproto" not in str(
        told.get("scope", "")
    ):
        return Refused("The server gave keys of another kind than was asked for.")
    refresh = str(told.get("refresh_token") or kept.get("refresh", ""))
    if not refresh:
        return Refused("The server gave no keys that last.")
    renewed = {"access": told["access_token"], "refresh": refresh, "ends_at": ends_at.isoformat()}
    return Grant(dict(kept) | renewed, oauth.ends(told), ends_at)
