"""A stand-in for Stripe: no server of Stripe's can be run here, so this one plays the part of its API that
AllStac uses, from docs.stripe.com/api (API 2026-10-28, read 2026-11-25), for the official SDK.

It is not Stripe: tax, strong customer authentication, and the numbers of real invoices are not played.
Whoever opens an instance to paying people tries once with Stripe's own test mode."""

from tests.servers.stripe.server import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn

__all__ = ["SECRET_KEY", "WEBHOOK_SECRET", "StripeStandIn"]
