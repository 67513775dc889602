"""The application with a real mail server, and the links in what that received."""

import re

import pytest
from flask import Flask

from tests.servers.smtp import Sink


@pytest.fixture
def mailing(app: Flask, smtp: Sink, monkeypatch: pytest.MonkeyPatch) -> Sink:
    settings = app.config["SETTINGS"].model_copy(update={"smtp_url": smtp.url})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    smtp.messages.clear()
    smtp.recipients.clear()
    return smtp


def link_in(sink: Sink, address: str) -> str:
    found = re.search(r"http://localhost(/\S+)", sink.wait_for(address).get_content())
    assert found
    return found.group(1)
