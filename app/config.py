"""Every setting, once. A wrong or missing one stops the boot with its name and a hint."""

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from app.network_settings import NetworkSettings
from app.storage_settings import StorageSettings
from app.weak_keys import why_weak, why_weak_key


class BadSettings(SystemExit):
    """The boot stops here; the text says which setting is wrong and how to mend it."""


class Settings(NetworkSettings, StorageSettings):
    """Read from the environment; in development also from `.env`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    app_env: Literal["development", "test", "production"] = Field(
        "production", description="development, test or production"
    )
    secret_key: str = Field(min_length=32, description="signs CSRF tokens; 32 characters or more")
    encryption_keys: str = Field(
        description="Fernet keys that seal network tokens, comma between; the first one seals"
    )
    base_url: str = Field("http://localhost:8000", description="where people reach this instance")
    database_url: str = Field(
        "sqlite:///allstac.db", description="postgresql://… or sqlite:///file; SQLite is embedded"
    )
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="Redis or Valkey, noeviction")
    smtp_url: str = Field("console:", description="smtp://user:pass@host:port or console:")
    mail_from: str = Field("AllStac <allstac@localhost>", description="sender of our mails")
    stripe_secret_key: str | None = Field(None, description="billing; unset: one plan, no limits")
    stripe_webhook_secret: str | None = Field(None, description="signature of Stripe's webhooks")
    stripe_api_base: str | None = Field(None, description="another Stripe server, for tests")
    sentry_dsn: str | None = Field(None, description="error reports; unset: none leave")
    posthog_api_key: str | None = Field(None, description="product analytics; unset: none leave")
    posthog_host: str | None = Field(
        None, description="where product analytics go; https://eu.i.posthog.com or your own"
    )
    release: str = Field(
        "unknown",
        pattern=r"^[0-9A-Za-z][0-9A-Za-z._+-]{0,63}$",
        description="name of this build in error reports, e.g. its commit",
    )
    operator_name: str | None = Field(None, description="who runs this instance")
    operator_address: str | None = Field(None, description="postal address of the operator")
    operator_email: str | None = Field(None, description="where privacy requests are read")
    operator_country: str | None = Field(None, description="country whose law applies")
    trusted_proxies: int = Field(0, ge=0, le=5, description="number of proxies in front")
    pages_per_minute: int = Field(
        300, ge=0, description="pages that one session may ask for, per process; 0: no limit"
    )
    pages_per_minute_anonymous: int = Field(
        60, ge=0, description="pages for one network without a session, per process; 0: no limit"
    )
    allow_private_hosts: bool = Field(
        False, description="let outgoing HTTP reach this machine; refused in production"
    )
    instance_id: str | None = Field(None, description="guards a copied database from posting")
    canary_minutes: int = Field(
        5, ge=0, le=60, description="minutes between the engine's own test posts; 0: none"
    )
    video_megabytes: int = Field(
        512, ge=1, le=2048, description="the largest video that is taken, in MB"
    )
    evidence_file: str | None = Field(None, description="results of the last proof run, JSON")
    publish_lease_seconds: float = Field(90, gt=0, description="how long a claim is held")
    publish_settle_seconds: float = Field(
        5, ge=0, description="wait before an unknown outcome is read back"
    )

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        """Heroku says postgres://; SQLAlchemy wants the driver named."""
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url.removeprefix(scheme)
        return url

    @field_validator("encryption_keys")
    @classmethod
    def _keys_are_keys(cls, keys: str) -> str:
        for key in keys.split(","):
            Fernet(key.strip())
        return keys

    @field_validator("base_url")
    @classmethod
    def _no_slash_at_the_end(cls, url: str) -> str:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("must begin with https:// (or http:// in development)")
        return url.rstrip("/")

    @field_validator("sentry_dsn", "posthog_host")
    @classmethod
    def _names_a_server(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "https://unset")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be the https:// address of a server")
        return url

    @field_validator("sentry_dsn")
    @classmethod
    def _names_a_project(cls, dsn: str | None) -> str | None:
        parts = urlsplit(dsn or "https://unset@unset/1")
        if not parts.username or not parts.path.rpartition("/")[2].isdigit():
            raise ValueError("must look like https://key@host/1")
        return dsn

    @model_validator(mode="after")
    def _product_analytics_name_their_host(self) -> "Settings":
        if self.posthog_api_key and not self.posthog_host:
            raise ValueError("POSTHOG_HOST must be set beside POSTHOG_API_KEY: people are told it")
        return self

    @model_validator(mode="after")
    def _what_is_sold_is_heard_of(self) -> "Settings":
        if self.stripe_secret_key and not self.stripe_webhook_secret:
            raise ValueError("STRIPE_WEBHOOK_SECRET must be set beside STRIPE_SECRET_KEY")
        return self

    @model_validator(mode="after")
    def _production_is_strict(self) -> "Settings":
        if self.is_production and (faults := list(self._faults())):
            raise ValueError("\n  ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        """What production refuses, each with its mend."""
        if not self.is_https:
            yield "BASE_URL must begin with https:// in production; a proxy in front does TLS."
        if self.allow_private_hosts:
            yield "ALLOW_PRIVATE_HOSTS must not be set in production; remove it."
        if self.network_api_bases:
            yield "NETWORK_API_BASES is for tests and must not be set in production; remove it."
        if self.stripe_api_base:
            yield "STRIPE_API_BASE is for tests and must not be set in production; remove it."
        for name in ("sentry_dsn", "posthog_host"):
            if not _is_sealed(getattr(self, name)):
                yield f"{name.upper()} must begin with https:// in production."
        if self.bucket and not _is_sealed(self.bucket.endpoint):
            yield "STORAGE_URL must name an https:// endpoint in production."
        if "trusted_proxies" not in self.model_fields_set:
            yield "TRUSTED_PROXIES is not set; say how many proxies of yours stand in front, or 0."
        if reason := why_weak(self.secret_key):
            yield f"SECRET_KEY {reason}; python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        for number, key in enumerate(self.encryption_keys.split(","), 1):
            if reason := why_weak_key(key):
                yield f"ENCRYPTION_KEYS, number {number}, {reason}; docs/runbooks/keys.md makes one."

    @property
    def is_production(self) -> bool:
        return self.app_env == "production"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


def load(**overrides: object) -> Settings:
    """The settings of this process. Raises BadSettings with one line per mistake."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # the environment fills the rest
    except ValidationError as mistake:
        raise BadSettings(_explain(mistake)) from None


def _is_sealed(url: str | None) -> bool:
    """Nobody on the way can read along: TLS, or a relay on this very machine."""
    parts = urlsplit(url or "https:")
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _explain(mistake: ValidationError) -> str:
    lines = ["AllStac can't start; mend these settings (.env.example lists them all):"]
    for error in mistake.errors():
        name = str(error["loc"][0]) if error["loc"] else ""
        known = Settings.model_fields.get(name)
        hint = f" ({known.description})" if known else ""
        words = error["msg"].removeprefix("Value error, ")
        lines.append(f"  {name.upper()}: {words}{hint}" if name else f"  {words}")
    return "\n".join(lines)
