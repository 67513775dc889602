"""Where the database's schema stands, beside what this code wants."""

from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.db import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


@dataclass(frozen=True)
class Standing:
    """Revisions by their names. A revision that this code does not know is newer than it."""

    present: str | None
    wanted: str | None
    is_known: bool

    @property
    def is_behind(self) -> bool:
        return self.present != self.wanted and self.is_known


def look() -> Standing:
    """Ask the database. Raises SQLAlchemyError when it can't be reached."""
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory(str(MIGRATIONS))
    known = {script.revision for script in scripts.walk_revisions()}
    return Standing(present, scripts.get_current_head(), present is None or present in known)
