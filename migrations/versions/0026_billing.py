"""billing: what an organisation may have, and what the payment provider says of it"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
OURS = "organization_id = current_setting('app.organization', true)::integer"
POLICY = f"({TOLD} WHEN '' THEN false ELSE {OURS} END)"
LOCKED = ("allowance", "billing_account", "subscription", "invoice", "billing_difference")


def upgrade() -> None:
    op.create_table(
        "allowance",
        sa.Column("organization_id", sa.Integer(), nullable=False),
        _text("plan"),
        *(
            sa.Column(name, sa.Integer(), nullable=True)
            for name in (
                "channels",
                "members",
                "scheduled_posts",
                "storage",
                "history_days",
                "exports",
            )
        ),
        _moment("written_at", nullable=False),
        *_of_organization("allowance", primary=True),
    )
    op.create_table(
        "billing_account",
        sa.Column("organization_id", sa.Integer(), nullable=False),
        _text("customer_id"),
        sa.Column("fence", sa.Integer(), nullable=False),
        _text("checkout_id", nullable=True),
        _text("checkout_for", nullable=True),
        _moment("settled_at"),
        _moment("created_at", nullable=False),
        *_of_organization("billing_account", primary=True),
        sa.UniqueConstraint("customer_id", name=op.f("uq_billing_account_customer_id")),
    )
    op.create_table(
        "subscription",
        *_numbered(),
        *(_text(name) for name in ("stripe_id", "item_id", "state", "lookup_key")),
        sa.Column("quantity", sa.Integer(), nullable=False),
        _text("currency"),
        _moment("began_at", nullable=False),
        *(
            _moment(name)
            for name in (
                "trial_ends_at",
                "period_ends_at",
                "cancels_at",
                "ended_at",
                "unpaid_since",
            )
        ),
        *_of_organization("subscription"),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_subscription_stripe_id")),
    )
    op.create_table(
        "invoice",
        *_numbered(),
        *(_text(name) for name in ("stripe_id", "number", "state", "currency")),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        _moment("issued_at", nullable=False),
        _moment("paid_at"),
        *_of_organization("invoice"),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_invoice_stripe_id")),
    )
    op.create_table(
        "billing_difference",
        *_numbered(),
        _text("words"),
        _moment("found_at", nullable=False),
        *_of_organization("billing_difference"),
    )
    for name in ("subscription", "invoice", "billing_difference"):
        op.create_index(op.f(f"ix_{name}_organization_id"), name, ["organization_id"])
    op.create_table(
        "plan_price",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("lookup_key"),
        _text("currency"),
        sa.Column("amount", sa.Integer(), nullable=False),
        _text("stripe_id"),
        _moment("seen_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_price")),
        sa.UniqueConstraint(
            "lookup_key", "currency", name=op.f("uq_plan_price_lookup_key_currency")
        ),
    )
    op.create_table(
        "stripe_event",
        *(_text(name) for name in ("id", "type")),
        _text("customer_id", nullable=True),
        _text("digest"),
        _moment("made_at", nullable=False),
        _moment("received_at", nullable=False),
        _moment("settled_at"),
        _text("outcome"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
    )
    op.create_table(
        "trial_mark",
        _text("key"),
        _moment("began_at", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_trial_mark")),
    )
    op.create_index(op.f("ix_trial_mark_began_at"), "trial_mark", ["began_at"])
    for name in ("received_at", "settled_at"):
        op.create_index(op.f(f"ix_stripe_event_{name}"), "stripe_event", [name])
    if op.get_bind().dialect.name == "postgresql":
        for name in LOCKED:
            op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
            op.execute(
                f"CREATE POLICY of_organization ON {name} USING {POLICY} WITH CHECK {POLICY}"
            )


def downgrade() -> None:
    for name in ("trial_mark", "stripe_event", "plan_price", *reversed(LOCKED)):
        op.drop_table(name)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _numbered() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in ("id", "organization_id")]


def _of_organization(table: str, *, primary: bool = False) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f(f"fk_{table}_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id" if primary else "id", name=op.f(f"pk_{table}")),
    ]
