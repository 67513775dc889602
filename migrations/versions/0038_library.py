"""the media library: alt text, labels and trash of pictures, which go together with where they were used"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

KEY = "fk_post_picture_asset_id"
LAST_ALT = """
UPDATE asset SET alt = coalesce((
  SELECT alt FROM post_picture WHERE asset_id = asset.id AND alt <> '' ORDER BY id DESC LIMIT 1
), '')
"""
TOLD = "CASE coalesce(current_setting('app.organization', true), '') WHEN '*' THEN true"
THERE = "EXISTS (SELECT 1 FROM {0} WHERE {0}.id = post_picture.{0}_id)"
POST, ASSET = THERE.format("post"), THERE.format("asset")
TRIGGERS = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'post_picture'"


def upgrade() -> None:
    for name in ("alt", "labels"):
        op.add_column("asset", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("asset", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_asset_deleted_at"), "asset", ["deleted_at"])
    op.execute(LAST_ALT)
    _point(ondelete="CASCADE")


def downgrade() -> None:
    _point(ondelete=None)
    op.drop_index(op.f("ix_asset_deleted_at"), "asset")
    for name in ("deleted_at", "labels", "alt"):
        op.execute(f"ALTER TABLE asset DROP COLUMN {name}")


def _point(*, ondelete: str | None) -> None:
    """From where a picture was used to the picture. SQLite makes the table anew, and its triggers
    are written again: they keep what a hold names."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    triggers = op.get_bind().exec_driver_sql(TRIGGERS).scalars().all() if is_sqlite else []
    with op.batch_alter_table("post_picture") as picture:
        picture.drop_constraint(KEY, type_="foreignkey")
        picture.create_foreign_key(KEY, "asset", ["asset_id"], ["id"], ondelete=ondelete)
    for trigger in triggers:
        op.get_bind().exec_driver_sql(trigger)
    if not is_sqlite:
        _show(f"{POST} AND {ASSET}" if ondelete else POST)


def _show(which: str) -> None:
    """What goes with two others is seen where both are."""
    seen, written = (
        f"{TOLD} WHEN '' THEN false ELSE {of} END" for of in (which, f"{POST} AND {ASSET}")
    )
    op.execute(
        f"ALTER POLICY of_organization ON post_picture USING ({seen}) WITH CHECK ({written})"
    )
