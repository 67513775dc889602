"""The documents and pages that the policy names say what the code does."""

import json
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import datamap
from app.db import db as database
from app.privacy import documents, registers
from app.privacy.promises import load_register
from app.privacy.retention import load_rules


@pytest.mark.proves("P5.8", "P6.4", "P2.5")
def test_every_document_is_as_the_code_would_write_it_now(app: Flask) -> None:
    with app.app_context():
        assert documents.build(database.metadata, check=True) == []


@pytest.mark.proves("P5.8", "P6.4")
def test_the_named_documents_are_there_for_everybody(anonymous: FlaskClient) -> None:
    for name in ("cookie-consent-disclosure", "data-processing-and-retention-policy"):
        answer = anonymous.get(f"/docs/policies/{name}")
        assert answer.status_code == 200, name
        assert "<table>" in answer.text


def test_a_changed_rule_makes_the_document_stale(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = load_rules()
    longer = type(rules)(rules.rules, 36, "Backups end after 36 days.")
    monkeypatch.setattr(documents, "load_rules", lambda: longer)
    with app.app_context():
        stale = documents.build(database.metadata, check=True)
    assert stale == ["data-processing-and-retention-policy.md"]


@pytest.mark.proves("P6.4")
def test_the_page_of_periods_reads_the_same_file(anonymous: FlaskClient) -> None:
    page = unescape(anonymous.get("/privacy/retention").text)
    assert [rule.id for rule in load_rules().rules if rule.sentence not in page] == []
    assert "0 rows are overdue" in page


@pytest.mark.proves("P4.2", "P4.3", "P9.1")
def test_each_provider_says_what_it_gets_where_and_under_what_contract(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = unescape(anonymous.get("/privacy/subprocessors").text)
    for provider in registers.providers():
        assert all((provider.contract, provider.safeguard, provider.country, provider.erasure))
        assert provider.contract in page
    assert "in use" not in page  # nothing is set up in tests
    settings = app.config["SETTINGS"].model_copy(update={"sentry_dsn": "https://k@s.example/1"})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert anonymous.get("/privacy/subprocessors").text.count("in use") == 1


def test_the_policy_is_there_for_machines(anonymous: FlaskClient) -> None:
    facts = json.loads(anonymous.get("/.well-known/privacy.json").text)
    marked = [
        str(c)
        for c in datamap.columns(database.metadata)
        if (m := datamap.mark(c)) and m.is_personal
    ]
    assert [row["column"] for row in facts["data"]] == marked
    assert set(facts["promises"]) == {promise.id for promise in load_register().promises}
    assert facts["operator"] is None  # nobody else's name


@pytest.mark.proves("P5.1", "P5.3")
def test_no_cookie_serves_advertising(app: Flask) -> None:
    purposes = {one.purpose for one in registers.kept_in_browsers()}
    assert purposes == {"keeps you signed in"}
