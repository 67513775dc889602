"""Whose things a piece of work may touch: one organisation's, or by name everybody's."""

import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db as database
from app.scheduler.models import Post
from app.scope import EVERYBODY, scope, within_organization
from app.tenants import Unscoped
from tests import make
from tests.processes import of_its_own

APP = Path(__file__).resolve().parents[2] / "app"
# Every place that sees across organisations, and how often. A new one wants a reason in its brackets.
ACROSS = {
    "account/activity.py": 2,  # a person's own events
    "account/audit_jobs.py": 1,  # every owner
    "account/invitations.py": 1,  # a link is of one
    "account/jobs.py": 1,  # a row says which one
    "account/membership.py": 1,  # a person's own memberships
    "account/signup.py": 1,  # a new one
    "analytics/jobs.py": 3,  # figures are collected, and end, for everybody
    "billing/closing.py": 1,  # a person may own several
    "billing/closing_jobs.py": 1,  # whichever are to be deleted
    "billing/jobs.py": 3,  # an event says whose it is; every customer is looked at, every grace ends
    "channels/connecting.py": 1,  # a network names an account, not an organisation
    "analytics/advice_jobs.py": 1,  # the clock asks for everybody's posts
    "analytics/links.py": 1,  # a link says whose report it opens
    "analytics/report_jobs.py": 1,  # a row says whose report it is
    "analytics/subscriptions.py": 2,  # the clock asks for everybody's; a link says whose mails
    "audit/erasing.py": 3,  # one log for all
    "audit/cli.py": 1,  # one log for all
    "audit/recording.py": 1,
    "audit/verifying.py": 1,
    "cli.py": 2,
    "doctor.py": 1,
    "media/sweeping.py": 1,  # renditions lie in one folder
    "privacy/erasure_jobs.py": 1,  # a person is in several, and some go with them
    "privacy/erasure_plan.py": 1,
    "privacy/erasures.py": 3,
    "privacy/retention_runs.py": 3,  # retention counts for everybody
    "privacy/scanner.py": 1,  # every store is searched
    "live_jobs.py": 1,  # promises are watched for everybody
    "operator/billing_routes.py": 1,  # every customer is counted
    "operator/blast_radius.py": 1,  # whom an incident concerns
    "operator/deliveries.py": 3,  # what is in trouble, whosever it is
    "operator/incidents.py": 1,
    "operator/overview.py": 1,  # how many deliveries wait
    "operator/people_routes.py": 1,  # what a person belongs to
    "operator/usage.py": 1,  # use is counted over all
    "privacy/privacy_cli.py": 1,  # a person is in several
    "privacy/exports.py": 2,  # a person's things stand in several
    "privacy/holdings.py": 2,
    "privacy/holds_cli.py": 1,  # a hold may keep anybody's
    "privacy/import_walks.py": 2,  # a copy may hold several that the person owns
    "publishing/clockwork.py": 1,
    "publishing/engine.py": 1,
    "publishing/health.py": 1,  # a publisher that is dead is so for everybody
    "publishing/jobs.py": 2,  # one publisher for all; keys wear out everywhere
    "publishing/telling.py": 1,  # whoever was not told, wherever that is
    "scheduler/repeat_jobs.py": 1,  # a series is of one, and each has its own
    "scheduler/client_links.py": 1,  # a link says whose posts it opens
    "scheduler/digest_jobs.py": 1,  # a person's news come from all that they belong to
    "scheduler/digests.py": 1,  # the clock asks for everybody's
    "scheduler/notices.py": 1,  # a mail leads to what is told in any organisation of the person
    "scheduler/jobs.py": 3,  # a row says which one; what nobody was told about
    "scheduler/library_jobs.py": 1,  # every organisation has a trash
    "scheduler/feeds.py": 1,  # a link says whose calendar it opens
    "sandbox/models.py": 1,  # a key opens one wall
    "sign_in.py": 1,  # which one a person acts in
    "trail/proving.py": 1,  # one log for all
    "trail/reading.py": 2,  # a person's own events
}


def test_the_places_that_see_across_organisations_are_a_closed_list() -> None:
    found = Counter(
        str(path.relative_to(APP))
        for path in APP.rglob("*.py")
        for _ in re.findall(r"across_organizations\(\s*\"", path.read_text())
    )
    assert dict(found) == ACROSS


@pytest.mark.proves("P7.0", "P2.2")
def test_without_a_scope_an_organisations_tables_are_closed(db: object) -> None:
    make.post(make.alice())
    database.session.rollback()
    with of_its_own():
        for statement in (
            database.select(Post.id),
            database.select(Post.id).join(Post.deliveries),
            database.update(Post).values(text="mine"),
            database.delete(Post),
            database.text("SELECT 1 FROM post"),
            database.text('INSERT INTO "post" DEFAULT VALUES'),
        ):
            with pytest.raises(Unscoped):
                database.session.execute(statement)
        database.session.rollback()
    assert database.session.scalars(database.select(Post.text)).all() == ["Hello"]


def test_a_request_begins_with_nobodys_things_and_leaves_nothing_behind(
    app: Flask, client: FlaskClient
) -> None:
    seen = []
    app.before_request_funcs[None].insert(1, lambda: seen.append(scope.get()))
    app.teardown_request_funcs[None].append(lambda _: seen.append(scope.get()))
    try:
        client.get("/calendar")
        client.get("/privacy")
        app.test_client().get("/calendar")
    finally:
        del app.before_request_funcs[None][1], app.teardown_request_funcs[None][-1]
    ours = str(make.member(make.alice()).organization_id)
    assert seen == ["", ours, "", ours, "", ""]
    assert scope.get() == EVERYBODY, "the test's own is back"


def test_a_scope_ends_with_its_block_also_when_that_fails() -> None:
    with of_its_own():
        with pytest.raises(AssertionError), within_organization(3):
            assert scope.get() != "3"
        assert scope.get() == ""
