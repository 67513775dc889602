"""What a person allowed: each consent with its text and history, a yes and a no of equal weight."""

from flask import Response, abort, flash, jsonify, request
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, telemetry, viewer
from app.db import db
from app.privacy import consents
from app.privacy.notices import Notice, notices
from app.privacy.receipts import receipt
from app.privacy.settings_routes import bp
from app.web import allows, page, see

PAGES = {"consents": "privacy_settings.list_consents", "telemetry": "privacy_settings.telemetry"}
BROWSER_SAYS_NO = (
    "Your browser sends Global Privacy Control. It counts as a no, so nothing changed."
)
ON = "On. You can stop it here at any time."
OFF = "Off. Nothing more is sent, and what waited is dropped."
READ_AGAIN = "The text has changed, or this page was open for long. Read it again, then answer."


def row(notice: Notice, variant: str) -> dict[str, object]:
    """What a page shows of one consent, and what its form carries back."""
    return {
        "notice": notice,
        "state": consents.state_of(current_user.id, notice.purpose),
        "history": consents.history(current_user.id, notice.purpose),
        "shown": consents.show(notice.purpose, variant, clock.now()),
        "variant": variant,
    }


@bp.get("/consents")
@allows("self")
def list_consents() -> Response:
    rows = [row(notice, "consents") for notice in notices().values()]
    refuses = telemetry.refuses_tracking()
    response = page("privacy/consents.html", "consents", rows=rows, refuses=refuses)
    response.vary.add("Sec-GPC")
    return response


@bp.post("/consents/<purpose>")
@allows("self")
def answer_consent(purpose: str) -> BaseResponse:
    """A yes counts for the text that it stood under; a no always counts."""
    notice, now = notices().get(purpose) or abort(404), clock.now()
    shown = consents.read_shown(notice.purpose, request.form.get("shown", ""), now)
    recorded, words = None, READ_AGAIN
    match request.form.get("answer"):
        case "no":
            no = shown or consents.unread(notice.purpose, now)
            recorded, words = consents.refuse(current_user.id, no, now), OFF
        case "yes" if telemetry.refuses_tracking():
            words = BROWSER_SAYS_NO
        case "yes" if shown:
            recorded, words = consents.give(current_user.id, shown, now), ON
        case "yes":
            pass  # the words say what to do
        case _:
            abort(422, "Answer yes or no.")
    if recorded:
        audit.record(f"consent.{recorded}", purpose=notice.purpose)
    else:
        audit.unchanged()
    db.session.commit()
    flash(words, "message")
    return see(PAGES.get(request.form.get("back", ""), PAGES["consents"]))


@bp.get("/consents/<purpose>/receipt")
@allows("self")
def consent_receipt(purpose: str) -> Response:
    notice = notices().get(purpose) or abort(404)
    response = jsonify(receipt(current_user, notice.purpose, clock.now()))
    name = f"allstac-consent-{notice.purpose.replace('_', '-')}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.before_app_request
def heed_browser() -> None:
    """Whoever sends Sec-GPC and acts takes back an earlier yes, also for what jobs do later. Only
    where something may be written; looking at pages changes nothing."""
    if request.method != "POST" or not telemetry.refuses_tracking():
        return
    person = viewer.person()
    if person and consents.withdraw_by_signal(person.id, clock.now()):
        audit.record("consent.withdrawn", purpose=consents.ANALYTICS, signal=True)
        db.session.commit()
