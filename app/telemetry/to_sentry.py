"""Sentry: a client that knows nothing by itself, and a wall before its transport."""

import json
from typing import Any

from sentry_sdk import Client
from sentry_sdk.envelope import Envelope, Item
from sentry_sdk.transport import HttpTransport

from app import clock
from app.config import Settings
from app.telemetry import ledger, shape


class Wall(HttpTransport):
    """The last thing before the network. Whatever the library, a plugin or an environment variable
    wants to send, one newly built event leaves or nothing; what concerns a person only once the
    ledger holds it, byte for byte."""

    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        if event is None:
            return
        built = shape.rebuild(dict(event), ledger.concerned_pseudonym())
        head = {"event_id": built["event_id"], "sent_at": clock.now().isoformat()}
        item = Item(json.dumps(built), type="event", content_type="application/json")
        clean = Envelope(head, [item])
        ledger.keep_report(clean.serialize().decode())
        super().capture_envelope(clean)


def open_client(settings: Settings) -> Client:
    """Ours alone: never the global one, so nothing else in this process reports through it. No
    integration patches anything; each of our edges hands its errors over by `telemetry.report`."""
    return Client(
        dsn=settings.sentry_dsn,
        release=settings.release,
        environment=settings.app_env,
        server_name="allstac",
        transport=Wall,
        before_send=_before_send,
        before_send_transaction=_nothing,
        integrations=[],
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_client_reports=False,
        attach_stacktrace=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        enable_logs=False,
        enable_backpressure_handling=False,
        propagate_traces=False,
        spotlight=False,  # else SENTRY_SPOTLIGHT would send a copy elsewhere
        debug=False,
    )


def _before_send(event: Any, _: Any) -> Any:
    return shape.rebuild(event, ledger.concerned_pseudonym())


def _nothing(*_: Any) -> None:
    """Timings of requests are not reported."""
