"""Olga, who runs the instance, at her desk."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make


@pytest.fixture
def desk(app: Flask, db: object) -> FlaskClient:
    client = app.test_client()
    make.sign_in(client, make.operator())
    return client
