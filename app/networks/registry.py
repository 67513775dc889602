"""Which networks there are."""

from app.networks import Network
from app.networks.adapters.bluesky import Bluesky
from app.networks.adapters.sandbox import Sandbox

ALL: tuple[Network, ...] = (Bluesky(), Sandbox())
NETWORKS = {network.slug: network for network in ALL}
