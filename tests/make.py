"""People and things for tests: Alice owns Orchard, Bob edits there, Charlie owns Elsewhere."""

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from app import clock
from app.account.invitations import Invitation, invite
from app.account.models import Membership, Organization, User
from app.account.permissions import Role
from app.channels.connecting import attach
from app.channels.models import Channel
from app.db import db
from app.networks import Account, Grant
from app.privacy import request_intake
from app.privacy.request_models import RightsRequest
from app.privacy.request_words import Kind
from app.scheduler.composing import write
from app.scheduler.composition import Composition
from app.scheduler.models import Post
from app.support.conversing import begin
from app.support.models import Conversation

PASSWORD = "seven quiet herons"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def person(email: str, name: str, organization: Organization, role: str) -> User:
    user = User(email=email, name=name, timezone="Europe/Berlin", created_at=clock.now())
    user.set_password(PASSWORD)
    db.session.add_all([user, organization])
    db.session.flush()
    db.session.add(
        Membership(
            user_id=user.id, organization_id=organization.id, role=role, joined_at=clock.now()
        )
    )
    db.session.commit()
    return user


def _known(email: str) -> User | None:
    return User.by_email(email)


def organization(name: str) -> Organization:
    found = db.session.scalar(db.select(Organization).where(Organization.name == name))
    return found or Organization(name=name, created_at=clock.now())


def alice() -> User:
    known = _known("alice@orchard.example")
    return known or person("alice@orchard.example", "Alice Ash", organization("Orchard"), "owner")


def bob(role: str = "editor") -> User:
    alice()
    known = _known("bob@orchard.example")
    return known or person("bob@orchard.example", "Bob Birch", organization("Orchard"), role)


def charlie() -> User:
    known = _known("charlie@elsewhere.example")
    return known or person(
        "charlie@elsewhere.example", "Charlie Cedar", organization("Elsewhere"), "owner"
    )


def member(user: User) -> Membership:
    return db.session.scalars(db.select(Membership).where(Membership.user_id == user.id)).one()


def sign_in(client: FlaskClient, user: User) -> None:
    answer = client.post("/login", data={"email": user.email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text


def operator() -> User:
    """Olga runs the instance; she belongs to no organisation."""
    known = _known("olga@allstac.example")
    if known is None:
        known = User(email="olga@allstac.example", name="Olga Oak", created_at=clock.now())
        known.is_operator = True
        known.set_password(PASSWORD)
        db.session.add(known)
        db.session.commit()
    return known


def channel(user: User, network: str = "sandbox", name: str = "one", **secrets: str) -> Channel:
    account = Account(
        network, "http://localhost:1", name, f"{name}.test", name, "http://localhost:1"
    )
    made = attach(member(user), account, Grant(secrets or {"token": "t"}, None), clock.now())
    db.session.commit()
    return made


def post(
    user: User,
    *channels: Channel,
    text: str = "Hello",
    due_at: datetime | None = None,
    nonce: str | None = None,
) -> Post:
    due = due_at or clock.now() + timedelta(days=1)
    made = Composition(text, channels, (), due, "", "Europe/Berlin")
    written = write(member(user), made, nonce or f"n{clock.stopwatch()}", clock.now())
    db.session.commit()
    return written


def rule(approval: str, name: str = "Orchard") -> None:
    """Whose yes posts of that organisation need: off, one or four_eyes."""
    organization(name).approval_rule = approval
    db.session.commit()


def invitation(user: User, email: str, role: str = "editor") -> Invitation:
    user.email_verified_at = clock.now()
    made = invite(member(user), email, Role(role), clock.now())
    db.session.commit()
    return made


def conversation(user: User, text: str = "Where is the door?") -> Conversation:
    begun = begin(user, "A question", text, clock.now())
    db.session.commit()
    return begun


def rights_request(user: User, kind: Kind = Kind.ACCESS) -> RightsRequest:
    asked = request_intake.ask(user, kind, "Everything, please", clock.now())
    db.session.commit()
    return asked
