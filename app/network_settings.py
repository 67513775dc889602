"""Settings of the developer apps that whoever runs an instance has registered at networks."""

from typing import NamedTuple

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

APPS = ("facebook", "instagram", "linkedin", "pinterest", "threads", "x")
SIGNS = "; signs its callbacks too"


class AppKeys(NamedTuple):
    """What one network knows this instance by; empty where it is not set."""

    client_id: str
    client_secret: str

    @property
    def is_whole(self) -> bool:
        return bool(self.client_id and self.client_secret)

    @property
    def is_half(self) -> bool:
        return bool(self.client_id) != bool(self.client_secret)


class NetworkSettings(BaseSettings):
    """Client ids and secrets by network, and where tests find a network's double."""

    facebook_client_id: str | None = Field(None, description="app id of your app at Meta")
    facebook_client_secret: str | None = Field(None, description=f"its app secret{SIGNS}")
    instagram_client_id: str | None = Field(None, description="Instagram app id at Meta")
    instagram_client_secret: str | None = Field(None, description=f"its secret{SIGNS}")
    linkedin_client_id: str | None = Field(None, description="client id of your app at LinkedIn")
    linkedin_client_secret: str | None = Field(None, description="its primary client secret")
    pinterest_client_id: str | None = Field(None, description="app id of your app at Pinterest")
    pinterest_client_secret: str | None = Field(None, description="its app secret key")
    threads_client_id: str | None = Field(None, description="Threads app id at Meta")
    threads_client_secret: str | None = Field(None, description=f"its secret{SIGNS}")
    x_client_id: str | None = Field(None, description="OAuth 2.0 client id of your app at X")
    x_client_secret: str | None = Field(None, description="its OAuth 2.0 client secret")
    network_api_bases: str | None = Field(
        None, description="where networks are asked instead, x=http://127.0.0.1:1234,…; for tests"
    )

    @field_validator("network_api_bases")
    @classmethod
    def _names_networks_and_servers(cls, text: str | None) -> str | None:
        for pair in (text or "").split(",") if text else ():
            slug, _, base = pair.strip().partition("=")
            if not slug or not base.startswith(("http://", "https://")):
                raise ValueError("must look like x=http://127.0.0.1:1234,linkedin=http://…")
        return text

    @property
    def api_bases(self) -> dict[str, str]:
        """Base URLs by network, without a slash at the end."""
        pairs = (pair.strip().partition("=") for pair in (self.network_api_bases or "").split(","))
        return {slug: base.rstrip("/") for slug, _, base in pairs if base}

    def app_keys(self, slug: str) -> AppKeys:
        """Of a network in APPS."""
        names = (f"{slug}_client_id", f"{slug}_client_secret")
        return AppKeys(*(getattr(self, name, None) or "" for name in names))
