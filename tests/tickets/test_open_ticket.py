from __future__ import annotations

from uuid import uuid4

import pytest

from mail.models import OutboundEmail
from sla.models import Kind
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket, an_inquiry
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def test_an_inquiry_is_filed_with_a_promise_in_working_hours():
    ticket = a_ticket()

    assert ticket.status == "new"
    assert ticket.next_contact_at == MONDAY_AT_TEN.replace(hour=14)
    assert ticket.next_due_at == ticket.next_contact_at
    kinds = set(ticket.clock.commitments.live().values_list("kind", flat=True))
    assert kinds == {Kind.FIRST_REPLY, Kind.RESOLUTION, Kind.PROMISE}


def test_the_acknowledgement_waits_in_the_outbox_with_the_promised_time():
    opened = an_inquiry()

    email = OutboundEmail.objects.get()
    assert email.to == "hana@example.com"
    assert "2026年10月5日(月) 14:00" in email.text
    assert opened.token in email.text
    assert email.headers["Auto-Submitted"] == "auto-replied"
    assert "プリンター" not in email.text + email.subject


def test_the_same_submission_makes_one_ticket():
    key = uuid4()

    first = an_inquiry(submission_key=key)
    second = an_inquiry(submission_key=key)

    assert first == second
    assert Ticket.objects.count() == 1
    assert OutboundEmail.objects.count() == 1
