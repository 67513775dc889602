"""Runs migrations with the application's own engine and models."""

from typing import Any

from alembic import context
from flask import current_app

from app.db import Moment
from app.scheduler.searching import NOT_IN_MODELS
from app.scope import across_organizations

config = context.config


def render_item(kind: str, thing: Any, _: Any) -> str | bool:
    """Name database types in migrations, not ours: a migration outlives the code."""
    if kind == "type" and isinstance(thing, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def leave_empty_out(_: Any, __: Any, directives: Any) -> None:
    if config.cmd_opts and getattr(config.cmd_opts, "autogenerate", False):
        script = directives[0]
        if script.upgrade_ops.is_empty():
            directives[:] = []


def is_of_models(name: str | None, _: str, __: object) -> bool:
    return not (name and NOT_IN_MODELS.fullmatch(name))


@across_organizations("a migration changes everybody's rows")
def run() -> None:
    migrate = current_app.extensions["migrate"]
    with migrate.db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":  # a migration may take its time
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.commit()
        else:  # a table may be made anew and renamed while triggers of others name it
            connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            process_revision_directives=leave_empty_out,
            render_item=render_item,
            include_name=is_of_models,
            transaction_per_migration=True,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
