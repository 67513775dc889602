"""The columns that hold what somebody typed, or what came from outside: all but a closed list."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    MetaData,
    String,
    Table,
    and_,
    select,
    true,
    update,
)

from app.db import db
from app.keyed import Keyed

Word = Callable[[Column[Any]], str]

# Words of closed lists, digests, keys, names of files, and names that stand in addresses: no form and no
# network writes them.
BY_CODE = {
    "alert": {"kind", "once_per"},
    "allowance": {"plan", "told"},
    "asset": {"type", "sha256", "storage_key"},
    "attempt": {"state", "content_hash"},
    "audit_edge": {"signer"},
    "audit_event": {"action"},
    "audit_key": {"sealed"},
    "authenticator": {"sealed"},
    "billing_account": {"customer_id", "checkout_id", "checkout_for"},
    "billing_difference": {"words"},
    "calendar_feed": {"token_hash"},
    "channel": {"network", "state"},
    "channel_grant": {"sealed"},
    "channel_look": {"trouble"},
    "client_link": {"token_hash"},
    "connecting": {"state_hash", "network", "kept", "offers"},
    "consent": {"purpose", "state", "text_sha256", "variant", "method"},
    "delivery": {"state", "hold", "content_hash", "approved_hash", "prepared_hash"},
    "delivery_event": {"kind"},
    "erasure": {"code", "state", "choices", "plan_hash", "identity", "steps"},
    "erasure_notice": {"state"},
    "export_run": {"state", "storage_key", "sealed_key"},
    "heartbeat": {"name"},
    "incident": {"risk", "reached", "measured"},
    "invoice": {"stripe_id", "state", "currency"},
    "invitation": {"role", "token_hash"},
    "known_device": {"fingerprint"},
    "label": {"kind"},
    "legal_hold": {"scope"},
    "login_session": {"token_hash", "values"},
    "mail_choice": {"kind", "how"},
    "measure": {"trouble"},
    "membership": {"role"},
    "notice": {"kind"},
    "one_time_token": {"purpose", "token_hash"},
    "operator_look": {"batch"},
    "organization": {"timezone", "approval_rule", "client_rule"},
    "passkey": {"credential_id", "public_key", "handle"},
    "occurrence": {"state"},
    "plan_price": {"lookup_key", "currency", "stripe_id"},
    "post": {"state", "wall_time", "zone", "nonce", "typed_in"},
    "post_event": {"kind"},
    "post_option": {"name"},
    "post_words": {"kind"},
    "version_words": {"kind", "name"},
    "provider_use": {"provider"},
    "recurrence": {"unit", "weekdays", "wall_time", "zone", "trouble"},
    "recovery_code": {"salt", "code_hash"},
    "registration": {"network", "sealed"},
    "report_count": {"month"},
    "report_link": {"month", "token_hash"},
    "report_mail": {"rhythm"},
    "request_event": {"state"},
    "retention_run": {"rule", "clock", "state"},
    "rights_request": {"code", "kind", "state", "source", "proof", "holder", "refusal", "origin", "link_hash"},
    "server_rest": {"server", "network"},
    "slot": {"wall_time", "zone"},
    "spreadsheet": {"nonce", "storage_key", "sealed_key"},
    "stripe_event": {"id", "type", "customer_id", "digest", "outcome"},
    "subscription": {"stripe_id", "item_id", "state", "lookup_key", "currency", "told"},
    "support_conversation": {"state", "link_hash"},
    "tally": {"key"},
    "telemetry_record": {"recipient", "state"},
    "time_advice": {"zone", "hours"},
    "template": {"kind"},
    "trial_mark": {"key", "trial"},
    "user": {"password_hash", "timezone", "theme", "accepted_policy", "told_policy"},
    "wall": {"slug", "token_hash"},
    "wall_picture": {"type", "storage_key"},
}  # fmt: skip


def typed_columns(table: Table) -> list[Column[Any]]:
    known = BY_CODE.get(table.name, set())
    return [
        column
        for column in table.columns
        if isinstance(column.type, String | Keyed)
        and not column.foreign_keys
        and column.name not in known
    ]


def unknown(metadata: MetaData) -> list[str]:
    """Names in the list that no column has any more."""
    return [
        f"{table}.{name}"
        for table, names in BY_CODE.items()
        for name in names
        if name not in metadata.tables[table].columns
    ]


def rewrite(table: Table, word: Word, whose: ColumnElement[bool] | None = None) -> int:
    """A text of its own in every typed column of each row; how many were written. What holds nothing
    gets a text too, unless it is empty for a reason: a person who was erased, an address of nobody."""
    columns, count = typed_columns(table), 0
    if not columns:
        return 0
    for row in db.session.execute(
        select(table).where(true() if whose is None else whose)
    ).mappings():
        values = {column.name: _like(row[column.name], column, word) for column in columns}
        is_this = and_(*(column == row[column.name] for column in table.primary_key))
        db.session.execute(update(table).where(is_this).values(values))
        count += len(values)
    return count


def _like(value: Any, column: Column[Any], word: Word) -> Any:
    """Of the same shape: JSON keeps its keys, and what are no texts in it."""
    if isinstance(column.type, Keyed):
        return _inside(value, column, word)
    return word(column)


def _inside(value: Any, column: Column[Any], word: Word) -> Any:
    if isinstance(value, dict):
        return {key: _inside(one, column, word) for key, one in value.items()}
    if isinstance(value, list):
        return [_inside(one, column, word) for one in value]
    return word(column) if isinstance(value, str) else value
