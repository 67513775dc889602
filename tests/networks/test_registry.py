"""What has to be said of every network, wherever it is said."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.networks import Network
from app.networks.registry import ALL, NETWORKS
from app.telemetry.registry import events

ROOT = Path(__file__).parents[2]


def test_use_of_every_network_can_be_counted() -> None:
    """A value that is not on an event's list is a bug that stops the request."""
    listed = [
        set(event.properties["network"])
        for event in events().values()
        if "network" in event.properties
    ]
    assert listed and all(networks == set(NETWORKS) for networks in listed)


def test_the_policy_names_every_network() -> None:
    told = tomllib.loads((ROOT / "docs/policies/destinations.toml").read_text())["destinations"]
    assert set(NETWORKS) <= {one["id"] for one in told}


def test_nobody_has_two_slugs() -> None:
    assert all(slug == network.slug for slug, network in NETWORKS.items())


@pytest.mark.parametrize("network", ALL, ids=lambda network: network.slug)
def test_a_key_comes_from_the_row_and_its_time_alone(network: Network) -> None:
    """After a restore the same key is chosen again, so what went out meanwhile is found under it."""
    at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    key = network.new_key(7, at)
    assert (
        key == network.new_key(7, at) == network.new_key(7, at.astimezone(ZoneInfo("Asia/Tokyo")))
    )
    others = {network.new_key(8, at), network.new_key(7, at + timedelta(milliseconds=1))}
    assert len(others | {key}) == 3


@pytest.mark.parametrize("slug", NETWORKS)
def test_every_adapter_is_asked_what_the_engine_relies_on(slug: str) -> None:
    module = Path(__file__).with_name("adapters") / f"test_{slug}.py"
    assert "from tests.networks.contract import" in module.read_text()
