"""Choosing a macro in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_accessibility import RULES
from tests.factories import a_ticket
from tickets.models import Macro, Message

pytestmark = pytest.mark.usefixtures("support")


@pytest.fixture
def writing(visit, aiko):
    ticket = a_ticket()
    Macro.objects.create(
        name="返金のご案内",
        reading="へんきん",
        body="{{お客様名}} 様の返金を承りました。",
        ending="solve",
        tags=["返金"],
        position=2,
    )
    Macro.objects.create(
        name="お詫び", body="お詫びします。", promise_after=timedelta(hours=30), position=1
    )
    with visit(aiko) as here:
        # What is saved at the end would meet the flush.
        here.page.route("**/draft/", lambda route: route.fulfill(status=204))
        here.page.goto(f"/desk/tickets/{ticket.number}/")
        yield here.page


def test_three_keys_bring_a_known_macro_into_the_reply(writing):
    body = writing.locator("#reply_body")
    body.fill("はい。")
    body.blur()
    writing.keyboard.press(";")
    box = writing.get_by_role("combobox", name="Name, reading or text")
    expect(box).to_be_focused()
    writing.keyboard.insert_text("ヘンキ")
    expect(writing.locator("macro-picker [role=option]")).to_have_count(1)
    expect(writing.locator("[data-preview]")).to_contain_text("山田花子 様の返金を承りました。")
    assert Axe().run(writing, options=RULES).response["violations"] == []

    writing.keyboard.press("Enter")

    expect(body).to_be_focused()
    expect(body).to_have_value("はい。山田花子 様の返金を承りました。")
    expect(writing.get_by_label("“返金のご案内” also changes tags: 返金")).to_be_checked()
    writing.keyboard.press("Control+Enter")
    expect(writing.get_by_role("status").filter(has_text="Sent and solved.")).to_be_visible()
    message = Message.objects.get(direction="outbound")
    assert [tag.name for tag in message.ticket.tags.all()] == ["返金"]


def test_arrows_choose_and_the_promise_is_set(writing):
    writing.keyboard.press(";")
    options = writing.locator("macro-picker [role=option]")
    expect(options.first).to_have_attribute("aria-selected", "true")
    writing.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    writing.keyboard.press("ArrowUp")
    writing.keyboard.press("Enter")

    expect(writing.locator("#reply_body")).to_have_value("お詫びします。")
    chosen = writing.locator("#reply_promise [name=promise]:checked")
    expect(chosen).to_have_value("free")
    expect(writing.locator("#reply_promise_other")).not_to_have_value("")


def test_escape_gives_the_focus_back(writing):
    writing.locator("#reply_body").focus()
    writing.locator("[data-opens]").focus()
    writing.keyboard.press("Enter")
    expect(writing.get_by_role("combobox", name="Name, reading or text")).to_be_focused()

    writing.keyboard.press("Escape")

    expect(writing.locator("[data-opens]")).to_be_focused()


def test_the_enter_that_ends_a_conversion_chooses_nothing(writing):
    writing.keyboard.press(";")
    expect(writing.locator("macro-picker [role=option]")).to_have_count(2)
    session = writing.context.new_cdp_session(writing)

    session.send(
        "Input.imeSetComposition", {"text": "へん", "selectionStart": 2, "selectionEnd": 2}
    )
    session.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229},
    )
    session.send("Input.insertText", {"text": "返金"})

    expect(writing.locator("macro-picker [role=option]")).to_have_count(1)
    expect(writing.locator("macro-picker dialog")).to_be_visible()


def test_without_scripts_a_page_does_it(visit, aiko):
    ticket = a_ticket()
    Macro.objects.create(name="お詫び", body="お詫びします。")

    with visit(aiko, java_script_enabled=False) as here:
        here.page.goto(f"/desk/tickets/{ticket.number}/")
        here.page.get_by_role("link", name="Macros").click()
        here.page.get_by_role("button", name="Use it").click()
        expect(here.page.locator("#reply_body")).to_have_value("お詫びします。")
