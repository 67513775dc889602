"""What leaves about a person: both switches, what may leave at all, and what did in 30 days."""

from flask import Response, flash
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app import telemetry as telemetries
from app.db import db
from app.privacy import consents
from app.privacy.consent_routes import row
from app.privacy.notices import notices
from app.privacy.settings_routes import bp
from app.telemetry import outbox, people, registry
from app.web import allows, page, see


@bp.get("/telemetry")
@allows("self")
def telemetry() -> Response:
    now = clock.now()
    response = page(
        "privacy/telemetry.html",
        "telemetry",
        recipients=telemetries.recipients(),
        refuses=telemetries.refuses_tracking(),
        consent=row(notices()[consents.ANALYTICS], "telemetry"),
        objected_at=people.objected_at(current_user.id),
        events=[event for event in registry.events().values() if event.is_live(now)],
        records=outbox.sent_about(current_user.id, now),
    )
    response.vary.add("Sec-GPC")
    return response


@bp.post("/telemetry/objection")
@allows("self")
def object_to_reports() -> BaseResponse:
    telemetries.object_to_reports(current_user.id, clock.now())
    audit.record("reports.objected")
    db.session.commit()
    flash("Error reports that concern you are not sent any more.", "message")
    return see("privacy_settings.telemetry")


@bp.post("/telemetry/objection/withdrawal")
@allows("self")
def take_objection_back() -> BaseResponse:
    telemetries.object_to_reports(current_user.id, None)
    audit.record("reports.allowed")
    db.session.commit()
    flash("Your objection is taken back.", "message")
    return see("privacy_settings.telemetry")
