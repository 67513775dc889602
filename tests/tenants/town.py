"""Two organisations with a row in every table that can hold one, to look at the locks between."""

from dataclasses import dataclass

from app import audit, clock
from app.account.models import User
from app.billing.models import Invoice
from app.db import db
from tests import make
from tests.privacy import canaries


@dataclass(frozen=True)
class Town:
    """Alice owns Orchard, Charlie owns Elsewhere; the words that were planted for each."""

    alice: User
    charlie: User
    orchard: int
    elsewhere: int
    words: dict[str, str]


def build() -> Town:
    alice, charlie = make.alice(), make.charlie()
    orchard, elsewhere = (make.member(user).organization_id for user in (alice, charlie))
    canaries.plant(alice)
    words = canaries.plant(charlie)
    for organization in (orchard, elsewhere):
        audit.record("organization.changed", organization=organization, actor=alice.id)
        db.session.add(_invoice(organization))
    audit.record("account.changed", actor=alice.id)  # of no organisation
    db.session.add(_invoice(None))  # of one that is no more
    db.session.commit()
    return Town(alice, charlie, orchard, elsewhere, words)


def _invoice(organization_id: int | None) -> Invoice:
    """Canaries are planted where a row goes with its organisation; invoices outlive theirs."""
    named = f"in_town_{organization_id}"
    made = Invoice(stripe_id=named, number=named, state="paid", currency="eur", total=9)
    made.organization_id, made.remaining, made.issued_at = organization_id, 0, clock.now()
    return made
