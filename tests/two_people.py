"""Two people of two organisations, for what is to be told apart."""

import pytest

from app.account.models import User
from tests import make


@pytest.fixture
def charlie(db: object) -> User:
    """He was here first, so what asks for nobody finds him."""
    return make.charlie()


@pytest.fixture
def alice(charlie: User) -> User:
    return make.alice()
