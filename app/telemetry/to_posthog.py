"""PostHog, and nothing of its library but the sending: no client, no flags, no capture, no thread."""

import json
from collections.abc import Sequence

from flask import current_app

from app.telemetry.models import SENT, UNSURE, WAITING

SECONDS = 10


def send(payloads: Sequence[str]) -> str:
    """Send events as they stand in the ledger. `sent` when PostHog took them, `waiting` when it
    answered that it did not, `unsure` when no answer came: then nobody sends them again."""
    from posthog import request as wire  # only a worker that sends has to load it

    settings = current_app.config["SETTINGS"]
    batch = [json.loads(payload) for payload in payloads]
    try:
        wire.batch_post(
            settings.posthog_api_key, settings.posthog_host, timeout=SECONDS, batch=batch
        )
    except wire.APIError:
        return WAITING
    except (wire.RequestsTimeout, wire.RequestsConnectionError):
        return UNSURE
    return SENT
