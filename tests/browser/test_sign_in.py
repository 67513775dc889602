"""Signing in in a real browser: with passkeys alone, and with an app's codes without JavaScript."""

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from app import clock
from tests.browser.conftest import Places, Visit, Visitor, introduce, sign_in
from tests.browser.rules import violations
from tests.browser.sites import Site, site

PASSWORD = "seven quiet herons"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("sign-in")) as made:
        yield made


@pytest.fixture
def fresh(here: Site, places: Places) -> Iterator[Visitor]:
    """A browser context that nobody uses after: what is added to it stays in it."""
    page = places.open(here.url, reduced_motion="reduce")
    yield (visitor := Visitor(page, here.url))
    assert visitor.slips == []
    page.context.close()


def sign_up(page: Page, email: str) -> None:
    page.goto("/signup")
    page.fill("#email", email)
    page.fill("#organization", "Grove")
    introduce(page, "Grace Birch", PASSWORD)
    expect(page.locator("h1")).to_have_text("Connect a channel")


class Device:
    """Chromium's virtual authenticator: a phone with a fingerprint reader, so to say."""

    def __init__(self, page: Page) -> None:
        self.devtools = page.context.new_cdp_session(page)
        self.devtools.send("WebAuthn.enable")
        kind = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
        self.id = made["authenticatorId"]

    def keys(self) -> list[dict[str, Any]]:
        found = self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        keys: list[dict[str, Any]] = found["credentials"]
        return keys

    def recognises_its_holder(self, yes: bool) -> None:
        who = {"authenticatorId": self.id, "isUserVerified": yes}
        self.devtools.send("WebAuthn.setUserVerified", who)


def add_passkey(page: Page, name: str) -> None:
    page.goto("/account/security/passkeys/new")
    page.fill("#passkey-name", name)
    page.click("text=Create the passkey")


@pytest.mark.parametrize("has_json_forms", [True, False])
def test_a_passkey_is_added_and_is_then_the_only_sign_in(
    here: Site, fresh: Visitor, has_json_forms: bool
) -> None:
    page = fresh.page
    if not has_json_forms:  # a browser before WebAuthn level 3
        page.add_init_script(
            "for (const name of ['parseCreationOptionsFromJSON', 'parseRequestOptionsFromJSON'])"
            " delete PublicKeyCredential[name]; delete PublicKeyCredential.prototype.toJSON;"
        )
    device = Device(page)
    sign_up(page, f"grace{has_json_forms}@example.com".lower())
    add_passkey(page, "My laptop")
    page.wait_for_url("**/account/security/codes")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    expect(page.locator("ol.codes li")).to_have_count(10)
    assert violations(page) == []
    [key] = device.keys()
    assert key["isResidentCredential"] and key["rpId"] == "localhost"
    page.click("text=I have them")
    expect(page.locator("main")).to_contain_text("My laptop")
    page.goto("/account/security/codes")
    expect(page.locator("main")).to_contain_text("10 of your codes are unused")
    page.click("text=Sign out >> visible=true")
    page.wait_for_url(f"{here.url}/")
    page.goto("/queue")
    expect(page.locator("h1")).to_have_text("Sign in")
    page.click("text=Sign in with a passkey")
    page.wait_for_url(f"{here.url}/queue")
    assert fresh.cookies == ["allstac"]
    [key] = device.keys()
    assert key["signCount"] >= 2


def test_a_device_that_does_not_recognise_its_holder_signs_nobody_in(
    fresh: Visitor,
) -> None:
    page = fresh.page
    device = Device(page)
    sign_up(page, "iris@example.com")
    add_passkey(page, "Phone")
    page.wait_for_url("**/account/security/codes")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    add_passkey(page, "The same phone")
    expect(page.get_by_role("alert")).to_have_text("This device has a passkey of yours already.")
    page.context.clear_cookies()
    device.recognises_its_holder(False)
    page.goto("/login")
    page.click("text=Sign in with a passkey")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was confirmed.")
    assert violations(page) == []
    device.recognises_its_holder(True)
    sign_in(page, "iris@example.com", PASSWORD)
    expect(page.locator("h1")).to_have_text("One more step")
    assert violations(page) == []
    page.click("text=Use a passkey")
    page.wait_for_url("**/calendar")


def test_an_app_is_set_up_and_asked_for_without_javascript(here: Site, visit: Visit) -> None:
    page = visit(here.url, js=False).page
    sign_up(page, "noscript@example.com")
    page.goto("/account/security")
    page.click("section[aria-labelledby=app] button")
    expect(page.locator("img.qr")).to_be_visible()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 100
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.fill("#code", pyotp.TOTP(secret).at(clock.now()))
    page.click("text=Finish")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    codes = page.locator("ol.codes li").all_inner_texts()
    assert len(codes) == 10 and all(re.fullmatch(r"\w{4}-\w{4}-\w{4}", one) for one in codes)
    page.click("text=I have them")
    page.goto("/account/security/passkeys/new")
    expect(page.locator("main")).to_contain_text("Passkeys need JavaScript")
    page.context.clear_cookies()
    page.goto("/queue")
    expect(page.locator("main")).to_contain_text("Passkeys need JavaScript")
    page.fill("#email", "noscript@example.com")
    page.fill("#password", PASSWORD)
    page.click("main button.primary")
    expect(page.locator("h1")).to_have_text("One more step")
    page.fill("#code", pyotp.TOTP(secret).at(clock.now(), counter_offset=1))
    page.click("text=Go on")
    expect(page.locator("h1")).to_have_text("Queue")
    page.goto("/account/security/activity")
    expect(page.locator("main")).to_contain_text("Set up an authenticator app")
    page.context.clear_cookies()
    sign_in(page, "noscript@example.com", PASSWORD)
    page.fill("#code", codes[0].upper())
    page.click("text=Go on")
    page.wait_for_url("**/calendar")
