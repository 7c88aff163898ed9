from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Agent
from mail.blocking import CannotBeBlocked, block_sender, is_blocked
from mail.models import BlockedSender, InboundEmail, Mailbox, OutboundEmail
from tests.conftest import signed_in
from tests.html import Page
from tests.mail.incoming import a_mail, arrives
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
SHOP = "ad@shop.example"
PAGE = "/desk/settings/blocked/"


@pytest.mark.parametrize(
    ("address", "blocked", "expected"),
    [
        ("ad@shop.example", "ad@shop.example", True),
        ("AD@Shop.Example", "ad@shop.example", True),
        ("other@shop.example", "ad@shop.example", False),
        ("other@shop.example", "shop.example", True),
        ("other@mail.shop.example", "shop.example", True),
        ("other@notshop.example", "shop.example", False),
        ("", "shop.example", False),
    ],
)
def test_an_address_a_domain_and_all_below_it(address: str, blocked: str, expected: bool) -> None:
    assert is_blocked(address, {blocked}) is expected


def block(agent: Agent, pattern: str) -> BlockedSender:
    return block_sender(pattern, note="", by=agent, now=timezone.now())


@pytest.mark.parametrize("written", ["Shop.Example", "@shop.example", " shop.example "])
def test_their_mail_becomes_no_ticket_and_nobody_answers(
    mailbox: Mailbox, admin: Agent, written: str
) -> None:
    block(admin, written)

    email = arrives(a_mail(SHOP))

    assert email.state == InboundEmail.State.BLOCKED
    assert not Ticket.objects.exists()
    assert not OutboundEmail.objects.exists()
    with email.raw.open("rb") as kept:
        assert b"shop.example" in kept.read()


def test_mail_of_others_is_filed_as_ever(mailbox: Mailbox, admin: Agent) -> None:
    block(admin, SHOP)

    arrives(a_mail("hanako@shop.example"))

    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("nonsense", "no email address"),
        ("gmail.com", "Very many people"),
        ("desk.example", "An address of ours"),
        ("support@desk.example", "An address of ours"),
    ],
)
def test_what_would_do_harm_is_refused(
    mailbox: Mailbox, admin: Agent, pattern: str, why: str
) -> None:
    browser = signed_in(admin)

    response = browser.post(f"{PAGE}create/", {"pattern": pattern, "note": ""})

    assert response.status_code == 422
    assert why in Page(response.text).text
    assert not BlockedSender.objects.exists()
    with pytest.raises(CannotBeBlocked):
        block(admin, pattern)


def test_a_single_address_of_a_provider_can_be_blocked(mailbox: Mailbox, admin: Agent) -> None:
    assert block(admin, "ad@gmail.com") == block(admin, "AD@gmail.com")


def test_an_administrator_blocks_reads_opens_and_unblocks(mailbox: Mailbox, admin: Agent) -> None:
    browser = signed_in(admin)
    form = Page(browser.get(f"{PAGE}?sender={SHOP}").text).form(f"{PAGE}create/")
    assert form.fields["pattern"] == SHOP
    browser.post(form.action, {**form.fields, "note": "Advertising"})
    arrives(a_mail(SHOP, subject="Buy now"))

    page = Page(browser.get(PAGE).text)
    assert "Advertising" in page.text
    assert "Buy now" in page.text
    mail = InboundEmail.objects.get()
    opening = page.form(f"/desk/mail/{mail.pk}/decision/")
    browser.post(opening.action, opening.sent_with("do", "ticket"))
    assert Ticket.objects.get().subject == "Buy now"

    sender = BlockedSender.objects.get()
    browser.post(f"{PAGE}{sender.pk}/delete/")
    arrives(a_mail(SHOP, subject="Once more"))
    assert Ticket.objects.filter(subject="Once more").exists()


def test_it_does_not_wait_for_anybody_in_the_tray(mailbox: Mailbox, admin: Agent) -> None:
    block(admin, SHOP)
    arrives(a_mail(SHOP, subject="Buy now"))

    assert "Buy now" not in Page(signed_in(admin).get("/desk/mail/").text).text
