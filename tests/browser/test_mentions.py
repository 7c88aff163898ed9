from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.services import add_member
from tests.factories import AgentFactory, a_ticket
from tickets.models import Note

pytestmark = pytest.mark.usefixtures("support")


@pytest.fixture
def writing(visit, support, aiko, ben):
    """The note box of a ticket, with colleagues of all kinds of names."""
    for name, email in (("山田 太郎", "yamada@example.com"), ("サトウ", "sato@example.com")):
        add_member(support, AgentFactory(name=name, email=email))
    ticket = a_ticket()
    with visit(aiko) as here:
        # Drafts are not what this is about; one that is saved at the end would meet the flush.
        here.page.route("**/draft/", lambda route: route.fulfill(status=204))
        here.page.goto(f"/desk/tickets/{ticket.number}/")
        here.page.keyboard.press("m")
        yield here.page


def offered(page):
    return page.locator("#note_people [role=option]:visible").all_inner_texts()


@pytest.mark.parametrize(
    ("begun", "name"),
    [
        ("@Be", "Ben"),
        ("@山", "山田 太郎"),
        ("@太", "山田 太郎"),
        ("@yama", "山田 太郎"),
        ("＠さと", "サトウ"),
    ],
)
def test_a_name_is_completed_by_its_beginning_in_any_script(writing, begun, name):
    writing.keyboard.insert_text(f"See {begun}")
    assert [name in text for text in offered(writing)] == [True]

    writing.keyboard.press("Enter")

    expect(writing.locator("#note_body")).to_have_value(f"See {begun[0]}{name} ")
    expect(writing.locator("#note_people")).to_be_hidden()


def test_arrows_choose_and_escape_closes(writing):
    writing.keyboard.insert_text("@")
    people = offered(writing)
    assert len(people) == 4
    body = writing.locator("#note_body")
    first = body.get_attribute("aria-activedescendant")

    writing.keyboard.press("ArrowDown")
    assert body.get_attribute("aria-activedescendant") != first
    writing.keyboard.press("ArrowUp")
    assert body.get_attribute("aria-activedescendant") == first

    writing.keyboard.press("Escape")
    expect(writing.locator("#note_people")).to_be_hidden()
    expect(body).to_have_value("@")


def test_an_address_of_mail_offers_nobody(writing):
    writing.keyboard.insert_text("hana@be")

    expect(writing.locator("#note_people")).to_be_hidden()


def test_the_enter_that_ends_a_conversion_chooses_nobody(writing):
    writing.keyboard.insert_text("@")
    expect(writing.locator("#note_people")).to_be_visible()
    session = writing.context.new_cdp_session(writing)

    session.send(
        "Input.imeSetComposition", {"text": "やま", "selectionStart": 2, "selectionEnd": 2}
    )
    session.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229},
    )
    session.send("Input.insertText", {"text": "山"})

    expect(writing.locator("#note_body")).to_have_value("@山")
    assert ["山田 太郎" in text for text in offered(writing)] == [True]


def test_what_was_chosen_is_told(writing, ben):
    writing.keyboard.insert_text("@Be")
    writing.keyboard.press("Tab")
    writing.keyboard.press("Control+Enter")

    expect(writing.locator(".message--note mark")).to_have_text("@Ben")
    assert Note.objects.get().mentions == ["Ben"]
    assert ben.notifications.get().kind == "mentioned"
