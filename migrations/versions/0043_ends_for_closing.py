"""which plans are not renewed because their organisation is to be deleted"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0039"


def upgrade() -> None:
    op.add_column(
        "subscription",
        sa.Column("ends_for_closing", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.execute("ALTER TABLE subscription DROP COLUMN ends_for_closing")
