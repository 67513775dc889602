"""Row-level security: the second lock, looked at without the first."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.db import db as database
from app.privacy.paths import ways_to_organization
from app.scheduler.models import Delivery, Post
from app.scope import within_organization
from app.tenants import owners
from tests import make
from tests.tenants.probing import faults, told
from tests.tenants.town import Town

pytestmark = pytest.mark.usefixtures("on_postgres")


@pytest.mark.proves("P7.0", "P7.1", "P2.2")
def test_postgres_itself_keeps_organisations_apart(town: Town) -> None:
    found = [
        fault
        for name in owners(database.metadata)
        for fault in faults(database.metadata.tables[name], town)
    ]
    assert found == []


def test_the_application_is_an_ordinary_role_that_owns_nothing(town: Town) -> None:
    with told("*") as connection:
        role = connection.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).scalar_one()
        owned = connection.execute(
            text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        ).scalar_one()
    assert (role, owned) == (False, 0)


def test_every_table_of_an_organisation_has_its_policy(town: Town) -> None:
    with told("*") as connection:
        locked = connection.execute(
            text(
                "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid"
                " WHERE relrowsecurity AND relforcerowsecurity"
            )
        ).scalars()
        assert set(locked) == set(owners(database.metadata))
    named = {
        table.name
        for table in database.metadata.sorted_tables
        if any(column.name.startswith("organization") for column in table.columns)
    }
    assert named | set(ways_to_organization(database.metadata)) <= set(owners(database.metadata))


def test_a_setting_ends_with_its_transaction(town: Town) -> None:
    with within_organization(town.orchard):
        assert {
            post.organization_id for post in database.session.scalars(database.select(Post))
        } == {town.orchard}
        database.session.commit()
        assert _setting() == str(town.orchard)
        database.session.commit()
    with within_organization(town.elsewhere):
        assert _setting() == str(town.elsewhere)
        nested = database.session.begin_nested()
        with within_organization(town.orchard):
            assert _setting() == str(town.orchard)
        nested.rollback()
        assert _setting() == str(town.elsewhere)


def _setting() -> str:
    return str(database.session.scalar(text("SELECT current_setting('app.organization', true)")))


def test_a_post_can_not_be_sent_to_a_foreign_channel(town: Town) -> None:
    """Not even when a route forgot to look whose channel it is."""
    foreign = make.channel(town.charlie, name="foreign").id
    post = make.post(town.alice, make.channel(town.alice, name="own"))
    with within_organization(town.orchard):
        database.session.add(
            Delivery(
                organization_id=town.orchard, post_id=post.id, channel_id=foreign, state="draft"
            )
        )
        with pytest.raises(ProgrammingError, match="row-level security"):
            database.session.flush()
    database.session.rollback()
