"""Which networks there are."""

from app.networks import Network
from app.networks.adapters.bluesky import Bluesky
from app.networks.adapters.discord import Discord
from app.networks.adapters.facebook import Facebook
from app.networks.adapters.ghost import Ghost
from app.networks.adapters.instagram import Instagram
from app.networks.adapters.linkedin import LinkedIn
from app.networks.adapters.mastodon import Mastodon
from app.networks.adapters.matrix import Matrix
from app.networks.adapters.nostr import Nostr
from app.networks.adapters.pinterest import Pinterest
from app.networks.adapters.sandbox import Sandbox
from app.networks.adapters.slack import Slack
from app.networks.adapters.telegram import Telegram
from app.networks.adapters.threads import Threads
from app.networks.adapters.webhook import Webhook
from app.networks.adapters.wordpress import WordPress
from app.networks.adapters.x import X

ALL: tuple[Network, ...] = (
    Bluesky(),
    Sandbox(),
    X(),
    Telegram(),
    Discord(),
    Slack(),
    Mastodon(),
    LinkedIn(),
    Pinterest(),
    Webhook(),
    WordPress(),
    Matrix(),
    Threads(),
    Facebook(),
    Instagram(),
    Nostr(),
    Ghost(),
)
NETWORKS = {network.slug: network for network in ALL}
