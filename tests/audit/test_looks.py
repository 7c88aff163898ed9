"""Who looked at a customer is written down, and nobody waits for it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from audit.models import Access
from tests.conftest import signed_in
from tests.factories import a_ticket, an_inquiry
from tests.mail.incoming import a_mail, arrives
from tickets.models import Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def looks() -> list[tuple[str, str, int | None, int | None]]:
    found = Access.objects.order_by("pk")
    return list(found.values_list("name", "kind", "customer", "ticket"))


def test_opening_a_ticket_and_a_customer_is_written_down_once_an_hour(as_aiko, aiko):
    ticket = a_ticket()

    for _ in range(2):
        as_aiko.get(f"/desk/tickets/{ticket.number}/")
        as_aiko.get(f"/desk/customers/{ticket.customer_id}/")

    assert looks() == [
        ("Aiko", "ticket", ticket.customer_id, ticket.number),
        ("Aiko", "customer", ticket.customer_id, None),
    ]
    assert Access.objects.first().agent == aiko.pk


def test_what_was_refused_was_not_seen(mallory, ticket_of_support):
    response = signed_in(mallory).get(f"/desk/tickets/{ticket_of_support.number}/")

    assert response.status_code == 404
    assert looks() == []


@pytest.fixture
def ticket_of_support(aiko):
    return a_ticket()


def test_customers_are_not_written_down():
    inquiry = an_inquiry()

    page = Client().get(reverse("portal:request", args=[inquiry.token]), follow=True)

    assert page.status_code == 200
    assert looks() == []


def test_mails_and_files_are_written_down_with_whose_they_are(mailbox, as_aiko):
    mail = a_mail()
    mail.add_attachment(b"paper jam", maintype="text", subtype="plain", filename="error.txt")
    message = Message.objects.get(inbound=arrives(mail))
    ticket, file = message.ticket, message.attachments.get()
    number = str(ticket.number)

    as_aiko.get(reverse("desk:original", args=[number, message.pk]))
    b"".join(as_aiko.get(reverse("desk:raw_mail", args=[number, message.pk])))
    b"".join(as_aiko.get(reverse("desk:attachment", args=[file.public_id])))

    assert {(kind, customer, ticket) for _, kind, customer, ticket in looks()} == {
        (kind, ticket.customer_id, ticket.number) for kind in ("ticket", "mail", "raw_mail", "file")
    }
    assert Access.objects.get(kind="file").thing == str(file.public_id)


def test_a_page_is_shown_even_when_the_look_cannot_be_written_down(as_aiko, monkeypatch, caplog):
    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("full")

    ticket = a_ticket()
    monkeypatch.setattr("helpdesk.middleware.record_looks", fail)

    assert as_aiko.get(f"/desk/tickets/{ticket.number}/").status_code == 200
    assert "look_not_recorded" in caplog.text
