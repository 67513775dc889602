"""How a WordPress site is found and spoken to: its REST API with an application password
(developer.wordpress.org/rest-api/using-the-rest-api/discovery and /authentication)."""

import base64
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import regex

from app import http
from app.networks import Account, Grant, Refused, Unknown
from app.networks.asking import LOST, ask

REL = "https://api.w.org/"
LINK = regex.compile(r"<([^<>]*)>\s*((?:;[^,<]*)*)")  # RFC 8288 3
IN_PAGE = regex.compile(r"<link\s[^>]*>", regex.IGNORECASE)
HREF = regex.compile(r"""href=["']([^"']+)["']""", regex.IGNORECASE)
UPLOAD = 120.0  # seconds for a file
DEAD = "The site does not take the application password any more. Connect the channel again."
NO_SITE = "No WordPress answers at that address."


@dataclass(frozen=True)
class Site:
    """A site's REST API, with the keys to it. `root` ends in "/", also as `…?rest_route=/`."""

    web: http.Client
    root: str
    grant: Grant

    @classmethod
    def of(cls, web: http.Client, account: Account, grant: Grant) -> "Site":
        return cls(web, account.facts.get("endpoint") or f"{account.host}/wp-json/", grant)

    async def ask(self, method: str, path: str, **what: Any) -> http.Answer | Refused | Unknown:
        """Call wp/v2/<path> as the person; a password that is not taken is a lost key."""
        secrets = self.grant.secrets
        pair = base64.b64encode(f"{secrets['user']}:{secrets['password']}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}"} | what.pop("headers", {})
        answer = await ask(self.web, method, f"{self.root}wp/v2/{path}", headers=headers, **what)
        if isinstance(answer, http.Answer) and answer.status == 401:
            return Refused(DEAD, reconnect=True)
        return answer

    async def read(self, method: str, path: str, **what: Any) -> Any | Refused | Unknown:
        """The same, and the JSON of a success; what the site refused is for good."""
        answer = await self.ask(method, path, **what)
        if isinstance(answer, Refused | Unknown):
            return answer
        try:
            said = answer.json()
        except http.Unreadable as trouble:
            return Unknown(str(trouble))
        if answer.status >= 500 and not _error(said).startswith("rest_upload_"):
            return Unknown(LOST)
        if answer.status not in (200, 201):
            return Refused(f"The site refused it: {message(answer)}", permanent=True)
        return said


async def discover(web: http.Client, typed: str) -> tuple[str, dict[str, Any]] | Refused:
    """Root and index of the REST API: named by the Link header of the page, or in the page."""
    page = await ask(web, "GET", clean_host(typed), redirects=3)
    if isinstance(page, Refused | Unknown):
        return Refused(page.reason, field="host")
    found = _in_headers(page) or _in_page(page) or urljoin(page.url, "/wp-json/")
    root = urljoin(page.url, found)
    index = await ask(web, "GET", root)
    try:
        if isinstance(index, http.Answer) and index.status == 200:
            said = index.json()
            return root, {"home": said["home"], "name": said["name"]} | said
    except (http.Unreadable, KeyError, TypeError):
        return Refused(NO_SITE, field="host")
    return Refused(NO_SITE, field="host")


def _in_headers(page: http.Answer) -> str:
    said = ", ".join(value for name, value in page.headers.items() if name.lower() == "link")
    for target, parameters in LINK.findall(said):
        if regex.search(rf'rel="?{regex.escape(REL)}"?', parameters):
            return str(target)
    return ""


def _in_page(page: http.Answer) -> str:
    for tag in IN_PAGE.findall(page.body.decode("utf-8", "replace")):
        if REL in tag and (found := HREF.search(tag.replace(f'rel="{REL}"', ""))):
            return unescape(found.group(1))
    return ""


def clean_host(typed: str) -> str:
    """An address with a scheme and a path that ends in "/"."""
    typed = typed.strip().rstrip("/")
    return f"{typed}/" if "://" in typed else f"https://{typed}/"


def label(url: str) -> str:
    """A site as people name it: host and path."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/")


def _error(said: Any) -> str:
    return str(said.get("code", "")) if isinstance(said, dict) else ""


def message(answer: http.Answer) -> str:
    """What a WP_Error says (code, message, data), as plain text."""
    try:
        said = str(answer.json().get("message") or answer.status)
    except (http.Unreadable, AttributeError):
        return str(answer.status)
    return unescape(regex.sub(r"<[^>]+>", "", said))[:300]
