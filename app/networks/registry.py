"""Which networks there are."""

from app.networks import Network
from app.networks.adapters.bluesky import Bluesky
from app.networks.adapters.sandbox import Sandbox

NETWORKS: dict[str, Network] = {adapter.slug: adapter for adapter in (Bluesky(), Sandbox())}
