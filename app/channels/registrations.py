"""How this instance is known at servers that it registered itself with (RFC 7591 and the like)."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app import vault
from app.datamap import plain
from app.db import Model, db, inserting, table
from app.networks import App


class Registration(Model):
    """One server's name for this instance. It belongs to the instance, not to anybody in it."""

    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("network", "host"),)

    id: Mapped[int] = mapped_column(primary_key=True, info=plain())
    network: Mapped[str] = mapped_column(info=plain())
    host: Mapped[str] = mapped_column(info=plain("the server, empty when one is for all"))
    client_id: Mapped[str] = mapped_column(info=plain("the server's name for this instance"))
    sealed: Mapped[str] = mapped_column(info=plain("this instance's own secret there, encrypted"))
    made_at: Mapped[datetime] = mapped_column(info=plain())


def registered(slug: str, host: str) -> App | None:
    """How this instance is known there; None when it isn't yet."""
    chosen = select(Registration.client_id, Registration.sealed)
    known = chosen.where(Registration.network == slug, Registration.host == host)
    found = db.session.execute(known).first()
    if found is None:
        return None
    return App(found.client_id, vault.unseal(found.sealed, bound_to=_bound_to(slug, host)))


def keep(slug: str, host: str, app: App, now: datetime) -> None:
    """Whoever registered first is kept, when two did at once."""
    new = inserting(table(Registration)).values(
        network=slug,
        host=host,
        client_id=app.client_id,
        sealed=vault.seal(app.client_secret, bound_to=_bound_to(slug, host)),
        made_at=now,
    )
    db.session.execute(new.on_conflict_do_nothing(index_elements=["network", "host"]))


def forget(slug: str, host: str) -> None:
    """That server knows this instance no more."""
    row = table(Registration).c
    db.session.execute(delete(table(Registration)).where(row.network == slug, row.host == host))


def reseal_all() -> int:
    """Seal every secret anew under the first key; how many there were."""
    found = db.session.scalars(select(Registration).with_for_update()).all()
    for one in found:
        one.sealed = vault.reseal(one.sealed)
    return len(found)


def _bound_to(slug: str, host: str) -> str:
    return f"registration:{slug}:{host}"
