"""`flask billing …`"""

import click
from flask.cli import AppGroup

billing = AppGroup("billing", help="What Stripe and we say of each other.")


@billing.command("reconcile")
def reconcile() -> None:
    """Look at every customer and every price at Stripe; report what no event had told us."""
    from app.billing import jobs, stripe_api

    if not stripe_api.is_on():
        raise click.ClickException("Nothing is sold here: STRIPE_SECRET_KEY is not set.")
    try:
        found = jobs.reconcile()
    except stripe_api.Away as trouble:
        raise click.ClickException(f"{trouble} Nothing more was written.") from None
    for organization_id, differences in found.items():
        for words in differences:
            click.echo(f"organisation {organization_id}: {words}")
    changed = sum(bool(differences) for differences in found.values())
    click.echo(f"{len(found)} customers looked at, {changed} differed.")
