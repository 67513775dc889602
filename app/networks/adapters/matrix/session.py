"""How an account in a room is opened: a device of our own by password, or a token that was typed
(spec.matrix.org/v1.11/client-server-api, 5 "Client authentication")."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from app import http
from app.networks import Account, Grant, Offer, Refused, Unknown
from app.networks.adapters.matrix import wire
from app.networks.adapters.matrix.wire import Home

SEALED = (
    "That room is encrypted from end to end. Posts from here would stand there unencrypted, so it"
    " can't be connected. Make or choose a room without encryption."
)


async def open_room(web: http.Client, answers: dict[str, str]) -> Offer | Refused:
    typed = {name: value.strip() for name, value in answers.items()}
    room = typed.get("room", "").removeprefix("https://matrix.to/#/").split("?")[0]
    if not wire.ROOM.match(room):
        return Refused("A room looks like #garden:example.org or !abc:example.org.", field="room")
    person = wire.PERSON.match(typed.get("username", ""))
    server = typed.get("host") or (person.group(1) if person else "")
    if not server:
        return Refused("Name the server, or your whole name there.", field="host")
    host = await wire.discover(web, server)
    if isinstance(host, Refused):
        return host
    opened = await _sign_in(Home(web, host), typed)
    if isinstance(opened, Refused):
        return opened
    who, grant = opened
    home = Home(web, host, grant.secrets["access"])
    account = await _enter(home, who, room)
    if isinstance(account, Account):
        return account, grant
    if not typed.get("access_token"):
        await home.ask("POST", "client/v3/logout", json={})  # a device made for nothing
    return account


async def _sign_in(home: Home, typed: dict[str, str]) -> tuple[str, Grant] | Refused:
    """Who that is and the keys. The password is sent once and not kept."""
    if token := typed.get("access_token"):
        known = await replace(home, token=token).read("GET", "client/v3/account/whoami")
        if isinstance(known, Refused | Unknown):
            return Refused("The server does not know that access token.", field="access_token")
        return str(known.get("user_id", "")), Grant({"access": token}, None)
    if not (typed.get("username") and typed.get("password")):
        words = "Type your name and password there, or an access token."
        return Refused(words, field="username")
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": typed["username"]},
        "password": typed["password"],
        "initial_device_display_name": wire.DEVICE,
        "refresh_token": True,
    }
    answer = await home.ask("POST", "client/v3/login", json=body)
    if isinstance(answer, Refused | Unknown):
        return Refused(answer.reason, field="host")
    if answer.status == 403:
        return Refused("Name and password don't belong together there.", field="password")
    if answer.status != 200:
        return Refused(f"The server refused it: {wire.message(answer)}", field="username")
    try:
        session = answer.json()
        return str(session["user_id"]), wire.grant(session)
    except (http.Unreadable, KeyError, TypeError):
        return Refused(wire.NO_SERVER, field="host")


async def _enter(home: Home, who: str, typed: str) -> Account | Refused:
    """Join the room, unless it is encrypted."""
    joined = await home.read("POST", f"client/v3/join/{quote(typed, safe='')}", json={})
    if isinstance(joined, Refused | Unknown):
        return Refused(joined.reason, field="room")
    room = str(joined.get("room_id", ""))
    sealed = await home.ask("GET", wire.room_path(room, "state/m.room.encryption"))
    if isinstance(sealed, Refused | Unknown):
        return Refused(sealed.reason, field="room")
    if sealed.status != 404:
        return Refused(SEALED, field="room")
    named = await home.read("GET", wire.room_path(room, "state/m.room.name"))
    title = named.get("name") if isinstance(named, dict) else ""
    facts: dict[str, Any] = {"room": title or typed} | await sizes(home)
    handle = f"{who} in {title or typed}"
    account_id = f"{who} {room}"  # neither can hold a space
    link = f"https://matrix.to/#/{quote(room)}"
    return Account("matrix", home.host, account_id, handle, title or typed, link, facts)


async def sizes(home: Home) -> dict[str, Any]:
    """What the server takes of a file, in bytes (11.7 "Content repository")."""
    told = await home.read("GET", "client/v1/media/config")
    most = told.get("m.upload.size") if isinstance(told, dict) else None
    return {"image_bytes": most, "video_bytes": most} if isinstance(most, int) else {}
