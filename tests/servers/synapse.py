"""A real Matrix homeserver (Synapse) on loopback, with SQLite, that speaks to no other server."""

import base64
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.servers import install
from tests.servers.owned import Owned
from tests.servers.ports import free_port

_numbers = count(1)
PASSWORD = "only-for-tests"
SETTINGS = """
server_name: localhost
report_stats: false
database: {{name: sqlite3, args: {{database: {folder}/homeserver.db}}}}
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
macaroon_secret_key: {secret}
form_secret: {secret}
bcrypt_rounds: 4  # a password costs next to nothing
public_baseurl: {url}/
trusted_key_servers: []
listeners:
- port: {port}
  bind_addresses: ["127.0.0.1"]
  type: http
  tls: false
  resources: [{{names: [client], compress: false}}]
federation_domain_whitelist: []
enable_registration: true
enable_registration_without_verification: true
suppress_key_server_warning: true
rc_message: {{per_second: 1000, burst_count: 1000}}
rc_registration: {{per_second: 1000, burst_count: 1000}}
rc_joins: {{local: {{per_second: 1000, burst_count: 1000}}}}
rc_login:
  address: {{per_second: 1000, burst_count: 1000}}
  account: {{per_second: 1000, burst_count: 1000}}
  failed_attempts: {{per_second: 1000, burst_count: 1000}}
"""


@dataclass(frozen=True)
class Person:
    id: str
    token: str
    password: str = PASSWORD


class Synapse:
    """The server; `.url` is its base, the rest looks at what it holds."""

    def __init__(self, folder: Path) -> None:
        install.synapse()
        port = free_port()
        self.folder, self.url = folder, f"http://localhost:{port}"
        settings, secret = folder / "homeserver.yaml", secrets.token_hex(16)
        settings.write_text(SETTINGS.format(url=self.url, port=port, folder=folder, secret=secret))
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (folder / "signing.key").write_text(f"ed25519 a_test {key}\n")
        self.owned = Owned()
        try:
            words = [str(install.synapse_python()), "-m", "synapse.app.homeserver"]
            self.owned.start([*words, "-c", str(settings)], folder / "server.log", cwd=folder)
            self._wait()
        except BaseException:
            self.stop()
            raise

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """One call of the client-server API; raises HTTPError on a refusal."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        where = f"{self.url}/_matrix/client/{path}"
        asked = urllib.request.Request(where, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.load(answer)

    def make_person(self, name: str) -> Person:
        body = {
            "username": f"{name}{next(_numbers)}",
            "password": PASSWORD,
            "auth": {"type": "m.login.dummy"},
        }
        made = self.call("POST", "v3/register", body)
        return Person(made["user_id"], made["access_token"])

    def make_room(self, owner: Person, **more: Any) -> str:
        """A room that anybody may join; its id."""
        wanted = {"preset": "public_chat", "name": "Orchard"} | more
        room: str = self.call("POST", "v3/createRoom", wanted, owner.token)["room_id"]
        return room

    def messages(self, person: Person, room: str) -> list[dict[str, Any]]:
        """The messages that stand in a room, the oldest first; redacted ones are not among them."""
        path = f"v3/rooms/{urllib.parse.quote(room)}/messages?dir=b&limit=200"
        events = self.call("GET", path, token=person.token)["chunk"]
        chosen = [e for e in events if e["type"] == "m.room.message" and e["content"]]
        return chosen[::-1]

    def devices(self, person: Person) -> list[str]:
        found = self.call("GET", "v3/devices", token=person.token)["devices"]
        return [device["device_id"] for device in found]

    def media(self, person: Person, mxc: str) -> bytes:
        where = f"{self.url}/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}"
        headers = {"Authorization": f"Bearer {person.token}"}
        with urllib.request.urlopen(urllib.request.Request(where, headers=headers)) as answer:
            raw: bytes = answer.read()
        return raw

    def stop(self) -> None:
        self.owned.stop()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                self.call("GET", "versions")
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "server.log").read_text())
