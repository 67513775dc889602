"""What an answer amounts to, in a word, and whether a denial looks as it should."""

import re

from werkzeug.test import TestResponse

from tests.doors.actors import Actor

SIGN_IN, FORBIDDEN, NOTHING, HOMELESS, AGAIN = (
    "sign-in",
    "forbidden",
    "nothing",
    "homeless",
    "again",
)
NO_KEY, REFUSED = "no-key", "refused"
BEFORE_ANY_LOOK = {SIGN_IN, FORBIDDEN, HOMELESS, AGAIN, NO_KEY}
DENIALS = BEFORE_ANY_LOOK | {NOTHING, REFUSED}
STATUSES = {
    200: "page", 201: "page", 204: "done", 301: "on", 302: "on", 303: "on", 400: "bad", 403: FORBIDDEN,
    404: NOTHING, 409: "conflict", 413: "large", 415: "bad", 422: "mistake", 429: "slower",
}  # fmt: skip


def word(answer: TestResponse) -> str:
    place = answer.headers.get("HX-Redirect") or answer.location or ""
    if answer.status_code in (302, 303) or "HX-Redirect" in answer.headers:
        if place.startswith("/login/again"):
            return AGAIN
        if place.startswith("/login?next=") or answer.headers.get("HX-Redirect") == "/login":
            return SIGN_IN
        if place == "/organization/new":
            return HOMELESS
    if answer.status_code == 403 and "your role here is" not in answer.text:
        return REFUSED  # by a rule about this thing, after looking at it
    if answer.status_code == 401:
        return NO_KEY if answer.mimetype == "application/json" else SIGN_IN
    return STATUSES.get(answer.status_code, str(answer.status_code))


def faults(answer: TestResponse, said: str, actor: Actor) -> list[str]:
    """What is wrong with how a denial looks."""
    found = []
    if said == FORBIDDEN:
        role, way = f"your role here is {actor.role}.", "An owner or an admin can change it."
        for words in ("This is for ", role, way):
            found += [f"does not say: {words}"] if words not in answer.text else []
    if said == SIGN_IN and answer.status_code == 401 and "HX-Redirect" not in answer.headers:
        kept = 'name="typed"' in answer.text and 'name="password"' in answer.text
        found += [] if kept else ["is no sign-in form that keeps what was typed"]
    if said == SIGN_IN and "HX-Redirect" in answer.headers and answer.data:
        found.append("says more than where to sign in")
    if any(words in answer.text for words in ("Traceback", "psycopg", "sqlalchemy")):
        found.append("shows the inside")
    return found


def plain(answer: TestResponse) -> str:
    """The answer without what is another one each time: what was asked for, nonces, stamps."""
    text = answer.text
    for asked in re.findall(r"/\w*\d\w*", answer.request.path):  # in links to the thing's own page
        text = re.sub(rf"{asked}\b", "/ASKED", text)
    text = re.sub(r'nonce="[^"]+"|name="csrf_token"[^>]*value="[^"]+"|"[\w.-]{60,}"', "", text)
    headers = sorted(name for name, _ in answer.headers)
    return f"{answer.status_code}\n{headers}\n{text}"
