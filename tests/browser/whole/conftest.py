"""The application as real processes, on Postgres and with a queue by its URL, once for all that is walked
through here. On SQLite with the embedded queue it is what the other walks and `make run` are."""

import os
import re
import time
from collections.abc import Iterator

import pytest

from app.db import db
from app.scope import across_organizations
from dev import valkey
from tests import make
from tests.servers import postgres
from tests.servers.app_processes import Running, running
from tests.servers.smtp import Sink

DESK = "desk@allstac.example"
ROBIN = "robin@allstac.example"


@pytest.fixture(scope="package")
def instance(tmp_path_factory: pytest.TempPathFactory, smtp: Sink) -> Iterator[Running]:
    """All processes, with mails to a real server; Robin, who has an organisation, runs it."""
    folder = tmp_path_factory.mktemp("whole")
    queue = valkey.start(folder / "other-queue")
    env = {"SMTP_URL": smtp.url, "OPERATOR_EMAIL": DESK, "OPERATOR_NAME": "Orchard"}
    env["REDIS_URL"] = queue.url
    with (
        postgres.database(f"b_{os.getpid()}") as env["DATABASE_URL"],
        running(folder, env=env) as made,
    ):
        app = made.application()
        with app.app_context(), across_organizations("a test brings a person in"):
            robin = make.person(ROBIN, "Robin Rowan", make.organization("Rowan"), "owner")
            robin.is_operator = True
            db.session.commit()
            db.engine.dispose()
        yield made
    queue.stop()


def mailed_link(sink: Sink, address: str, path: str = "/", subject: str = "") -> str:
    """The path of the next link mailed to an address: one that begins like this, in a mail of a subject
    that does."""
    for _ in range(150):
        for mail in [mail for mail in sink.messages if address in mail["To"]]:
            if not mail["Subject"].startswith(subject):
                continue
            found = re.search(r"http://localhost:\d+(/\S+)", mail.get_content())
            assert found
            if found[1].startswith(path):
                sink.messages.remove(mail)
                return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no link to {path} for {address}: {subject}")
