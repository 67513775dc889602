"""Settings of where files are kept."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

HOME = "us-east-1"  # the region where none is named; servers other than Amazon's take it
FORMS = "must be file:///folder or s3://bucket?endpoint=https://host"


class BucketAddress(NamedTuple):
    """`endpoint` is scheme and host of the server."""

    bucket: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str


class StorageSettings(BaseSettings):
    storage_url: str = Field(
        "file://media", description="file:///folder, or s3://bucket?endpoint=https://host&region=…"
    )
    storage_access_key: str | None = Field(None, description="access key id of an s3:// bucket")
    storage_secret_key: str | None = Field(None, description="its secret access key")

    @field_validator("storage_url")
    @classmethod
    def _names_a_place(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("file", "s3"):
            raise ValueError(FORMS)
        if parts.username or parts.password:
            raise ValueError("holds no keys; set STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY")
        if parts.scheme == "s3":
            endpoint = urlsplit(_asked(url, "endpoint") or "https://unset")
            if not parts.hostname or endpoint.scheme not in ("http", "https") or endpoint.query:
                raise ValueError(FORMS)
        return url

    @model_validator(mode="after")
    def _a_bucket_has_keys(self) -> "StorageSettings":
        is_whole = self.storage_access_key and self.storage_secret_key
        if self.storage_url.startswith("s3:") and not is_whole:
            raise ValueError(
                "STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY must be set beside an s3:// STORAGE_URL"
            )
        return self

    @property
    def storage_folder(self) -> Path:
        """The folder that `STORAGE_URL=file://…` names."""
        return Path(self.storage_url.removeprefix("file://")).resolve()

    @property
    def bucket(self) -> BucketAddress | None:
        """What `STORAGE_URL=s3://…` names; without an endpoint it is Amazon's."""
        if not self.storage_url.startswith("s3:"):
            return None
        region = _asked(self.storage_url, "region") or HOME
        amazon = f"https://s3.{region}.amazonaws.com"
        endpoint = (_asked(self.storage_url, "endpoint") or amazon).rstrip("/")
        keys = self.storage_access_key or "", self.storage_secret_key or ""
        return BucketAddress(urlsplit(self.storage_url).netloc, endpoint, region, *keys)


def _asked(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query).get(name, [""])[0]
