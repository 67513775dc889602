"""What a network knows this instance by: a developer app of the operator's, or a registration."""

from flask import Flask, current_app

from app.channels import registrations
from app.config import BadSettings, Settings
from app.network_settings import AppKeys
from app.networks import App, Network, network
from app.networks.registry import NETWORKS


def init_app(app: Flask) -> None:
    """Networks with another base URL, as tests want it. Raises BadSettings."""
    settings: Settings = app.config["SETTINGS"]
    for slug, base in settings.api_bases.items():
        if slug not in NETWORKS:
            raise BadSettings(f"NETWORK_API_BASES: {slug} is no network of this version.")
        NETWORKS[slug].api = base


def app_of(slug: str, host: str) -> App | None:
    """For accounts of that server; None when there is none, or none is needed."""
    adapter = network(slug)
    if adapter.registers:
        return registrations.registered(slug, adapter.known_at(host))
    keys = keys_of(slug)
    return App(*keys) if adapter.needs_app and keys.is_whole else None


def keys_of(slug: str) -> AppKeys:
    """The operator's developer app there, as far as it is set."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.app_keys(slug)


def is_offered(adapter: Network) -> bool:
    """Can anybody connect an account there?"""
    return not adapter.needs_app or keys_of(adapter.slug).is_whole
