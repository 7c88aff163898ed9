"""The customer's whole way in a real browser: with JavaScript switched off, and heard by axe."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from mail.delivery import deliver_due
from tests.browser.test_accessibility import violations
from tickets.models import Message, Ticket

pytestmark = pytest.mark.usefixtures("support")

SCAN = {"name": "写真.txt", "mimeType": "text/plain", "buffer": "紙詰まり".encode()}


@pytest.fixture(autouse=True)
def _links_lead_here(live_server, settings):
    settings.BASE_URL = live_server.url


def fill_in(page, *, name, email="hana@example.com", subject, body):
    page.locator("[name=name]").fill(name)
    page.locator("[name=email]").fill(email)
    page.locator("[name=subject]").fill(subject)
    page.locator("[name=body]").fill(body)


def press(page, words):
    page.get_by_role("button", name=re.compile(words)).click()


def test_in_japanese_without_javascript_from_the_form_to_solved_and_back(visit):
    with visit(java_script_enabled=False, locale="ja-JP") as here:
        page = here.page
        page.goto("/")
        page.get_by_role("link", name=re.compile("お問い合わせ")).first.click()
        fill_in(
            page, name="山田 花子", subject="印字がかすれます", body="昨日からです。\n赤いランプ。"
        )
        page.locator("[name=attachments]").set_input_files([SCAN])
        press(page, "確認")
        expect(page.locator("main")).to_contain_text("写真.txt")
        expect(page.locator("main")).to_contain_text("赤いランプ。")
        assert not Ticket.objects.exists()

        press(page, "修正|戻る")
        expect(page.locator("[name=subject]")).to_have_value("印字がかすれます")
        page.locator("[name=subject]").fill("印字が薄いです")
        press(page, "確認")
        press(page, "送信")
        ticket = Ticket.objects.get()
        expect(page.locator("main")).to_contain_text(str(ticket.number))
        assert (ticket.subject, ticket.messages.get().attachments.count()) == ("印字が薄いです", 1)

        page.locator("main a[href*='/r/']").click()
        expect(page.locator("h1")).to_have_text("印字が薄いです")
        page.locator("[name=body]").fill("今日も同じです。")
        page.locator("form[action$='/replies/'] button[type=submit]").click()
        expect(page.locator("main")).to_contain_text("今日も同じです。")
        assert Message.objects.count() == 2

        page.locator("form[action$='/solution/'] button").click()
        ticket.refresh_from_db()
        assert ticket.status == "resolved"
        page.locator("form[action$='/reopening/'] button").click()
        ticket.refresh_from_db()
        assert ticket.status == "open"

        # The switch of languages stands on a private page, too.
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("h1")).to_have_text("印字が薄いです")


def test_in_english_without_javascript_from_the_letter_to_the_page(visit):
    with visit(java_script_enabled=False, locale="en-GB") as here:
        page = here.page
        page.goto("/contact/")
        fill_in(page, name="Grace", subject="No paper", body="It says: no paper.")
        press(page, "Send the inquiry")
        expect(page.locator("main")).to_contain_text("We will contact you by")

        deliver_due()
        [letter] = mail.outbox
        page.goto(next(line for line in letter.body.splitlines() if "/r/" in line))

        expect(page.locator("main")).to_contain_text("It says: no paper.")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_people_do_not_see_the_field_that_is_there_for_robots(visit, width):
    with visit(width=width) as here:
        here.page.goto("/contact/")
        box = here.page.locator("[name=website]").bounding_box()

    assert box["x"] + box["width"] < 0


def test_enter_in_a_field_sends_the_form_and_removes_no_file(visit):
    with visit(java_script_enabled=False, locale="en-GB") as here:
        page = here.page
        page.goto("/contact/")
        page.locator("[name=attachments]").set_input_files([SCAN])
        press(page, "Send the inquiry")
        expect(page.locator("main")).to_contain_text("写真.txt")
        fill_in(page, name="Grace", subject="No paper", body="It says: no paper.")
        page.locator("[name=subject]").press("Enter")
        expect(page.locator("h1")).to_contain_text("arrived")

    assert Message.objects.get().attachments.get().name == "写真.txt"


@pytest.mark.usefixtures("demo_urls")
def test_each_step_of_the_way_is_accessible(visit):
    """In the dark on a telephone; the tour of test_accessibility sees the same parts in the light."""
    found, width = [], 390

    def listen(page, step):
        # A press of a button does not wait for the stylesheet of the page it leads to.
        page.wait_for_load_state("networkidle")
        found.extend(f"{step}: {line}" for line in violations(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{step}: scrolls sideways")

    with visit(scheme="dark", width=width, locale="ja-JP") as here:
        page = here.page
        page.goto("/contact/")
        press(page, "確認")
        listen(page, "form with errors")
        fill_in(page, name="山田 花子", subject="印字がかすれます", body="昨日からです。")
        page.locator("[name=attachments]").set_input_files([SCAN])
        press(page, "確認")
        listen(page, "confirmation")
        press(page, "送信")
        listen(page, "arrived")
        page.locator("main a[href*='/r/']").click()
        page.locator("form[action$='/replies/'] button[type=submit]").click()
        listen(page, "refused reply")
        page.locator("[name=body]").fill("今日も同じです。")
        page.locator("form[action$='/replies/'] button[type=submit]").click()
        listen(page, "reply arrived")
        page.goto("/dev/mail/")
        listen(page, "mail that left")
        page.locator("main table a").first.click()
        listen(page, "one letter")

    assert found == []


def test_the_form_with_errors_takes_the_focus_to_what_is_wrong(visit):
    with visit(locale="en-GB") as here:
        page = here.page
        page.goto("/contact/")
        page.locator("[name=name]").fill("Grace")
        press(page, "Send the inquiry")

        focused = page.evaluate("document.activeElement.className")
        assert "error-summary" in focused
        page.locator(".error-summary a").first.click()
        expect(page.locator("[name=email]")).to_be_focused()
        expect(page.locator("[name=name]")).to_have_value("Grace")
