"""What an operator has to set up at each network, and what its reviewers want to read."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.channels import apps
from app.channels.journey import way_back
from app.networks import Network, Way
from app.networks.registry import NETWORKS

SOURCE = Path(__file__).with_name("developer_apps.toml")
DOES = (
    "{name} runs AllStac, a scheduler for social media. People write posts here, choose when they go"
    " out, and AllStac publishes them at that time on the accounts that they connected. It publishes"
    " only what a person wrote and scheduled, shows them what became of it, and reads nothing of"
    " anybody else. Keys are stored encrypted and destroyed when an account is disconnected."
)
READY, HALF, MISSING, ITSELF = "ready", "half", "missing", "itself"


@lru_cache(maxsize=1)
def described() -> dict[str, dict[str, Any]]:
    """What the file says, by network."""
    return tomllib.loads(SOURCE.read_text())


def all_of(base_url: str, operator: str) -> list[dict[str, Any]]:
    """Networks that want something of the operator, then those where this instance registers
    itself."""
    wanting = [one for one in NETWORKS.values() if one.needs_app]
    alone = [one for one in NETWORKS.values() if one.registers]
    return [_with_app(one, base_url, operator) for one in wanting] + [
        _shown(one) | {"state": ITSELF} for one in alone
    ]


def standing(slug: str) -> str:
    """Is the operator's app set: wholly, by half, or not at all?"""
    keys = apps.keys_of(slug)
    return READY if keys.is_whole else HALF if keys.is_half else MISSING


def _shown(network: Network) -> dict[str, Any]:
    return {
        "slug": network.slug,
        "name": network.name,
        "redirect": way_back(network.slug) if Way.AWAY in network.ways else "",
        "scopes": [(scope, "") for scope in network.scopes],
        "does": "",
    }


def _with_app(network: Network, base_url: str, operator: str) -> dict[str, Any]:
    told = described()[network.slug]
    pages = {
        "Privacy policy": f"{base_url}/privacy",
        "What happens to data": f"{base_url}/docs/policies/data-processing-and-retention-policy",
        "How people have data deleted": f"{base_url}/privacy/request",
    }
    if told.get("meta"):
        pages |= {
            "Deauthorize callback": f"{base_url}/privacy/meta/deauthorize",
            "Data deletion callback": f"{base_url}/privacy/meta/deletion",
        }
    return _shown(network) | {
        "state": standing(network.slug),
        "settings": [f"{network.slug.upper()}_CLIENT_{part}" for part in ("ID", "SECRET")],
        "made_at": told["made_at"],
        "kind": told["kind"],
        "scopes": [(scope, told["scopes"].get(scope, "")) for scope in network.scopes],
        "does": DOES.format(name=operator),
        "pages": pages,
    }
