"""user.told_policy: which coming version of the policy a person was told of"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0009"

CONSTRAINT = "ck_user_erased_is_empty"
BEFORE = (
    "email", "name", "password_hash", "timezone", "theme", "is_operator", "email_verified_at",
    "age_passed_at", "accepted_policy",
)  # fmt: skip


def condition(names: tuple[str, ...]) -> str:
    empty = " AND ".join(f'"{name}" IS NULL' for name in names)
    return f"erased_at IS NULL OR ({empty})"


def upgrade() -> None:
    with op.batch_alter_table("user") as user:
        user.add_column(sa.Column("told_policy", sa.Text(), nullable=True))
        user.drop_constraint(op.f(CONSTRAINT), type_="check")
        user.create_check_constraint(op.f(CONSTRAINT), condition((*BEFORE, "told_policy")))


def downgrade() -> None:
    with op.batch_alter_table("user") as user:
        user.drop_constraint(op.f(CONSTRAINT), type_="check")
        user.drop_column("told_policy")
        user.create_check_constraint(op.f(CONSTRAINT), condition(BEFORE))
