"""channels that the plan has no room for, what owners were told of their plan, invoices that outlive
their organisation, whose trial an account was in, and what each reconciliation found"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0027"

KEY = "fk_invoice_organization_id"


def upgrade() -> None:
    for column in ("set_aside_at", "chosen_at"):
        op.add_column("channel", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.add_column("allowance", sa.Column("choose_by", sa.DateTime(timezone=True), nullable=True))
    for table in ("allowance", "subscription"):
        op.add_column(table, sa.Column("told", sa.Text(), server_default="", nullable=False))
    op.add_column("trial_mark", sa.Column("trial", sa.Text(), server_default="", nullable=False))
    _invoices_end("SET NULL", nullable=True)
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("differed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )


def downgrade() -> None:
    op.drop_table("reconciliation")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('app.organization', '*', true)")
    op.execute("DELETE FROM invoice WHERE organization_id IS NULL")
    _invoices_end("CASCADE", nullable=False)
    op.drop_column("trial_mark", "trial")
    for table in ("allowance", "subscription"):
        op.drop_column(table, "told")
    op.drop_column("allowance", "choose_by")
    for column in ("chosen_at", "set_aside_at"):
        op.drop_column("channel", column)


def _invoices_end(ondelete: str, *, nullable: bool) -> None:
    """What becomes of an invoice when its organisation goes."""
    with op.batch_alter_table("invoice") as invoice:
        invoice.drop_constraint(op.f(KEY), type_="foreignkey")
        invoice.alter_column("organization_id", existing_type=sa.Integer(), nullable=nullable)
        invoice.create_foreign_key(
            op.f(KEY), "organization", ["organization_id"], ["id"], ondelete=ondelete
        )
