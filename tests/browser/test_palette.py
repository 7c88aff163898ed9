"""Ctrl+K in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_accessibility import RULES
from tests.factories import a_ticket
from tickets.models import Macro

pytestmark = pytest.mark.usefixtures("support")


def found(page):
    return page.locator("command-palette [role=option]")


def test_a_ticket_by_its_number_is_two_keys_away(visit, aiko):
    ticket = a_ticket(subject="印字がかすれます")

    with visit(aiko) as here:
        page = here.page
        page.goto("/desk/")
        page.keyboard.press("Control+k")
        expect(page.locator("#palette_box")).to_be_focused()
        expect(found(page).filter(has_text="Macros")).to_be_visible()
        assert Axe().run(page, options=RULES).response["violations"] == []
        page.keyboard.type(str(ticket.number))
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/desk/tickets/{ticket.number}/")


def test_what_has_a_key_on_the_page_is_done_and_escape_gives_the_focus_back(visit, aiko):
    ticket = a_ticket()

    with visit(aiko) as here:
        page = here.page
        page.goto(f"/desk/tickets/{ticket.number}/")
        page.locator("#reply_body").focus()
        page.keyboard.press("Control+k")
        page.keyboard.press("Escape")
        expect(page.locator("#reply_body")).to_be_focused()

        page.keyboard.press("Control+k")
        page.keyboard.type("internal")
        expect(found(page).first).to_contain_text("Internal note")
        page.keyboard.press("Enter")
        expect(page.locator("#note_body")).to_be_focused()


def test_a_macro_is_found_by_its_reading_and_opens_the_picker(visit, aiko):
    ticket = a_ticket()
    Macro.objects.create(name="返金", reading="へんきん", body="返金します。")

    with visit(aiko) as here:
        page = here.page
        page.goto(f"/desk/tickets/{ticket.number}/")
        page.keyboard.press("Control+k")
        page.keyboard.insert_text("ヘンキン")
        expect(found(page)).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator("#macros_box")).to_be_focused()
        expect(page.locator("macro-picker [role=option]")).to_have_count(1)


def test_single_keys_can_be_switched_off(visit, aiko):
    ticket = a_ticket()

    with visit(aiko) as here:
        page = here.page
        page.goto(f"/desk/tickets/{ticket.number}/")
        page.locator(".top-bar details summary").last.click()
        page.get_by_role("button", name="Off", exact=True).click()
        page.wait_for_load_state()
        page.keyboard.press("m")
        expect(page.locator("#note_body")).not_to_be_focused()
        page.keyboard.press("Control+k")
        expect(page.locator("#palette_box")).to_be_focused()


def test_without_a_keyboard_it_is_in_the_menu(visit, aiko):
    with visit(aiko, width=390) as here:
        page = here.page
        page.goto("/desk/")
        page.locator(".top-bar details summary").last.click()
        page.get_by_role("button", name="Go to, or do").click()
        expect(page.locator("#palette_box")).to_be_focused()
        found(page).filter(has_text="Macros").click()
        expect(page.locator("h1")).to_have_text("Macros")
