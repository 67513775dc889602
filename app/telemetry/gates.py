"""The questions that are asked before anything leaves: is it configured, is it wanted?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, current_app, has_request_context, request

from app.config import Settings

if TYPE_CHECKING:
    from sentry_sdk import Client

KEY = "telemetry"


def nobody(_: int) -> bool:
    return False


@dataclass
class State:
    """What one application holds. `consents` answers whether a person allows product analytics:
    privacy hands that question in, since core knows no records of consent; `restricts` whether
    the person's data are only kept (GDPR art. 18)."""

    sentry: "Client | None"
    consents: Callable[[int], bool]
    restricts: Callable[[int], bool] = nobody
    tended_at: float | None = None


def init_app(
    app: Flask, consents: Callable[[int], bool], restricts: Callable[[int], bool] = nobody
) -> None:
    settings: Settings = app.config["SETTINGS"]
    client = None
    if settings.sentry_dsn:
        from app.telemetry import to_sentry  # an instance without Sentry never loads the library

        client = to_sentry.open_client(settings)
    app.extensions[KEY] = State(client, consents, restricts)


def state() -> State:
    found: State = current_app.extensions[KEY]
    return found


def is_telling() -> bool:
    """Has this instance somewhere to send product events to?"""
    return current_app.config["SETTINGS"].posthog_api_key is not None


def refuses_tracking() -> bool:
    """Does the browser that asks send Global Privacy Control (`Sec-GPC: 1`)? A header that a
    proxy doubled still counts; any other value is none."""
    if not has_request_context():
        return False
    return "1" in [value.strip() for value in request.headers.get("Sec-GPC", "").split(",")]


@dataclass(frozen=True)
class Recipients:
    """Hosts; None where this instance has set up none."""

    errors: str | None
    product: str | None


def recipients() -> Recipients:
    settings: Settings = current_app.config["SETTINGS"]
    return Recipients(
        settings.sentry_dsn and urlsplit(settings.sentry_dsn).hostname,
        settings.posthog_host and urlsplit(settings.posthog_host).hostname
        if settings.posthog_api_key
        else None,
    )
