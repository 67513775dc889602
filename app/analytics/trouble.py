"""Why a look at a network told nothing: one word on the row, one sentence for people."""

from app.channels.models import Channel
from app.networks import Refused, Unknown

WAIT, KEYS, REFUSED, SILENT = "wait", "keys", "refused", "silent"
RESTS = "rests"
WORDS = {
    "": "",
    WAIT: "The network asks us to wait; we look again later.",
    KEYS: "The network does not accept the keys of this channel; connect it again.",
    REFUSED: "The network refuses to tell how this does.",
    SILENT: "The network did not answer; we look again later.",
    # Why nobody asks: `resting`.
    "disconnected": "Disconnected: nothing more is fetched of it.",
    "paused": "Paused: nothing is fetched of it until it goes on.",
    "set_aside": "Set aside, as the plan has no room for it: nothing is fetched of it until it has.",
    "needs_reconnect": "It has to be connected again: nothing is fetched of it until then.",
    RESTS: "Publishing rests here: nothing is fetched until it goes on.",
}


def of(answer: Refused | Unknown) -> str:
    """The word for it."""
    if isinstance(answer, Unknown) or answer.not_sent:
        return SILENT
    if answer.reconnect or answer.stale_token:
        return KEYS
    return WAIT if answer.retry_at else REFUSED


def resting(channel: Channel, is_working: bool) -> str:
    """The word for why a channel is not asked; empty when it is. One that works by itself rests with its
    organisation, or with the person who connected it."""
    if is_working:
        return ""
    return RESTS if channel.shown_state == "active" else channel.shown_state
