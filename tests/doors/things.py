"""What an address can name: which thing stands at which place, and how one is made.

A new place wants a line in one of the three tables below: an organisation's thing is made for both
organisations, a person's for every actor, and what is `ANYBODYS` opens for whoever holds its name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app import audit, storage
from app.account.invitations import Invitation, invite
from app.account.models import Membership, Organization, User
from app.account.passkeys import Passkey
from app.account.permissions import Role
from app.account.tokens import LoginSession, OneTimeToken
from app.analytics import links, subscriptions
from app.analytics.links import ReportLink
from app.analytics.models import Measure
from app.audit.models import AuditEvent
from app.billing.models import Invoice
from app.channels.connecting import attach
from app.channels.models import Channel
from app.db import db
from app.media import addresses
from app.media.models import Asset
from app.networks import Account, Grant
from app.operator import incidents
from app.privacy import erasures, holds, request_intake, sealed_file, versions
from app.privacy.exports import ExportRun
from app.privacy.imports import ImportRun
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind, Source
from app.privacy.retention_runs import RetentionRun
from app.sandbox.models import Wall, WallPicture, WallPost
from app.scheduler import client_links, feeds, labels, mail_choices, repeating, templates
from app.scheduler.client_links import ClientLink
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.labels import Label
from app.scheduler.models import Delivery, Post
from app.scheduler.notices import Notice
from app.scheduler.recurrence import Recurrence
from app.scheduler.rules import Rule
from app.scheduler.saying import Words
from app.scheduler.slots import Slot
from app.scheduler.templates import Content, Template
from app.spreadsheets import uploads
from app.spreadsheets.uploads import Spreadsheet
from app.support import conversing
from app.support.models import Conversation
from tests.doors.actors import begin_session


@dataclass(frozen=True)
class Owner:
    """For whom a thing is made; `number` is another one each time, since names are unique."""

    member: Membership
    now: datetime
    number: int

    @property
    def organization_id(self) -> int:
        return self.member.organization_id


def channel(owner: Owner) -> Channel:
    name = f"c{owner.number}"
    account = Account("sandbox", "http://localhost:1", name, f"{name}.test", name, "http://x.test")
    return attach(owner.member, account, Grant({"token": "t"}, None), owner.now)


def invoice(owner: Owner) -> Invoice:
    named, of = f"in_{owner.number}", owner.organization_id
    made = Invoice(organization_id=of, stripe_id=named, number=named, state="paid", currency="eur")
    made.total, made.remaining, made.issued_at = 900, 0, owner.now
    return made


def post(owner: Owner) -> Post:
    due, words = owner.now + timedelta(days=2), f"Post {owner.number}"
    made = Composition(words, (channel(owner),), (), due, "2027-01-01T10:00", "UTC")
    return write(owner.member, made, f"n{owner.number}", owner.now)


def label(owner: Owner) -> Label:
    return labels.named(owner.organization_id, labels.LABEL, [f"L{owner.number}"], owner.now)[0]


def template(owner: Owner) -> Template:
    given = Content(f"T{owner.number}", Words(("Apples", "Pears"), "Plums"), ("Autumn",))
    made = templates.make(owner.member, templates.POST, given, owner.now)
    assert made
    return made


def delivery(owner: Owner) -> Delivery:
    [held] = post(owner).deliveries
    held.state, held.hold = "held", "needs_decision"
    return held


def measured(owner: Owner) -> Delivery:
    [out] = post(owner).deliveries
    out.state, out.published_at, out.external_id = "published", owner.now, f"x{owner.number}"
    db.session.flush()
    told = {"organization_id": owner.organization_id, "channel_id": out.channel_id, "likes": 3}
    times = {"published_at": owner.now, "fetched_at": owner.now}
    db.session.add(Measure(delivery_id=out.id, **told, **times))
    return out


def asset(owner: Owner) -> Asset:
    return Asset(
        organization_id=owner.organization_id,
        uploader_id=owner.member.user_id,
        type="image/png",
        size=9,
        width=1,
        height=1,
        sha256=f"{owner.number:064}",
        storage_key=storage.keep(b"a picture", f"assets/{owner.organization_id}"),
        created_at=owner.now,
    )


def slot(owner: Owner) -> Slot:
    where = channel(owner)
    db.session.flush()
    return Slot(
        organization_id=owner.organization_id,
        channel_id=where.id,
        weekday=0,
        wall_time="09:00",
        zone="UTC",
    )


def report_link(owner: Owner) -> ReportLink:
    return links.make(owner.member, None, "", 7, owner.now)[0]


def series(owner: Owner) -> Recurrence:
    on = (owner.now + timedelta(days=2)).date()
    rule = Rule("day", 1, time(9), ZoneInfo("UTC"), on, ends_on=on + timedelta(days=400))
    return repeating.begin(post(owner), rule, owner.now)


def client_link(owner: Owner) -> ClientLink:
    return client_links.make(owner.member, [], 14, owner.now)[0]


def membership(owner: Owner) -> Membership:
    user = User(email=f"spare{owner.number}@doors.example", name="Spare", created_at=owner.now)
    return Membership(
        user=user, organization_id=owner.organization_id, role="viewer", joined_at=owner.now
    )


def invitation(owner: Owner) -> Invitation:
    return invite(owner.member, f"guest{owner.number}@new.example", Role.EDITOR, owner.now)


def wall(owner: Owner) -> Wall:
    return Wall(
        organization_id=owner.organization_id,
        slug=f"wall{owner.number}",
        name="Wall",
        token_hash=f"{owner.number:064}",
        created_at=owner.now,
    )


def wall_picture(owner: Owner) -> WallPicture:
    on = _newest_wall(owner)
    key = storage.keep(b"a picture", f"walls/{on.id}")
    return WallPicture(wall_id=on.id, type="image/png", storage_key=key, created_at=owner.now)


def _newest_wall(owner: Owner) -> Wall:
    on = db.session.scalar(
        db.select(Wall)
        .where(Wall.organization_id == owner.organization_id)
        .order_by(Wall.id.desc())
    )
    assert on, "walls are made first"
    return on


def wall_post(owner: Owner) -> WallPost:
    on = _newest_wall(owner)
    return WallPost(
        wall_id=on.id,
        key=f"w{owner.number}",
        text="On a wall",
        pictures=[],
        card=None,
        created_at=owner.now,
        received_at=owner.now,
    )


def session(user: User, now: datetime) -> LoginSession:
    return db.session.get_one(LoginSession, begin_session(user.id, {}, now)[0])


def conversation(user: User, now: datetime) -> Conversation:
    return conversing.begin(user, "A question", "Where is the door?", now)


def rights_request(user: User, now: datetime) -> RightsRequest:
    return request_intake.ask(user, Kind.ACCESS, "All of it", now)


def export(user: User, now: datetime) -> ExportRun:
    stored, key = sealed_file.keep([b"zip"], "exports")
    made = ExportRun(user_id=user.id, state="ready", asked_at=now - timedelta(days=3), size=3)
    made.storage_key, made.expires_at = stored, now + timedelta(days=1)
    db.session.add(made)
    db.session.flush()
    made.sealed_key = sealed_file.lock_up(key, bound_to=f"export:{made.id}")
    return made


def imported(user: User, now: datetime) -> ImportRun:
    made = ImportRun(user_id=user.id, state="checked", uploaded_at=now - timedelta(days=3))
    made.storage_key, made.expires_at = storage.keep(b"zip", "imports"), now + timedelta(days=1)
    made.found, made.trouble = {"comes": [], "stays": [], "is_ours": True}, {}
    made.found |= {"instance": "http://localhost", "made_at": now.isoformat()}
    db.session.add(made)
    db.session.flush()
    return made


def spreadsheet(user: User, now: datetime) -> Spreadsheet:
    """In an organisation of theirs; for who belongs to none, in some."""
    chosen = db.select(Membership).order_by(Membership.user_id != user.id, Membership.id.desc())
    home = db.session.scalars(chosen).first()
    assert home
    mine = Membership(user_id=user.id, organization_id=home.organization_id)
    return uploads.receive(mine, b"text,channels\nHello,\n", 1, now)


def notice(user: User, now: datetime) -> Notice:
    """Of the home where the person acts; who has none gets one of somebody else's."""
    chosen = db.select(Membership).where(Membership.user_id == user.id)
    home = db.session.scalar(chosen.order_by(Membership.id.desc()))
    if home is None:
        other = User(email=f"other{user.id}@doors.example", name="Other", created_at=now)
        anywhere = db.session.scalars(db.select(Organization.id).order_by(Organization.id)).first()
        home = Membership(user=other, organization_id=anywhere, role="viewer", joined_at=now)
        db.session.add(home)
        db.session.flush()
    made = Notice(membership_id=home.id, kind="asked", at=now)
    db.session.add(made)
    return made


def passkey(user: User, now: datetime) -> Passkey:
    words = f"key{user.id:05}"  # base64url
    made = Passkey(user_id=user.id, name="Key", credential_id=words, public_key=words, handle=words)
    made.sign_count, made.created_at = 0, now
    db.session.add(made)
    return made


def event(user: User, now: datetime) -> AuditEvent:
    audit.record("account.changed", actor=user.id)
    newest = db.select(AuditEvent).order_by(AuditEvent.number.desc()).limit(1)
    return db.session.scalars(newest).one()


# Place in the address, how the thing there is made, and the attribute that names it.
ORGANIZATIONS: dict[str, tuple[Callable[[Owner], Any], str]] = {
    "/sandbox/<slug>": (wall, "slug"),
    "/sandbox/<slug>/pictures/<id>": (wall_picture, "id"),
    "/sandbox/<slug>/posts/<key>": (wall_post, "key"),
    "/analytics/channels/<id>": (channel, "id"),
    "/analytics/labels/<id>": (label, "id"),
    "/analytics/posts/<id>": (measured, "id"),
    "/billing/invoices/<id>": (invoice, "id"),
    "/channels/<id>": (channel, "id"),
    "/deliveries/<id>": (delivery, "id"),
    "/labels/<id>": (label, "id"),
    "/analytics/reports/links/<id>": (report_link, "id"),
    "/approvals/links/<id>": (client_link, "id"),
    "/media/<id>": (asset, "id"),
    "/organization/invitations/<id>": (invitation, "id"),
    "/organization/members/<id>": (membership, "id"),
    "/posts/<id>": (post, "id"),
    "/queue/<id>": (channel, "id"),
    "/repeats/<id>": (series, "id"),
    "/slots/<id>": (slot, "id"),
    "/templates/<id>": (template, "id"),
}
PERSONS: dict[str, tuple[Callable[[User, datetime], Any], str]] = {
    "/account/security/events/<number>": (event, "number"),
    "/account/security/passkeys/<id>": (passkey, "id"),
    "/account/sessions/<id>": (session, "id"),
    "/import/<id>": (spreadsheet, "id"),
    "/notifications/<id>": (notice, "id"),
    "/settings/privacy/exports/<id>": (export, "id"),
    "/settings/privacy/imports/<id>": (imported, "id"),
    "/settings/privacy/requests/<id>": (rights_request, "id"),
    "/support/<id>": (conversation, "id"),
}


def invitation_link(owner: Owner) -> str:
    return invitation(owner).renew(owner.now)


def one_time(purpose: str) -> Callable[[Owner], str]:
    return lambda owner: OneTimeToken.issue(owner.member.user, purpose, owner.now, 60)


def letter(owner: Owner) -> str:
    begun = conversing.begin_unconfirmed("dora@new.example", "Hello", "A question", owner.now)
    begun.confirmed_at = owner.now
    return conversing.renew_link(begun, owner.now)


def unshown_request(owner: Owner) -> RightsRequest:
    email = f"asks{owner.number}@new.example"
    return request_intake.receive(Kind.ACCESS, Source.FORM, owner.now, email=email)


def request_link(owner: Owner) -> str:
    return request_intake.renew_link(unshown_request(owner), owner.now)


def deletion_code(owner: Owner) -> str:
    leaver = User(email="leaver@doors.example", name="Leaver", created_at=owner.now)
    db.session.add(leaver)
    db.session.flush()
    return erasures.begin(leaver, {}, owner.now + timedelta(days=14), owner.now).code


def open_incident(owner: Owner) -> str:
    made = incidents.open_incident(owner.member.user, "Lost", "A laptop.", owner.now, owner.now)
    return str(made.id)


def hold(owner: Owner) -> str:
    review_on = (owner.now + timedelta(days=30)).date()
    asked = ("user", owner.member.user_id, "A court", "A case", review_on)
    return str(holds.place(*asked, owner.member.user_id, owner.now).id)


def retention_run(owner: Owner) -> str:
    made = RetentionRun(
        rule="a", clock="b", state="braked", cutoff=owner.now, started_at=owner.now, candidates=9
    )
    db.session.add(made)
    db.session.flush()
    return str(made.id)


def open_letter(owner: Owner) -> str:
    begun = conversing.begin(owner.member.user, "Hello", "A question", owner.now)
    return str(begun.id)


def shared_report(owner: Owner) -> str:
    return links.make(owner.member, None, "", 7, owner.now)[1]


def client_door(owner: Owner) -> str:
    shown = post(owner)
    db.session.flush()
    return client_links.make(owner.member, [shown], 14, owner.now)[1]


def stop_link(owner: Owner) -> str:
    subscriptions.choose(owner.member, "weekly", owner.now.date())
    db.session.flush()
    return subscriptions.stop_token(owner.member)


def stop_link_of_digest(owner: Owner) -> str:
    return mail_choices.stop_address(owner.member.user, "digest").rsplit("/", 1)[-1]


def fetched(owner: Owner) -> str:
    shown = asset(owner)
    db.session.add(shown)
    db.session.flush()
    found = addresses.address(owner.organization_id, shown.id, "original", owner.now)
    return found.rsplit("/", 1)[-1]


def said(words: str) -> Callable[[Owner], str]:
    return lambda _: words


ANYBODYS: dict[str, Callable[[Owner], str]] = {
    "/approvals/<token>": client_door,
    "/calendar/<day>": said("2026-11-24"),
    "/channels/connect/<slug>": said("sandbox"),
    "/docs/policies/<name>": said("data-inventory"),
    "/feeds/<token>": lambda owner: feeds.renew(owner.member, owner.now),
    "/invitations/<token>": invitation_link,
    "/m/<token>": fetched,
    "/notifications/stop/<token>": stop_link_of_digest,
    "/operator/holds/<id>": hold,
    "/operator/incidents/<id>": open_incident,
    "/operator/people/<id>": lambda owner: str(owner.member.user_id),
    "/operator/requests/<id>": lambda owner: str(unshown_request(owner).id),
    "/operator/retention/runs/<id>": retention_run,
    "/operator/support/<id>": open_letter,
    "/password/reset/<token>": one_time("password"),
    "/privacy/deletions/<code>": deletion_code,
    "/privacy/request/<token>": request_link,
    "/privacy/requests/<code>": lambda owner: rights_request(owner.member.user, owner.now).code,
    "/privacy/versions/<name>": lambda _: versions.published()[0].name,
    "/reports/<token>": shared_report,
    "/reports/stop/<token>": stop_link,
    "/sandbox/api/walls/<slug>": said("wall1"),
    "/sandbox/api/walls/<slug>/posts/<key>": said("k1"),
    "/sandbox/api/walls/canary/posts/<key>": said("k1"),
    "/settings/privacy/consents/<purpose>": said("product_analytics"),
    "/settings/privacy/data/<table>": said("user"),
    "/static/<filename>": said("css/base.css"),
    "/support/threads/<token>": letter,
    "/verify/<token>": one_time("verify"),
}
