"""delivery.told_at: who was told that it needs eyes; heartbeat.skew: whose clock goes wrong"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0021"

EYES = sa.text("state IN ('held','failed')")


def upgrade() -> None:
    op.add_column("delivery", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("heartbeat", sa.Column("skew", sa.Double(), server_default="0", nullable=False))
    op.create_index(
        "ix_delivery_eyes",
        "delivery",
        ["organization_id"],
        sqlite_where=EYES,
        postgresql_where=EYES,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_eyes", "delivery")
    op.drop_column("heartbeat", "skew")
    op.drop_column("delivery", "told_at")
