"""`flask db upgrade` and create_all make the same database, triggers included."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app import create_app, doctor
from app.db import db as database
from tests.conftest import settings
from tests.servers import postgres

TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(t.oid) || prosrc FROM pg_trigger t"
    " JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal",
}


@pytest.fixture
def migrated(app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """Another application, on a database of its own that only migrations have made."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/migrated.db"
        if not app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
            url = stack.enter_context(postgres.database(f"migrated_{os.getpid()}"))
        made = create_app(**settings(tmp_path, url))
        with made.app_context():
            upgrade(str(doctor.MIGRATIONS))
            yield made
            database.session.remove()
            database.engine.dispose()


def triggers() -> dict[str, str]:
    found = database.session.execute(text(TRIGGERS[database.engine.dialect.name]))
    return {row[0]: row[1] for row in found}


def test_migrations_make_what_the_models_say(app: Flask, migrated: Flask) -> None:
    with migrated.app_context():
        with database.engine.connect() as connection:
            options = {"compare_type": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, database.metadata) == []
        by_migration = triggers()
    with app.app_context():
        by_models = triggers()
        database.session.remove()
    assert by_migration == by_models != {}
