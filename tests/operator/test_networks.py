"""The desk's page of networks says all that an operator has to type elsewhere."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, doctor
from app.networks.registry import NETWORKS
from app.operator import developer_apps
from tests import make


@pytest.fixture
def desk(anonymous: FlaskClient) -> FlaskClient:
    make.sign_in(anonymous, make.operator())
    return anonymous


def test_every_network_that_needs_an_app_is_described_with_a_reason_for_each_scope(
    app: Flask,
) -> None:
    wanting = {one.slug: one for one in NETWORKS.values() if one.needs_app}
    told = developer_apps.described()
    assert set(wanting) <= set(told)
    for slug, network in wanting.items():
        assert set(told[slug]["scopes"]) == set(network.scopes), slug
        assert all(len(why) > 20 for why in told[slug]["scopes"].values())


def test_the_page_holds_addresses_settings_scopes_and_texts(desk: FlaskClient) -> None:
    shown = desk.get("/operator/networks").text
    for network in NETWORKS.values():
        if network.needs_app:
            assert f"http://localhost/channels/connect/{network.slug}/return" in shown
            assert f"{network.slug.upper()}_CLIENT_SECRET" in shown
            assert all(scope in shown for scope in network.scopes)
    assert "http://localhost/privacy/meta/deletion" in shown
    assert "http://localhost/privacy/meta/deauthorize" in shown


def test_an_app_by_half_is_a_finding(
    app: Flask, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"x_client_id": "an id"})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert "Half set up" in desk.get("/operator/networks").text
    mends = [one.mend for one in doctor.examine(clock.now())]
    assert any("X_CLIENT_SECRET" in mend for mend in mends)
    assert desk.get("/channels/connect/x").status_code in (303, 404)
