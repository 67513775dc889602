"""Two organisations with one of everything, for the locks between them."""

import pytest
from flask import Flask

from app.db import db as database
from tests.tenants.town import Town, build


@pytest.fixture
def town(app: Flask, db: object) -> Town:
    return build()


@pytest.fixture
def on_postgres(db: object) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no row-level security")
