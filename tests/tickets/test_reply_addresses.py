"""The address of one ticket: nobody can make one up, and no mail system can spoil it."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from mail.models import Mailbox
from tests.factories import a_ticket
from tickets.reply_addresses import reply_address, ticket_number

pytestmark = pytest.mark.django_db


def test_it_leads_back_to_its_ticket_however_it_is_written(mailbox: Mailbox):
    ticket = a_ticket()
    address = reply_address(ticket, mailbox)

    assert address.startswith(f"support+t{ticket.number}-")
    assert ticket_number([address]) == ticket.number
    assert ticket_number(["x@y.example", f"  {address.upper()} "]) == ticket.number


def test_another_ticket_or_a_guess_leads_nowhere(mailbox: Mailbox):
    ticket = a_ticket()
    address = reply_address(ticket, mailbox)
    check = address.partition("-")[2].partition("@")[0]

    assert len(check) * 5 >= 80
    other = address.replace(f"+t{ticket.number}-", f"+t{ticket.number + 1}-")
    assert ticket_number([other]) is None
    assert ticket_number([address.replace(check, "a" * 16)]) is None
    assert ticket_number([f"support+t{ticket.number}@desk.example", "support@desk.example"]) is None


def test_letters_of_before_a_new_key_are_still_answered(mailbox: Mailbox, settings: LazySettings):
    ticket = a_ticket()
    address = reply_address(ticket, mailbox)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"

    assert ticket_number([address]) == ticket.number
    settings.SECRET_KEY_FALLBACKS = []
    assert ticket_number([address]) is None


def test_it_may_be_on_a_host_of_its_own(mailbox: Mailbox, settings: LazySettings):
    settings.MAIL_REPLY_HOST = "reply.desk.example"

    assert reply_address(a_ticket(), mailbox).endswith("@reply.desk.example")


def test_the_part_before_the_at_is_never_too_long(mailbox: Mailbox):
    mailbox.address = f"{'s' * 50}@desk.example"

    assert reply_address(a_ticket(), mailbox) == ""
