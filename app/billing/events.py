"""What Stripe tells us. An event is a bell: who rang is looked at, what it says is not believed.

Signature over the raw body (docs.stripe.com/webhooks#verify-manually); the time counts both ways, which
the SDK does not check, and an empty secret opens nothing."""

import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select

from app.billing.models import BillingAccount, Reconciliation, StripeEvent
from app.db import db, inserting, table

TOLERANCE = 300  # seconds, to either side
KEPT = timedelta(days=90)
HEADER = re.compile(r"t=([0-9]{1,12})((?:,v[0-9]=[0-9a-f]+)+)")
ID, TYPE, CUSTOMER = (
    re.compile(r"evt_\w{1,100}"),
    re.compile(r"[a-z_.]{1,100}"),
    re.compile(r"cus_\w{1,100}"),
)
UNKNOWN, SETTLED, PRICES = "of nobody here", "settled", "prices"


class NotSigned(ValueError):
    """Not from Stripe, not now, or not an event."""


@dataclass(frozen=True)
class Told:
    """An event as it came: of the body only its digest is kept."""

    id: str
    type: str
    customer_id: str | None
    made_at: datetime
    digest: str


def read(body: bytes, signature: str, secret: str, now: datetime) -> Told:
    """The event in a request. Raises NotSigned."""
    if not is_signed(body, signature, secret, now):
        raise NotSigned
    try:
        said = json.loads(body)
        found = said["data"]["object"]
        customer = found["id"] if found["object"] == "customer" else found.get("customer")
        made_at = datetime.fromtimestamp(said["created"], UTC)
        id, type = str(said["id"]), str(said["type"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        raise NotSigned from None
    if not ID.fullmatch(id) or not TYPE.fullmatch(type):
        raise NotSigned
    customer = customer if CUSTOMER.fullmatch(str(customer)) else None
    return Told(id, type, customer, made_at, sha256(body).hexdigest())


def is_signed(body: bytes, signature: str, secret: str, now: datetime) -> bool:
    parts = HEADER.fullmatch(signature)
    if not secret or not parts or abs(now.timestamp() - int(parts[1])) > TOLERANCE:
        return False
    ours = hmac.new(secret.encode(), f"{parts[1]}.".encode() + body, sha256).hexdigest()
    theirs = re.findall(r"v1=([0-9a-f]+)", parts[2])
    return any(hmac.compare_digest(ours, one) for one in theirs)


def take(told: Told, now: datetime) -> bool:
    """Note it; False when we know it already. The unique id decides, also at once."""
    values = {
        "id": told.id,
        "type": told.type,
        "customer_id": told.customer_id,
        "digest": told.digest,
        "made_at": told.made_at,
        "received_at": now,
        "outcome": "",
    }
    new = inserting(table(StripeEvent)).values(values).on_conflict_do_nothing()
    return db.session.scalar(new.returning(table(StripeEvent).c.id)) is not None


def organization_of(event: StripeEvent) -> int | None:
    """Whose it is; None when nobody here is that customer."""
    return db.session.scalar(
        select(BillingAccount.organization_id).where(
            BillingAccount.customer_id == event.customer_id
        )
    )


def forget_old(now: datetime) -> None:
    """Repetitions come within days; the log is there to look things up in."""
    db.session.execute(delete(StripeEvent).where(StripeEvent.received_at <= now - KEPT))
    db.session.execute(delete(Reconciliation).where(Reconciliation.began_at <= now - KEPT))
