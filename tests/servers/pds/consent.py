"""A person who signs in at the real server and says yes, without a browser: the requests that its page
sends (@atproto/oauth-provider). Its cookies are marked Secure, so they are carried by hand."""

from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from json import dumps, loads
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.servers.pds import Pds, Person


class Consent:
    """One browser at the server."""

    def __init__(self, pds: Pds, url: str) -> None:
        self.pds, self.page, self.cookies = pds, url, dict[str, str]()
        self._ask("GET", url, self._navigating("cross-site"))

    def say_yes(self, person: Person) -> dict[str, str]:
        """Sign in and consent; the query that the server sends the person back with."""
        typed = {"username": person.handle, "password": person.password}
        said = self._call("/sign-in", typed | {"locale": "en", "remember": False})
        token = said.get("ephemeralToken", "")
        url = self._call("/consent", {"did": person.did}, token)["url"]
        answer = self._ask("GET", url, self._navigating("same-origin") | {"Referer": self.page})
        return dict(parse_qsl(urlsplit(answer.getheader("Location", url)).query))

    def _call(self, path: str, body: Any, bearer: str = "") -> dict[str, Any]:
        headers = {
            "Sec-Fetch-Mode": "same-origin",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Dest": "empty",
            "Origin": self.pds.url,
            "Referer": self.page,
            "X-CSRF-Token": self.cookies["csrf-token"],
            "Accept": "application/json",
            "Content-Type": "application/json",
        } | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        url = f"{self.pds.url}/@atproto/oauth-provider/~api{path}"
        answer = self._ask("POST", url, headers, dumps(body))
        assert answer.status == 200, (answer.status, self.body)
        said: dict[str, Any] = loads(self.body)
        return said

    def _navigating(self, site: str) -> dict[str, str]:
        return {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"} | {
            "Sec-Fetch-Site": site,
            "Accept": "text/html",
        }

    def _ask(
        self, method: str, url: str, headers: dict[str, str], body: str | None = None
    ) -> HTTPResponse:
        parts = urlsplit(url)
        line = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        line.request(method, path, body, headers | {"Cookie": kept, "User-Agent": "tests"})
        answer = line.getresponse()
        self.body = answer.read()
        for given in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(given).items():
                self.cookies[name] = morsel.value
        return answer
