"""The audit trail's pages: of an organisation, of a person, and the signed heads for everybody."""

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, jsonify, request, stream_with_context
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.account import visits, watching
from app.account.membership import members
from app.account.sign_in_routes import tell
from app.audit import heads
from app.privacy.streaming import csv_line
from app.trail import proving, reading
from app.trail.forms import FilterForm
from app.web import allows, ids, page, public

bp = Blueprint("trail", __name__)
COLUMNS = ("number", "time", "person", "what", "concerning", "details", "action")


@bp.get("/organization/audit")
@allows("audit.view")
def organization() -> Response:
    form = _filter(request.args)
    fine = form.validate()
    wanted = form.wanted if fine else reading.Wanted()
    rows = reading.of_organization(g.member.organization_id, wanted)
    shown, older = reading.page_of(rows, _older_than()) if fine else ([], None)
    return page(
        "trail/organization.html",
        "trail",
        200 if fine else 422,
        form=form,
        rows=shown,
        turning=_turning(older),
        head=heads.newest(),
    )


def _filter(fields: "MultiDict[str, str]") -> FilterForm:
    people = {member.user_id: member.user.name for member in members(g.member)}
    return FilterForm(formdata=fields, people=people, zone=current_user.zone)


def _older_than() -> int | None:
    """Where an earlier page ended."""
    asked = request.args.get("older_than")
    if asked is None:
        return None
    [number] = ids([asked]) or abort(404)
    return number


def _turning(older: int | None) -> dict[str, str | None]:
    """Where the pages before and after this one are, with the same question."""
    asked = {name: value for name, value in request.args.items() if name != "older_than"}
    further = asked | {"older_than": str(older)}
    return {
        "newest_url": f"?{urlencode(asked)}" if "older_than" in request.args else None,
        "older_url": f"?{urlencode(further)}" if older is not None else None,
    }


@bp.post("/organization/audit/export")
@allows("audit.view")
def export() -> BaseResponse:
    """A POST, since each download is on record. The same filter as on the page."""
    form = _filter(request.form)
    if not form.validate():
        abort(422, "Choose a person, an action and dates from the page.")
    told = watching.copies(current_user, visits.present(), clock.now())
    audit.record("audit.exported")
    tell(told)
    found = reading.everything(g.member.organization_id, form.wanted)
    zone = current_user.zone

    def lines() -> Iterator[bytes]:
        yield csv_line(COLUMNS)
        for one in found:
            at = one.at.astimezone(zone)
            yield csv_line((one.number, at, one.who, one.words, one.whom, one.details, one.action))

    response = Response(stream_with_context(lines()), mimetype="text/csv")
    name = f"audit-trail-{clock.now().astimezone(zone):%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@bp.get("/account/security/events")
@allows("self")
def own() -> Response:
    rows, older = reading.own_page(current_user, _older_than())
    return page("trail/own.html", "events", rows=rows, turning=_turning(older), head=heads.newest())


@bp.get("/account/security/events/<int:number>/proof")
@allows("self")
def proof(number: int) -> Response:
    row = reading.own_event(current_user, number)
    head = heads.newest()
    if row is None or head is None or head.size <= number:
        abort(404)
    response = jsonify(proving.prove(row, head))
    response.headers["Content-Disposition"] = f'attachment; filename="proof-{number}.json"'
    return response


@bp.get("/.well-known/audit-head.json")
@public
def signed_heads() -> Response:
    """Every signed head, so that anybody can keep a copy of what the log is held to."""
    key = heads.public_key()
    shown = [heads.as_json(head) for head in heads.every()]
    return jsonify(public_key=key.public_bytes_raw().hex() if key else None, heads=shown)
