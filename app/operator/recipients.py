"""Who may receive data from this very instance: which setting switches them on, whether it is, what goes
there; and where an announced change of the policy stands."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from app.account.models import User
from app.channels import apps
from app.db import db
from app.networks.registry import NETWORKS
from app.privacy import provider_use, registers, sightings, versions
from app.privacy.provider_use import ProviderUse
from app.privacy.registers import Destination, Provider
from app.privacy.sightings import Sighting

CHECK = "contracted"  # the live check that looks at service providers


@dataclass(frozen=True)
class Use:
    """A service provider, and the setting whose value switches it on; `since`: when the clock first saw
    it so, None when it has not looked since."""

    provider: Provider
    setting: str
    is_on: bool
    since: datetime | None


@dataclass(frozen=True)
class Way:
    """A destination; `settings` is empty where people need nothing of the operator to use it."""

    destination: Destination
    settings: tuple[str, ...]
    is_on: bool


@dataclass(frozen=True)
class Coming:
    """An announced version of the policy: who was mailed, of how many that are to be."""

    name: str
    summary: str
    announced_on: date
    effective_on: date
    told: int
    people: int


def uses() -> list[Use]:
    known = provider_use.latest()
    return [_use(one, known.get(one.id)) for one in registers.providers()]


def _use(one: Provider, seen: ProviderUse | None) -> Use:
    is_same = seen is not None and seen.is_on == one.is_used
    return Use(one, one.setting.upper(), one.is_used, seen.since if seen and is_same else None)


def ways() -> list[Way]:
    return [_way(one) for one in registers.destinations()]


def _way(one: Destination) -> Way:
    adapter = NETWORKS.get(one.id)
    if adapter is None or not adapter.needs_app:
        return Way(one, (), True)
    names = tuple(f"{one.id.upper()}_CLIENT_{part}" for part in ("ID", "SECRET"))
    return Way(one, names, apps.is_offered(adapter))


def last_look() -> Sighting | None:
    """What the live check of service providers saw last."""
    return sightings.latest().get(CHECK)


def coming(now: datetime) -> Coming | None:
    """The version that is posted and does not count yet."""
    version = versions.announced(now.date())
    if version is None:
        return None
    everybody = select(func.count(User.id)).where(User.erased_at.is_(None), User.email.is_not(None))
    told = everybody.where(User.told_policy == version.name)
    return Coming(
        version.name,
        version.summary,
        version.announced_on,
        version.effective_on,
        db.session.scalar(told) or 0,
        db.session.scalar(everybody) or 0,
    )
