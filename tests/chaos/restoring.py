"""A backup of the database, and bringing it back while the networks keep their truth."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from app.db import db
from tests.servers import postgres


class Backup:
    """Of the database at that URL; made and put back while nobody has it open."""

    def __init__(self, url: str, folder: Path) -> None:
        self.name = make_url(url).database or ""
        self.is_file = url.startswith("sqlite")
        self.copy = str(folder / "backup.db") if self.is_file else f"{self.name}_backup"

    def make(self) -> None:
        _let_go()
        if self.is_file:
            with (
                closing(sqlite3.connect(self.name)) as now,
                closing(sqlite3.connect(self.copy)) as to,
            ):
                now.backup(to)
            return
        self.drop()
        postgres.copy(self.name, self.copy)

    def put_back(self) -> None:
        _let_go()
        if self.is_file:
            for beside in ("-wal", "-shm"):
                Path(self.name + beside).unlink(missing_ok=True)
            shutil.copyfile(self.copy, self.name)
            return
        postgres.drop(self.name)
        postgres.copy(self.copy, self.name)

    def drop(self) -> None:
        if not self.is_file:
            postgres.drop(self.copy)


def _let_go() -> None:
    db.session.remove()
    db.engine.dispose()
