"""Why a look at a network told nothing: one word on the row, one sentence for people."""

from app.networks import Refused, Unknown

WAIT, KEYS, REFUSED, SILENT = "wait", "keys", "refused", "silent"
WORDS = {
    "": "",
    WAIT: "The network asks us to wait; we look again later.",
    KEYS: "The network does not accept the keys of this channel; connect it again.",
    REFUSED: "The network refuses to tell how this does.",
    SILENT: "The network did not answer; we look again later.",
}


def of(answer: Refused | Unknown) -> str:
    """The word for it."""
    if isinstance(answer, Unknown) or answer.not_sent:
        return SILENT
    if answer.reconnect or answer.stale_token:
        return KEYS
    return WAIT if answer.retry_at else REFUSED
