"""What people and webhooks change of a plan stands in the audit trail: ids, codes and instants."""

from flask.testing import FlaskClient
from sqlalchemy import select

from app.account.membership import take_over
from app.audit.models import AuditEvent
from app.billing import fitting, jobs
from app.db import db as database
from tests import make
from tests.billing.steps import TEAM, buy, hear, later, portal
from tests.servers.stripe import StripeStandIn
from tests.times import Times

DATABASES = ("sqlite",)


def recorded(begin: int = 0) -> list[str]:
    database.session.rollback()
    ours = select(AuditEvent.action).where(
        AuditEvent.action.startswith("billing."), AuditEvent.number >= begin
    )
    found = database.session.scalars(ours.order_by(AuditEvent.number))
    return [action.removeprefix("billing.") for action in found]


def test_a_whole_life_is_on_record_whoever_changed_it(
    stripe: StripeStandIn, client: FlaskClient, times: Times
) -> None:
    buy(client, stripe)
    assert recorded() == ["checkout", "state_changed", "paid", "plan_counts"]
    client.post("/billing/change", data=TEAM)
    assert recorded()[4:] == ["paid", "plan_counts", "changed"]
    for n in range(5):
        make.channel(make.alice(), name=f"c{n}")
    portal(client, "declined")
    later(client, stripe, times, days=30)
    assert recorded()[7:] == ["payment_failed", "state_changed"]
    times.go(days=14)
    jobs.end_graces()
    assert recorded()[9:] == ["plan_counts", "channels_fitted"]
    make.sign_in(client, make.alice())
    portal(client, "ok")
    hear(client, stripe)
    assert recorded()[11:] == ["state_changed", "paid", "plan_counts", "channels_fitted"]
    portal(client, "cancel")
    hear(client, stripe)
    assert recorded()[15:] == ["end_changed"]
    home = make.member(make.alice()).organization_id
    kept = [place.channel.id for place in fitting.places(home, 3, times.now) if place.stays]
    client.post("/billing/channels", data={"channels": [str(id) for id in kept]})
    assert recorded()[16:] == ["channels_chosen"]
    seen = client.get("/organization/audit").text
    for words in ("A payment failed", "Another plan counts", "was Free", "Channels were set aside"):
        assert words in seen
    before = len(recorded())
    hear(client, stripe)
    jobs.end_graces()
    assert len(recorded()) == before, "what is told again changes nothing"


def test_another_owner_takes_the_plan_over_on_record(
    stripe: StripeStandIn, client: FlaskClient
) -> None:
    buy(client, stripe)
    bob = make.bob("admin")
    before, id = len(recorded()), make.member(bob).id
    role = {"role": "owner", "name": "Bob Birch"}
    assert client.post(f"/organization/members/{id}/role", data=role).status_code == 303
    assert recorded()[before:] == ["moved"]
    make.member(make.alice()).role = make.member(bob).role = "admin"
    database.session.commit()
    take_over(make.member(bob))
    database.session.commit()
    assert recorded()[before + 1 :] == ["moved"]
    make.sign_in(client, bob)
    assert client.get("/billing/invoices").status_code == 200


def test_an_organisation_without_a_plan_has_nothing_to_move(client: FlaskClient) -> None:
    id = make.member(make.bob("admin")).id
    client.post(f"/organization/members/{id}/role", data={"role": "owner"})
    assert recorded() == []
