"""second factors: authenticator apps, passkeys, recovery codes, known devices, alerts"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0015"


def upgrade() -> None:
    _authenticator()
    _passkey()
    _recovery_code()
    _known_device()
    _alert()
    # Not in batch mode: rebuilding the table on SQLite would cascade into what points at it.
    for name, column in (("organization", "require_second_factor"), ("login_session", "renew")):
        op.add_column(
            name, sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def _owner(table: str, nullable: bool = False) -> list[sa.Column | sa.Constraint]:
    return [
        sa.Column("user_id", sa.Integer(), nullable=nullable),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"
        ),
    ]


def _moment(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _authenticator() -> None:
    op.create_table(
        "authenticator",
        sa.Column("id", sa.Integer(), nullable=False),
        *_owner("authenticator"),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=True),
        _moment("created_at"),
        _moment("confirmed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator")),
        sa.UniqueConstraint("user_id", name=op.f("uq_authenticator_user_id")),
    )


def _passkey() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        *_owner("passkey"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"])


def _recovery_code() -> None:
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        *_owner("recovery_code"),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        _moment("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])


def _known_device() -> None:
    op.create_table(
        "known_device",
        sa.Column("id", sa.Integer(), nullable=False),
        *_owner("known_device"),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_device")),
        sa.UniqueConstraint(
            "user_id", "fingerprint", name=op.f("uq_known_device_user_id_fingerprint")
        ),
    )
    op.create_index(op.f("ix_known_device_user_id"), "known_device", ["user_id"])


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("once_per", sa.Text(), nullable=False),
        *_owner("alert", nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("network", sa.Text(), nullable=True),
        _moment("created_at"),
        _moment("mailed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("once_per", name=op.f("uq_alert_once_per")),
    )
    op.create_index(op.f("ix_alert_user_id"), "alert", ["user_id"])
    op.create_index(op.f("ix_alert_created_at"), "alert", ["created_at"])


def downgrade() -> None:
    op.drop_column("login_session", "renew")
    op.drop_column("organization", "require_second_factor")
    for name in ("alert", "known_device", "recovery_code", "passkey", "authenticator"):
        op.drop_table(name)
