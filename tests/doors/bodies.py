"""What is sent to each route that changes something: a body that would do it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.account.tokens import digest
from app.db import db
from app.scheduler.client_forms import COMMENT, seal_of
from app.scheduler.client_links import ClientLink, ClientLinkPost
from app.scheduler.notice_kinds import CHOSEN
from tests import make
from tests.doors.actors import ELSEWHERE, ORCHARD, Actor
from tests.doors.world import OWN, World

Body = dict[str, Any]
NOTHING: Body = {}
NEW = {"name": "Dora Dell", "email": "dora@new.example", "password": "seven calm otters"}
AGE = {"birth_month": "5", "birth_year": "1990", "accept": "y"}
LATER = {"due_at": "2027-01-01T10:00"}
POST = {"text": "Hello from the matrix", "when": "at", **LATER, "version": "1", "nonce": "matrix"}
HOLD = {"scope": "user", "target": "1", "authority": "A court", "reason": "A case"} | {
    "review_on": "2027-01-01"
}
PLAN = {"plan": "solo", "cycle": "monthly", "quantity": "1", "currency": "eur"}
SLOTS = {"weekdays": ["0", "4"], "times": "9:30, 17", "timezone": "UTC"}
SENT = {"text": "x", "pictures": [], "created_at": "2026-11-24T10:00:00Z"}


def with_things(body: Body) -> Callable[[World, Actor], Body]:
    """With a channel and a picture of the actor's own."""

    def made(world: World, actor: Actor) -> Body:
        own = {
            name: world.value(place, actor, OWN)
            for name, place in (("channels", "/channels/<id>"), ("kept", "/media/<id>"))
        }
        return body | own

    return made


def with_post(body: Body, name: str = "posts") -> Callable[[World, Actor], Body]:
    """With a post of the actor's own organisation."""
    return lambda world, actor: body | {name: world.value("/posts/<id>", actor, OWN)}


def as_client(world: World, actor: Actor) -> Body:
    """A comment by the link, on the post that it opens."""
    token = world.value("/approvals/<token>", actor, OWN)
    assert token
    ours = ClientLink.token_hash == digest(token)
    found = select(ClientLinkPost.post_id).join(ClientLink).where(ours)
    id = db.session.scalars(found).one()
    answer = {"name": "Ines", "words": "Plums?", "answer": COMMENT, "hash": ""}
    return answer | {"post": str(id), "seal": seal_of(token, id)}


def with_source(world: World, actor: Actor) -> Body:
    """From a channel of the actor's own to itself, where all of it is there already."""
    own = world.value("/channels/<id>", actor, OWN)
    return {"from": own, "channels": own}


def own_name(_: World, actor: Actor) -> Body:
    return {"name": actor.home}


def own_template(_: World, actor: Actor) -> Body:
    """No two of an organisation have one name."""
    return {"name": f"By {actor.name}", "text": "Apples", "kind": "post"}


def other_organization(world: World, actor: Actor) -> Body:
    """Only who belongs to both can change over."""
    other = ORCHARD if actor.home == ELSEWHERE else ELSEWHERE
    return {"organization": str(world.organizations[other])}


SHEET = {"text": "0", "channels": "1", "timezone": "UTC", "order": "day"} | {
    "undated": "draft",
    "past": "tell",
}


BODIES: dict[str, Body | Callable[[World, Actor], Body]] = {
    "account.add_passkey": {"name": "Key", "credential": "x"},
    "account.begin_app": NOTHING,
    "account.accept_invitation": NEW | AGE,
    "account.change_approval": {"approval_rule": "one"},
    "account.change_address": {"email": "new@doors.example"},
    "account.change_member_role": {"role": "editor"},
    "account.change_organization": {"name": "Grove", "timezone": "UTC", "late_after": "30"},
    "account.change_password": {"password": make.PASSWORD, "new_password": "nine loud magpies"},
    "account.change_profile": {"name": "Dora", "timezone": "UTC", "theme": "dark"},
    "account.choose_password": {"password": "nine loud magpies"},
    "account.confirm_address": NOTHING,
    "account.challenge_again": NOTHING,
    "account.challenge_new_passkey": NOTHING,
    "account.challenge_second_factor": NOTHING,
    "account.challenge_sign_in": NOTHING,
    "account.confirm_app": {"code": "123456"},
    "account.confirm_by_code": {"code": "123456"},
    "account.confirm_by_passkey": {"credential": "x"},
    "account.confirm_by_password": {"password": make.PASSWORD, "next": "/account"},
    "account.create_account": NEW | AGE | {"organization": "Grove", "timezone": "UTC"},
    "account.found_organization": {"organization": "Grove"},
    "account.invite_member": {"email": "dora@new.example", "role": "viewer"},
    "account.leave_organization": own_name,
    "account.logout": NOTHING,
    "account.mail_invitation": NOTHING,
    "account.make_codes": NOTHING,
    "account.name_passkey": {"name": "Desk"},
    "account.prove_second_factor": {"code": "123456"},
    "account.remove_app": NOTHING,
    "account.remove_member": NOTHING,
    "account.remove_passkey": NOTHING,
    "account.remove_password": NOTHING,
    "account.require_second_factor": {"required": "y"},
    "account.resend_verification": NOTHING,
    "account.revoke_invitation": NOTHING,
    "account.revoke_other_sessions": NOTHING,
    "account.revoke_session": NOTHING,
    "account.send_password_link": {"email": "owner-of-orchard@doors.example"},
    "account.sign_in": {"email": "owner-of-orchard@doors.example", "password": make.PASSWORD},
    "account.set_password": {"new_password": "nine loud magpies"},
    "account.sign_in_with_passkey": {"credential": "x"},
    "account.take_ownership": NOTHING,
    "account.switch_organization": other_organization,
    "billing.cancel": NOTHING,
    "billing.change": PLAN,
    "billing.checkout": PLAN,
    "billing.choose_channels": NOTHING,
    "billing.portal": NOTHING,
    "billing.resume": NOTHING,
    "billing.trial": PLAN,
    "billing.webhook": NOTHING,
    "channels.check": NOTHING,
    "channels.connect_accounts": {"account": "0"},
    "canary.put_post": SENT,
    "channels.disconnection": NOTHING,
    "channels.open_channel": NOTHING,
    "channels.set_out": NOTHING,
    "feeds.make": NOTHING,
    "feeds.revoke": NOTHING,
    "labels.delete": NOTHING,
    "labels.rename": {"name": "Autumn"},
    "library.describe": {"alt": "A tree", "labels": "Autumn"},
    "library.put_away": NOTHING,
    "library.put_back": NOTHING,
    "library.upload": NOTHING,
    "meta.deauthorize": NOTHING,
    "meta.deletion": NOTHING,
    "my_requests.appeal": {"words": "Please look at it again."},
    "my_requests.ask": {"kind": "correction", "details": "My name is Dora."},
    "my_requests.confirm": NOTHING,
    "my_requests.withdraw": NOTHING,
    "operator.answer_request": {"words": "Here it is."},
    "operator.answer_support": {"words": "Here it is."},
    "operator.approve_hold": NOTHING,
    "operator.assess_incident": {"reached": ["user"], "risk": "none"},
    "operator.carry_out_request": NOTHING,
    "operator.change_summary": {"summary": "More is known."},
    "operator.close_incident": NOTHING,
    "operator.close_support": NOTHING,
    "operator.contain_incident": NOTHING,
    "operator.extend_request": {"extension": "complex"},
    "operator.let_retention_go": NOTHING,
    "operator.mail_link": NOTHING,
    "operator.notify_authority": NOTHING,
    "operator.open_incident": {"title": "Lost", "summary": "x", "found_at": "2026-11-20T10:00"},
    "operator.place_hold": HOLD,
    "operator.refuse_request": {"reason": "excessive", "refusal": "Asked each day."},
    "operator.release_hold": NOTHING,
    "operator.review_hold": {"review_on": "2027-01-01"},
    "operator.search": {"words": "spare", "reason": "a letter of theirs"},
    "operator.start_request": NOTHING,
    "operator.start_retention": NOTHING,
    "operator.tell_people": {"notice": "A laptop was lost."},
    "operator.verify_request": {"why": "They called us."},
    "posts.approve": {"hash": "x"},
    "posts.autosave": {"text": "Hello from the matrix"},
    "posts.cancel": NOTHING,
    "posts.comment": {"comment": "Good."},
    "posts.create": with_things(POST),
    "posts.delete": NOTHING,
    "posts.move": LATER,
    "posts.publish_now": NOTHING,
    "posts.save": with_things(POST),
    "posts.send_back": {"reason": "Too long."},
    "posts.show_cards": with_things(POST),
    "posts.show_dates": with_things(POST),
    "posts.show_meeting": with_post({"text": "Other words"}, "post"),
    "posts.show_previews": with_things(POST),
    "scheduler.approve_shown": {"shown": "0:x"},
    "scheduler.move_a_day": {"to": "2027-01-01"},
    "privacy_settings.answer_consent": {"answer": "no"},
    "privacy_settings.ask_deletion": NOTHING,
    "privacy_settings.confirm_import": NOTHING,
    "privacy_settings.correct": {"details": "My name is Dora."},
    "privacy_settings.drop_import": NOTHING,
    "privacy_settings.fetch_export": NOTHING,
    "privacy_settings.lift_restriction": NOTHING,
    "privacy_settings.object_to": {"details": "To statistics."},
    "privacy_settings.object_to_reports": NOTHING,
    "privacy_settings.order_export": NOTHING,
    "privacy_settings.restrict": NOTHING,
    "privacy_settings.take_back_deletion": NOTHING,
    "privacy_settings.take_objection_back": NOTHING,
    "privacy_settings.upload_import": NOTHING,
    "publishing.decide_late": {"decision": "now", "deliveries": "1"},
    "publishing.decision": {"decision": "again", "sure": "yes"},
    "publishing.pause_all": NOTHING,
    "publishing.pause_channel": NOTHING,
    "publishing.resume_all": NOTHING,
    "publishing.resume_channel": NOTHING,
    "reports.choose_mail": {"rhythm": "weekly"},
    "reports.make_link": {"month": "", "channel": "", "days": "7"},
    "reports.revoke_link": NOTHING,
    "reports.stop_mails": {"List-Unsubscribe": "One-Click"},
    "requests.appeal": {"words": "Please look at it again."},
    "requests.ask": {"kind": "access", "email": "dora@new.example"},
    "requests.confirm": {"kind": "access", "details": ""},
    "requests.withdraw": NOTHING,
    "sandbox.like": NOTHING,
    "sandbox_api.delete_post": NOTHING,
    "sandbox_api.put_picture": NOTHING,
    "sandbox_api.put_post": SENT,
    "scheduler.answer_as_client": as_client,
    "scheduler.make_client_link": with_post({"days": "14"}),
    "scheduler.revoke_client_link": NOTHING,
    "scheduler.add_slots": with_things(SLOTS),
    "scheduler.choose_mails": dict.fromkeys(CHOSEN, "digest"),
    "scheduler.stop_mails": {"List-Unsubscribe": "One-Click"},
    "scheduler.change_date": {"skip": "2026-12-24"},
    "scheduler.end_series": {"waiting": "cancel"},
    "scheduler.change_slot": {"weekday": "1", "time": "10:00", "timezone": "UTC"},
    "scheduler.copy_slots": with_source,
    "scheduler.delete_slot": NOTHING,
    "scheduler.read_notification": NOTHING,
    "scheduler.read_notifications": NOTHING,
    "scheduler.reorder": {"order": ""},
    "spreadsheets.confirm": SHEET,
    "spreadsheets.remove": NOTHING,
    "spreadsheets.upload": NOTHING,
    "support.ask": {"topic": "Hello", "text": "A question", "email": "dora@new.example"},
    "support.close": NOTHING,
    "support.confirm": NOTHING,
    "support.write": {"text": "One more thing"},
    "support.write_by_letter": {"text": "One more thing"},
    "templates.create": own_template,
    "templates.delete": NOTHING,
    "templates.save": own_template,
    "trail.export": NOTHING,
}


def body(endpoint: str, world: World, actor: Actor) -> Body:
    """Raises KeyError for a route without one."""
    found = BODIES[endpoint]
    return found(world, actor) if callable(found) else found
