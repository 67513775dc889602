"""Whose things the work at hand may touch: one organisation's or, by name, everybody's.

Outside of any scope an organisation's tables are closed: `app.tenants` refuses such statements on
every database, and on Postgres row-level security holds whatever the statement says."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

NOBODY, EVERYBODY = "", "*"
scope: ContextVar[str] = ContextVar("scope", default=NOBODY)


@contextmanager
def across_organizations(why: str) -> Iterator[None]:
    """Work that rightly spans organisations. `why` is for the reader; the places are a closed list
    in tests/tenants/test_scope.py. Flush before leaving: what is sent later is judged later."""
    token = scope.set(EVERYBODY)
    try:
        yield
    finally:
        scope.reset(token)


@contextmanager
def within_organization(id: int) -> Iterator[None]:
    """Work on one organisation's things. The id comes from a row, never from a payload."""
    token = scope.set(str(id))
    try:
        yield
    finally:
        scope.reset(token)


def begin() -> Token[str]:
    """A request begins with nobody's things, whatever ran in this thread before it."""
    return scope.set(NOBODY)


def end(token: Token[str]) -> None:
    scope.reset(token)


def act_for(organization_id: int) -> None:
    """The rest of this request is that organisation's."""
    scope.set(str(organization_id))
