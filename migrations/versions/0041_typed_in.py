"""which open form saved a draft by itself, so that it goes on where its answer was lost"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("post", sa.Column("typed_in", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.execute("ALTER TABLE post DROP COLUMN typed_in")
