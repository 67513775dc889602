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

from app import create_app, schema
from app.db import db as database
from app.scheduler.searching import NOT_IN_MODELS
from app.tenants import locking
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
            url = postgres.as_owner(url)
        made = create_app(**settings(tmp_path, url))
        with made.app_context():
            upgrade(str(schema.MIGRATIONS))
            yield made
            database.session.remove()
            database.engine.dispose()


POLICIES = """
SELECT c.relname, relrowsecurity, relforcerowsecurity, polname,
    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
FROM pg_class c LEFT JOIN pg_policy ON polrelid = c.oid WHERE relrowsecurity ORDER BY 1"""


def triggers() -> dict[str, str]:
    found = database.session.execute(text(TRIGGERS[database.engine.dialect.name]))
    return {row[0]: row[1] for row in found}


def policies() -> dict[str, object]:
    if database.engine.dialect.name == "sqlite":
        return {}
    return {row[0]: tuple(row) for row in database.session.execute(text(POLICIES))}


def is_of_models(name: str | None, kind: str, parents: object) -> bool:
    """The search keeps what no model knows; its triggers and columns are compared by hand."""
    return not (name and NOT_IN_MODELS.fullmatch(name))


COLUMN = """
SELECT c.relname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_class c ON c.oid = d.adrelid WHERE a.attname = 'searched' ORDER BY 1"""
INDEX = "SELECT name, sql FROM sqlite_master WHERE name LIKE '%_fts' ORDER BY 1"


def searched() -> list[tuple[object, ...]]:
    is_sqlite = database.engine.dialect.name == "sqlite"
    return [tuple(row) for row in database.session.execute(text(INDEX if is_sqlite else COLUMN))]


def test_migrations_make_what_the_models_say(app: Flask, migrated: Flask) -> None:
    with migrated.app_context():
        with database.engine.connect() as connection:
            options = {"compare_type": True, "include_name": is_of_models}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, database.metadata) == []
        by_migration, locked_by_migration = triggers(), policies()
        searched_by_migration = searched()
    with app.app_context():
        by_models, locked_by_models = triggers(), policies()
        searched_by_models = searched()
        database.session.remove()
    assert by_migration == by_models != {}
    assert len(searched_by_migration) == 2
    assert searched_by_migration == searched_by_models
    lacking = {
        name for name, row in locked_by_models.items() if row != locked_by_migration.get(name)
    }
    lines = "\n".join(locking(database.metadata, lacking))
    assert locked_by_migration == locked_by_models, f"a migration must say (see 0006):\n{lines}"
