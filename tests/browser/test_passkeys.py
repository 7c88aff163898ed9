"""A real Chromium with an authenticator that answers for its owner."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import RULES
from tests.conftest import PASSWORD

pytestmark = pytest.mark.usefixtures("support")


def with_authenticator(page: Page) -> None:
    chrome = page.context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    chrome.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def accessible(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"], "scrolls sideways"


def test_a_passkey_is_added_and_signs_in_without_the_password(visit, aiko):
    aiko.language = "en"
    aiko.set_password(PASSWORD)
    aiko.save()
    with visit(width=320, locale="en") as window:
        page = window.page
        with_authenticator(page)
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(aiko.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto("/accounts/2fa/")
        page.get_by_role("link", name="Add a passkey").click()
        accessible(page)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        accessible(page)
        page.get_by_label("What you call it").fill("My laptop")
        page.get_by_role("button", name="Add the passkey").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        accessible(page)
        page.get_by_role("link", name="Sign-in and security").first.click()
        expect(page.get_by_text("My laptop", exact=True)).to_be_visible()
        expect(page.get_by_text("Signs in alone")).to_be_visible()
        accessible(page)
        for link in ("Rename", "Remove", "Set up an app", "Make new ones"):
            page.get_by_role("link", name=link).first.click()
            accessible(page)
            page.get_by_role("link", name="Sign-in and security").first.click()

        page.goto("/accounts/logout/")
        page.get_by_role("main").get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Sign in with a passkey").click()

        page.wait_for_url("**/desk/")
        assert Authenticator.objects.get(type="webauthn").last_used_at

        # And as the second step, where somebody types the password all the same.
        page.goto("/accounts/logout/")
        page.get_by_role("main").get_by_role("button", name="Sign out").click()
        page.get_by_label("Email").fill(aiko.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        accessible(page)
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/desk/")


def test_a_passkey_that_is_not_there_is_said_in_words(visit):
    with visit(locale="en") as window:
        page = window.page
        with_authenticator(page)
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()

        expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")
