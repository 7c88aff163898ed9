"""The bulk bar on a telephone and by keyboard: a macro and a letter to several customers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import a_customer, a_ticket
from tickets.models import Macro, Ticket

pytestmark = pytest.mark.usefixtures("support")


@pytest.fixture(autouse=True)
def _one_by_one(settings):
    """The same is done to one ticket after the other: the guard against that looks away."""
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]


@pytest.fixture
def tickets(db):
    emma = a_customer("emma@example.com", "Emma", language="en")
    return [a_ticket(), a_ticket(customer=emma, email="emma@example.com")]


@pytest.fixture
def _macros(aiko):
    for name, body in (
        ("Out of stock", "{{customer}} 様、在庫を確認しています。"),
        ("Refund", "返金"),
    ):
        Macro.objects.create(name=name, body=body, owner=aiko)


@pytest.mark.usefixtures("_macros", "tickets")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_macro_is_searched_in_the_bar_and_sent_by_keyboard(visit, aiko, width):
    with visit(aiko, width=width) as here:
        page = here.page
        page.goto("/desk/")
        for box in page.locator("[name=ticket]").all():
            box.check()
        bar = page.locator("#bulk")
        bar.get_by_text("Reply", exact=True).focus()
        page.keyboard.press("Enter")
        expect(bar.get_by_role("button", name="Refund")).to_be_in_viewport()
        expect(bar.get_by_role("button", name="Write to each")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("stock")
        expect(bar.get_by_role("button", name="Refund")).to_have_count(0)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("2 customers get this letter.")).to_be_visible()
        expect(page.get_by_text("Emma 様、在庫を確認しています。")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_text("2 letters are written.")).to_be_visible()
        page.keyboard.press("z")
        expect(page.get_by_text("2 tickets are as they were before.")).to_be_visible()

    assert {ticket.status for ticket in Ticket.objects.all()} == {"new"}


def test_the_whole_bar_is_within_reach_on_a_telephone(visit, aiko, tickets):
    with visit(aiko, width=390) as here:
        page = here.page
        page.goto("/desk/")
        page.locator("[name=ticket]").first.check()
        for control in page.locator("#bulk > details > summary, #bulk > button.button").all():
            expect(control).to_be_in_viewport(ratio=1)
        bar = page.locator("#bulk").bounding_box()

    assert bar["height"] < 844 / 3
