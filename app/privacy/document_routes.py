"""Public pages drawn from the rules and registers: cookies, retention, recipients, and the same for
machines at /.well-known/privacy.json."""

from typing import Any

from flask import Response, jsonify

from app import clock
from app.datamap import columns, mark
from app.db import db
from app.privacy import policy, registers, retention_runs, words
from app.privacy.promises import load_register
from app.privacy.retention import load_rules
from app.privacy.routes import bp
from app.web import page, public


@bp.get("/privacy/cookies")
@public
def cookies() -> Response:
    return page("privacy/cookies.html", "cookies", kept=registers.kept_in_browsers())


@bp.get("/privacy/retention")
@public
def retention() -> Response:
    late = retention_runs.overdue(clock.now())
    last = retention_runs.last_finished()
    return page("privacy/retention.html", "retention", rules=load_rules(), overdue=late, last=last)


@bp.get("/privacy/subprocessors")
@public
def subprocessors() -> Response:
    return page(
        "privacy/subprocessors.html",
        "subprocessors",
        providers=registers.providers(),
        destinations=registers.destinations(),
    )


@bp.get("/.well-known/privacy.json")
@public
def machine_readable() -> Response:
    """What the pages say, for programs: promises, kinds of data, periods, recipients, rights."""
    who = policy.operator()
    facts: dict[str, Any] = {
        "version": load_register().updated_on.isoformat(),
        "operator": {"name": who.name, "email": who.email, "country": who.country} if who else None,
        "promises": {one.id: one.sentence for one in load_register().promises},
        "data": [_column(column) for column in columns(db.metadata) if _is_personal(column)],
        "retention": {rule.id: rule.sentence for rule in load_rules().rules},
        "backups_days": load_rules().backup_days,
        "recipients": [one.name for one in registers.providers() if one.is_used],
        "destinations": [one.name for one in registers.destinations()],
        "rights": {"with an account": "/settings/privacy", "for anybody": "/privacy/request"},
    }
    return jsonify(facts)


def _is_personal(column: Any) -> bool:
    found = mark(column)
    return bool(found and found.is_personal)


def _column(column: Any) -> dict[str, str]:
    found = mark(column)
    assert found and found.purpose and found.basis
    return {
        "column": str(column),
        "category": str(found.category),
        "what": words.CATEGORIES[found.category],
        "why": found.why,
        "purpose": str(found.purpose),
        "basis": str(found.basis),
        "retention": str(found.retention),
    }
