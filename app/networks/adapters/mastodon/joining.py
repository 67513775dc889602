"""Connecting an account: this instance makes itself known at the server, then the person says yes
there (docs.joinmastodon.org/methods/apps, /methods/oauth)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app import http
from app.networks import Account, App, Away, Door, Grant, Offer, Refused, Unknown, oauth
from app.networks.adapters.mastodon.instance import look_at
from app.networks.adapters.mastodon.wire import message
from app.networks.asking import ask

NAME = "AllStac"
NO_ANSWER = Refused(
    "That server does not answer as it should right now. Try again in a few minutes.", field="host"
)
NOT_MASTODON = Refused(
    "That server does not answer as Mastodon does. Type the address that your browser shows when"
    " you are signed in there.",
    field="host",
)


async def register(
    web: http.Client, host: str, door: Door, scopes: tuple[str, ...]
) -> App | Refused:
    """Known to the server by name and redirect address from now on."""
    about = {
        "client_name": NAME,
        "redirect_uris": door.redirect_uri,
        "scopes": " ".join(scopes),
        "website": door.base_url,
    }
    url = f"{host}/api/v1/apps"
    answer = await ask(web, "POST", url, form={k: v for k, v in about.items() if v}, once=True)
    if isinstance(answer, Refused):
        return Refused(answer.reason, field="host")
    if isinstance(answer, Unknown):
        return NO_ANSWER
    try:
        said = answer.json()
        return App(said["client_id"], said["client_secret"])
    except (http.Unreadable, KeyError, TypeError):
        if answer.status in (403, 422):
            return Refused(f"The server does not let AllStac in: {message(answer)}", field="host")
        return NOT_MASTODON


async def begin(web: http.Client, host: str, door: Door, scopes: tuple[str, ...]) -> Away | Refused:
    """With a proof of possession (RFC 7636) where the server says that it knows it."""
    if door.app is None or not await _is_known(web, host, door.app, scopes):
        made = await register(web, host, door, scopes)
        if isinstance(made, Refused):
            return made
        door = replace(door, app=made)
    assert door.app
    kept = {"host": host, "client_id": door.app.client_id, "client_secret": door.app.client_secret}
    server = await _metadata(web, host)
    if server.get("authorization_response_iss_parameter_supported") is True:
        kept["issuer"] = str(server.get("issuer", ""))
    proof = {}
    if "S256" in (server.get("code_challenge_methods_supported") or ()):
        kept["verifier"] = oauth.verifier()
        proof["code_challenge"] = oauth.challenge(kept["verifier"])
        proof["code_challenge_method"] = "S256"
    return Away(oauth.authorize_url(f"{host}/oauth/authorize", door, scopes, **proof), kept)


async def _is_known(web: http.Client, host: str, app: App, scopes: tuple[str, ...]) -> bool:
    """Servers forget apps: Mastodon before 4.3 those without a key, snac after a revocation. A key
    for the app alone tells, and keeps an old Mastodon from forgetting."""
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
        "scope": scopes[0],
    }
    answer = await ask(web, "POST", f"{host}/oauth/token", form=form, once=True)
    return not (isinstance(answer, http.Answer) and answer.status == 401)


async def _metadata(web: http.Client, host: str) -> dict[str, Any]:
    """RFC 8414; Mastodon has it since 4.3. Empty when there is none."""
    answer = await ask(web, "GET", f"{host}/.well-known/oauth-authorization-server")
    if isinstance(answer, Refused | Unknown) or answer.status != 200:
        return {}
    try:
        said = answer.json()
    except http.Unreadable:
        return {}
    return said if isinstance(said, dict) else {}


async def finish(
    web: http.Client,
    door: Door,
    kept: Mapping[str, str],
    said: Mapping[str, str],
    scopes: tuple[str, ...],
) -> tuple[Offer, ...] | Refused:
    """The one account that the person is signed in with there. The key remembers the app that it
    was given to, without which it can't be revoked."""
    if refused := oauth.other_issuer(kept, said):
        return refused
    code = oauth.code_of(said)
    if isinstance(code, Refused):
        return code
    app = {"client_id": kept["client_id"], "client_secret": kept["client_secret"]}
    door = replace(door, app=App(**app))
    endpoint, verifier = f"{kept['host']}/oauth/token", kept.get("verifier", "")
    tokens = await oauth.exchange(web, endpoint, door, code, verifier, scope=" ".join(scopes))
    if isinstance(tokens, Refused):
        return tokens
    account = await _introduce(web, kept["host"], tokens["access_token"])
    if isinstance(account, Refused):
        return account
    return ((account, Grant({"token": tokens["access_token"]} | app, None)),)


async def _introduce(web: http.Client, host: str, token: str) -> Account | Refused:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{host}/api/v1/accounts/verify_credentials"
    answer = await ask(web, "GET", url, headers=headers)
    if isinstance(answer, Refused | Unknown):
        return NO_ANSWER
    instance = await look_at(web, host)
    if instance is None:
        return NOT_MASTODON
    try:
        said = answer.json()
        handle = f"{said['username']}@{instance.domain}"
        name = str(said.get("display_name") or said["username"])
        address = str(said.get("url") or "")
        return Account("mastodon", host, str(said["id"]), handle, name, address, instance.facts)
    except (http.Unreadable, KeyError, TypeError):
        return Refused(f"The server does not say who you are: {message(answer)}")
