"""While mail is held nothing leaves and nothing is fetched; afterwards all of it goes on."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.utils import timezone

from mail.delivery import deliver_due
from mail.fetching import ring_for_due
from mail.models import Mailbox, MailboxSource, OutboundEmail
from tests.factories import an_inquiry


@pytest.mark.usefixtures("support")
def test_what_was_held_leaves_and_is_fetched_when_it_is_released(mailbox: Mailbox) -> None:
    MailboxSource.objects.create(mailbox=mailbox, kind="imap", host="imap.example.com")
    an_inquiry()
    call_command("hold_mail")

    assert deliver_due() == ring_for_due() == 0
    assert not MailboxSource.objects.due(timezone.now()).exists()
    assert OutboundEmail.objects.waiting().count() == 1

    call_command("hold_mail", release=True)

    assert deliver_due() == ring_for_due() == 1
