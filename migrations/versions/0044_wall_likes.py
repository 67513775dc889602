"""what a sandbox wall tells of its posts: how often each was liked there"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0042"


def upgrade() -> None:
    op.add_column("wall_post", sa.Column("likes", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("wall_post", "likes")
