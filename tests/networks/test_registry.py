"""What has to be said of every network, wherever it is said."""

import tomllib
from pathlib import Path

from app.networks.registry import NETWORKS
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
