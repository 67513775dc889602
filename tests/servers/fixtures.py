"""Real servers as fixtures, one of each per test process at most."""

import os
from collections.abc import Iterator

import pytest

from tests.servers import postgres
from tests.servers.appview import AppView
from tests.servers.fault_proxy import FaultProxy
from tests.servers.mastodon_mock import MastodonMock
from tests.servers.pds import Pds
from tests.servers.seaweed import Seaweed
from tests.servers.smtp import Sink
from tests.servers.snac import Snac
from tests.servers.synapse import Synapse
from tests.servers.wordpress import WordPress


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this test process's own."""
    with postgres.database(f"t_{os.getpid()}") as url:
        yield url


@pytest.fixture(scope="session")
def pds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pds]:
    server = Pds(tmp_path_factory.mktemp("pds"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def appview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppView]:
    with postgres.database(f"appview_{os.getpid()}") as url:
        server = AppView(tmp_path_factory.mktemp("appview"), postgres.as_owner(url))
        yield server
        server.stop()


@pytest.fixture
def fault_proxy(pds: Pds) -> Iterator[FaultProxy]:
    proxy = FaultProxy(pds.url)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="session")
def smtp() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def wordpress() -> Iterator[WordPress]:
    server = WordPress()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    server = Synapse(tmp_path_factory.mktemp("synapse"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def snac(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snac]:
    server = Snac(tmp_path_factory.mktemp("snac"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    server = Seaweed(tmp_path_factory.mktemp("seaweed"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mastodon_mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonMock]:
    server = MastodonMock(tmp_path_factory.mktemp("mastodon-mock"))
    yield server
    server.stop()
