"""The town of two organisations, as tests/tenants has it."""

from tests.tenants.conftest import on_postgres, town

__all__ = ["on_postgres", "town"]
