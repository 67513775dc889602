"""`flask doctor`: is everything there that this instance needs? Each fault comes with its mend."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from flask import current_app
from rq import Worker
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app import mail, queue, schema, storage, tenants, vault
from app.channels.models import ChannelGrant, open_grant
from app.config import Settings
from app.db import db
from app.network_settings import APPS
from app.publishing import clocks, clones, health
from app.scope import across_organizations

ROLE = text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
LOCKED = text(
    "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid"
    " WHERE relrowsecurity AND relforcerowsecurity"
)


@dataclass(frozen=True)
class Finding:
    """What was looked at and what was seen; `mend` is empty when all is well."""

    part: str
    words: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        return not self.mend


def examine(now: datetime) -> list[Finding]:
    """Look at all parts. A part that rests on a broken one is not looked at."""
    settings: Settings = current_app.config["SETTINGS"]
    database = list(look_at_database())
    rest = (
        (_keys(), look_at_clock(now), look_at_owner(settings))
        if all(one.is_well for one in database)
        else ()
    )
    parts = (_settings(settings), database, *rest, _queue(), _storage(settings), _mail(settings))
    return list(chain(*parts))


def _settings(settings: Settings) -> Iterator[Finding]:
    """A setting that is wrong stops the start; here stand those that are merely missing."""
    proxies = f"{settings.trusted_proxies} proxies in front"
    yield Finding("settings", f"{settings.app_env}, {settings.base_url}, {proxies}")
    for slug in APPS:
        if (keys := settings.app_keys(slug)).is_half:
            lacks = f"{slug.upper()}_CLIENT_{'SECRET' if keys.client_id else 'ID'}"
            words = f"Half of the developer app for {slug} is set; nobody can connect there."
            yield Finding("settings", words, f"Set {lacks} as well; see /operator/networks.")
    if not settings.is_production:
        return
    for name in ("operator_name", "operator_address", "operator_email", "operator_country"):
        if not getattr(settings, name):
            mend = f"Set {name.upper()}: the privacy policy and security.txt name who runs this."
            yield Finding("settings", f"{name.upper()} is not set.", mend)
    for name in ("pages_per_minute", "pages_per_minute_anonymous"):
        if not getattr(settings, name):
            words = "Pages may be asked for without limit."
            yield Finding("settings", words, f"Set {name.upper()}, or leave it empty.")
    if settings.smtp_url == "console:":
        yield Finding("settings", "Mails are printed, not sent.", "Set SMTP_URL to a mail server.")


def look_at_database() -> Iterator[Finding]:
    try:
        standing = schema.look()
    except SQLAlchemyError as trouble:
        words = f"Can't be reached ({type(trouble).__name__})."
        yield Finding("database", words, "Start it, or correct DATABASE_URL.")
        return
    kind = db.engine.dialect.name
    if standing.present != standing.wanted:
        words = f"{kind}, its schema is at {standing.present}, the code wants {standing.wanted}."
        mend = "Run flask db upgrade." if standing.is_behind else "Deploy the newer version."
        yield Finding("database", words, mend)
    else:
        yield Finding("database", f"{kind}, schema {standing.present}")
        if kind == "postgresql":
            yield look_at_locks()


def look_at_locks() -> Finding:
    """Row-level security binds neither superusers nor roles with BYPASSRLS (Postgres, 5.9)."""
    with db.engine.connect() as connection:
        name, passes = connection.execute(ROLE).one()
        locked = set(connection.execute(LOCKED).scalars())
    if passes:
        words = f"{name} passes by row-level security: superuser or BYPASSRLS."
        return Finding("database", words, "Use an ordinary role: docs/runbooks/deploy.md.")
    if open_ones := sorted(set(tenants.owners(db.metadata)) - locked):
        words = f"Without row-level security: {', '.join(open_ones)}."
        return Finding("database", words, "Run flask db upgrade; if it says nothing, report this.")
    return Finding("database", f"row-level security holds {name} on {len(locked)} tables")


def _keys() -> Iterator[Finding]:
    shut, total = try_keys()
    if shut:
        words = f"{len(shut)} of {total} channels can't be unsealed: {shut[:5]}."
        mend = "Put the key that sealed them back into ENCRYPTION_KEYS, behind the new one."
        yield Finding("keys", words, mend)
    else:
        yield Finding("keys", f"{total} channels open with ENCRYPTION_KEYS")


@across_organizations("every key is tried")
def try_keys() -> tuple[list[int], int]:
    """Channels whose kept key does not open, and how many keys there are."""
    rows = db.session.execute(select(ChannelGrant.channel_id, ChannelGrant.sealed)).all()
    return [row.channel_id for row in rows if not _opens(row.channel_id, row.sealed)], len(rows)


def _opens(channel_id: int, sealed: str) -> bool:
    try:
        open_grant(channel_id, sealed, None)
    except vault.Tampered:
        return False
    return True


def look_at_clock(now: datetime) -> Iterator[Finding]:
    engine = health.look(now)
    if engine.is_ticking:
        yield Finding("clock", f"ran {engine.clock_seconds_ago} s ago")
    else:
        ago = engine.clock_seconds_ago
        words = "It never ran." if ago is None else f"It was last seen {ago} s ago."
        yield Finding("clock", words, "Start flask clock; without it nothing goes out on time.")
    seconds = max(engine.skew, clocks.measure(), key=abs)
    if abs(seconds) > clocks.WARN:
        stops = ": publishing has stopped" if clocks.is_astray(seconds) else ""
        words = f"A machine's clock is {seconds:+.1f} s off the database's{stops}."
        yield Finding("clock", words, "Set both by NTP; beyond 30 s nothing goes out.")
    yield _publisher(engine, now)


def _publisher(engine: health.Engine, now: datetime) -> Finding:
    """Seen only when it is rung: how long ago is no fault by itself (app/publishing/health.py)."""
    never = engine.publisher_seconds_ago is None
    seen = "was never seen" if never else f"was last seen {engine.publisher_ago}"
    if engine.is_silent or health.is_unanswered(engine, now):
        mend = "Start flask worker publish, or start it anew: what is due waits for it."
        return Finding("publisher", f"It {seen}, and nobody answers the clock's rings.", mend)
    return Finding("publisher", f"{seen}, and nothing waits for it")


def look_at_owner(settings: Settings) -> Iterator[Finding]:
    """Whose database is it? A copy of one must not post."""
    if clones.is_foreign():
        words = "The database belongs to another instance: nothing goes out from here."
        mend = "Leave a copy as it is. If this is the one that posts: flask instance adopt."
        yield Finding("instance", words, mend)
    elif settings.instance_id:
        yield Finding("instance", f"{settings.instance_id}, and the database is its own")
    elif settings.is_production:
        words = "INSTANCE_ID is not set: a copy of this database would post as well."
        yield Finding(
            "instance", words, "Set it to a name of this instance, another one in copies."
        )


def _queue() -> Iterator[Finding]:
    if not queue.is_reachable():
        mend = "Start it, or correct REDIS_URL. Until then the clock publishes by itself."
        yield Finding("queue", "Can't be reached.", mend)
        return
    if (policy := queue.eviction()) not in (queue.NO_EVICTION, queue.HIDDEN):
        words = f"Its maxmemory-policy is {policy}."
        yield Finding("queue", words, "Set maxmemory-policy to noeviction.")
    for name in queue.QUEUES:
        count = Worker.count(queue=queue.queue(name))
        if count:
            yield Finding("queue", f"{name}: {count} at work")
        else:
            yield Finding("queue", f"{name}: nobody works.", f"Start flask worker {name}.")


def _storage(settings: Settings) -> Iterator[Finding]:
    mend = "Make STORAGE_URL a folder we may write to."
    if settings.bucket:
        mend = "Correct STORAGE_URL and the STORAGE_ keys: they read, write, list and delete there."
    try:
        key = storage.keep(b"probe", "doctor")
        is_same = storage.read(key) == b"probe" and key in storage.below("doctor")
        storage.discard(key)
    except OSError as trouble:
        yield Finding("storage", f"{storage.where()}: {trouble.strerror or trouble}", mend)
        return
    yield Finding("storage", f"{storage.where()} can be written", "" if is_same else mend)


def _mail(settings: Settings) -> Iterator[Finding]:
    if mail.is_reachable():
        yield Finding(
            "mail", "printed" if settings.smtp_url == "console:" else "the server answers"
        )
    else:
        mend = "Correct SMTP_URL: host, port, user and password."
        yield Finding("mail", "The mail server can't be reached or refuses us.", mend)
