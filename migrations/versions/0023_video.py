"""asset.kind, asset.seconds: videos beside pictures"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"


def upgrade() -> None:
    with op.batch_alter_table("asset") as asset:
        asset.add_column(sa.Column("kind", sa.Text(), server_default="picture", nullable=False))
        asset.add_column(sa.Column("seconds", sa.Double(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("asset") as asset:
        asset.drop_column("seconds")
        asset.drop_column("kind")
