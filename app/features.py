"""The table of what this application is made of: blueprints and commands."""

from flask import Flask
from flask_migrate import Migrate

from app import cli, clock, telemetry, tenants
from app.account import (  # noqa: F401  # these add to the account's pages
    activity_routes,
    allowances,
    confirm_routes,
    factor_routes,
    invitation_routes,
    link_routes,
    member_routes,
    membership,
    organization_routes,
    passkey_routes,
    proof_routes,
    security_routes,
    session_routes,
    sign_in_routes,
)
from app.account.routes import bp as account_bp
from app.analytics import (  # noqa: F401  # these add to figures and reports
    history,
    label_routes,
    making,
    shared_routes,
)
from app.analytics.metrics_cli import metrics
from app.analytics.report_routes import bp as reports_bp
from app.analytics.routes import bp as analytics_bp
from app.billing import (
    buying_routes,  # noqa: F401  # these add to the billing pages
    change_routes,  # noqa: F401
    channel_routes,  # noqa: F401
    closing_jobs,
    dunning,
    leaving,
    owning,
    trials,
    usage,
)
from app.billing.plans import LADDER
from app.billing.routes import bp as billing_bp
from app.channels import (  # noqa: F401  # these add to the channels' pages
    apps,
    away_routes,
    connect_routes,
    connecting,
    metadata_routes,
)
from app.channels.connecting import forget_keys
from app.channels.routes import bp as channels_bp
from app.db import db, prepare
from app.media.routes import bp as media_bp
from app.operator import (  # noqa: F401  # these add to the desk
    billing_routes,
    delivery_routes,
    hold_routes,
    incident_routes,
    network_routes,
    people_routes,
    recipient_routes,
    request_routes,
    support_routes,
    unusual_routes,
    usage_routes,
)
from app.operator.routes import bp as operator_bp
from app.pages.routes import bp as pages_bp
from app.privacy import (  # noqa: F401  # these add to the privacy settings
    consent_routes,
    document_routes,
    erasure_routes,
    export_routes,
    import_routes,
    meta,
    refusal_routes,
    rights_routes,
    telemetry_routes,
    version_routes,
    versions,
)
from app.privacy.answers import ANSWERS
from app.privacy.carrying_out import CARRY_OUT
from app.privacy.consents import allows_analytics
from app.privacy.erasure_jobs import ON_CLOSING
from app.privacy.erasures import organizations_going
from app.privacy.holds import is_held
from app.privacy.meta_routes import bp as meta_bp
from app.privacy.recipients import FAREWELLS, Farewell, Recipient, enter
from app.privacy.request_routes import bp as requests_bp
from app.privacy.request_settings_routes import bp as my_requests_bp
from app.privacy.restriction import is_restricted
from app.privacy.routes import bp as privacy_bp
from app.privacy.settings_routes import bp as privacy_settings_bp
from app.privacy.unconfirmed import UNCONFIRMED
from app.publishing import (
    clones,
    farewell,
    farewell_routes,  # noqa: F401  # adds to the channels' pages
    grants,
    health,
    pausing_routes,  # noqa: F401  # adds to the queue's and the channels' pages
)
from app.publishing.canary_routes import bp as canary_bp
from app.publishing.cli import instance
from app.publishing.routes import bp as publishing_bp
from app.sandbox.routes import api as sandbox_api_bp
from app.sandbox.routes import bp as sandbox_bp
from app.scheduler import (  # noqa: F401  # these add to the posts' pages
    approval_routes,
    autosave_routes,
    calendar_routes,
    client_link_routes,
    client_routes,
    compose_routes,
    day_routes,
    find_routes,
    looking_routes,
    mail_choice_routes,
    notice_routes,
    queue_routes,
    repeat_routes,
    searching,
    slot_routes,
)
from app.scheduler.feed_routes import bp as feeds_bp
from app.scheduler.label_routes import bp as labels_bp
from app.scheduler.library_routes import bp as library_bp
from app.scheduler.post_routes import bp as posts_bp
from app.scheduler.routes import bp as scheduler_bp
from app.scheduler.template_routes import bp as templates_bp
from app.spreadsheets import export_routes as posts_export  # noqa: F401  # adds to the posts' pages
from app.spreadsheets.routes import bp as spreadsheets_bp
from app.support import conversing
from app.support.routes import bp as support_bp
from app.trail.routes import bp as trail_bp

BLUEPRINTS = (
    pages_bp,
    account_bp,
    channels_bp,
    sandbox_bp,
    sandbox_api_bp,
    media_bp,
    scheduler_bp,
    posts_bp,
    labels_bp,
    templates_bp,
    feeds_bp,
    spreadsheets_bp,
    library_bp,
    publishing_bp,
    analytics_bp,
    reports_bp,
    canary_bp,
    privacy_bp,
    trail_bp,
    support_bp,
    privacy_settings_bp,
    requests_bp,
    my_requests_bp,
    meta_bp,
    operator_bp,
    billing_bp,
)


def customers_going(person_id: int) -> list[str] | None:
    """Whom Stripe is told of when this person is erased."""
    return leaving.customers(organizations_going(person_id))


def sell(app: Flask) -> None:
    """What billing asks of others, and they of billing."""
    app.extensions["ladder"] = LADDER if app.config["SETTINGS"].stripe_secret_key else ()
    connecting.GATES[:] = [trials.gate]
    dunning.IS_FOREIGN[:] = [clones.is_foreign]
    usage.COUNTED["history_days"] = lambda id: history.days(id, clock.now())
    usage.COUNTED["exports"] = lambda id: making.made(id, clock.now())
    membership.ON_OWNER[:] = [owning.move]
    enter(Recipient("stripe", customers_going, leaving.leave))
    FAREWELLS["plan"] = Farewell(lambda id: [id], closing_jobs.say_farewell)
    ON_CLOSING[:] = [closing_jobs.follow]
    app.jinja_env.filters["to_plan"] = allowances.to_plan


def init_app(app: Flask) -> None:
    apps.init_app(app)
    sell(app)
    connecting.FRESH[:] = [grants.fresh_of]
    farewell.HELD[:] = [is_held]
    for bp in BLUEPRINTS:
        app.register_blueprint(bp)
    Migrate(app, db, render_as_batch=True, compare_type=True)
    cli.init_app(app)
    app.cli.add_command(instance)
    app.cli.add_command(metrics)
    health.init_app(app)
    erasure_routes.init_app(app)
    version_routes.init_app(app)
    refusal_routes.init_app(app)
    CARRY_OUT.update(ANSWERS)
    UNCONFIRMED["support"] = conversing.unconfirmed
    FAREWELLS["channels"] = Farewell(connecting.connected, connecting.disconnect)

    meta.ON_DEAUTHORIZED[:] = [forget_keys]
    telemetry.init_app(app, allows_analytics, is_restricted)
    app.config["POLICY_VERSION"] = versions.published()[-1].name
    with app.app_context():
        prepare(db.engine)
        tenants.prepare(db.engine)
