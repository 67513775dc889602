"""events of no organisation are seen only by work that spans them all"""

from alembic import op

revision = "0019"
down_revision = "0018"

OURS = "organization_id = current_setting('app.organization', true)::integer"
TOLD = "coalesce(current_setting('app.organization', true), '')"
NOW = f"CASE {TOLD} WHEN '*' THEN true WHEN '' THEN false ELSE {OURS} END"
BEFORE = (
    f"CASE {TOLD} WHEN '*' THEN true WHEN '' THEN organization_id IS NULL"
    f" ELSE (organization_id IS NULL OR {OURS}) END"
)


def upgrade() -> None:
    _hold(NOW)


def downgrade() -> None:
    _hold(BEFORE)


def _hold(what: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"ALTER POLICY of_organization ON audit_event USING ({what}) WITH CHECK ({what})"
        )
