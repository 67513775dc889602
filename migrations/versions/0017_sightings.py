"""what the live checks saw last"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "sighting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sighting")),
    )


def downgrade() -> None:
    op.drop_table("sighting")
