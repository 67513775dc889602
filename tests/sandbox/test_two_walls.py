"""Two walls: likes are counted, and told, of the posts of one."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.account.models import User
from app.db import db as database
from app.sandbox.models import Wall, WallPost
from tests import make
from tests.sandbox.test_api import POST

DATABASES = ("sqlite",)


class Standing:
    """A wall with one post, and what opens it."""

    def __init__(self, client: FlaskClient, user: User, key: str) -> None:
        self.wall, token = Wall.put_up(make.member(user), clock.now())
        database.session.commit()
        self.client, self.opens = client, {"Authorization": f"Bearer {token}"}
        self.url = f"/sandbox/api/walls/{self.wall.slug}"
        put = client.put(f"{self.url}/posts/{key}", json=POST, headers=self.opens)
        assert put.status_code == 200
        self.post = database.session.scalars(select(WallPost).where(WallPost.key == key)).one()

    def tells(self) -> object:
        return self.client.get(f"{self.url}/figures?of=a,c", headers=self.opens).json


@pytest.fixture
def charlies(anonymous: FlaskClient) -> Standing:
    return Standing(anonymous, make.charlie(), "c")


@pytest.fixture
def alices(anonymous: FlaskClient, charlies: Standing) -> Standing:
    return Standing(anonymous, make.alice(), "a")


def test_each_is_told_the_likes_of_its_own_posts(alices: Standing, charlies: Standing) -> None:
    alices.wall.count_like(alices.post)
    database.session.commit()
    assert (alices.tells(), charlies.tells()) == ({"a": 1}, {"c": 0})


def test_a_wall_counts_no_press_for_a_post_of_another(alices: Standing, charlies: Standing) -> None:
    alices.wall.count_like(charlies.post)
    database.session.commit()
    assert charlies.tells() == {"c": 0}
