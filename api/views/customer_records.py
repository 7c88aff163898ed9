"""What we note about a customer, and two records of one person."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call, page
from api.filtering import check_after
from api.problems import invalid
from api.schema import page_of
from api.shapes import Instant, OrNull, Text, Whole, answered, body, utc
from api.showing import AGENT, shown_agent
from api.views.customers import CUSTOMER, shown_customer
from common.keyset import Order
from common.keyset import page_of as keyset_page
from customers.models import CustomerNote
from customers.services import write_customer_note
from tickets.services.customer_records import merge_customers

LATEST = Order(("written_at",), is_ascending=False)
NOTE = answered(
    "CustomerNote",
    {"id": Whole(), "agent": OrNull(AGENT), "body": Text(1_000_000), "written_at": Instant()},
)
NEW_NOTE = body("NewCustomerNote", {"body": Text(5000, 1)}, ["body"])
MERGE = body(
    "NewCustomerMerge", {"into": Whole(about="The id of the record that goes on")}, ["into"]
)


class CustomerNotes(Endpoint):
    """What colleagues should know of somebody before they write."""

    of = section = "customers"

    @call("List notes about a customer", answer=page_of(NOTE), query=PAGED)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """The newest first."""
        customer = access.customer(asked.agent, pk)
        check_after(LATEST, asked.after)
        notes = CustomerNote.objects.filter(customer=customer).select_related("agent")
        found = keyset_page(notes, LATEST, after=asked.after, size=asked.limit)
        return page(asked, [_shown(note) for note in found.rows], found.older)

    @call(
        "Write a note about a customer",
        answer=NOTE,
        status=201,
        body=NEW_NOTE,
        about="Customers never read it.",
        example={"body": "Prefers to be called after 4 p.m."},
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """For colleagues."""
        customer = access.customer(asked.agent, pk)
        note = write_customer_note(
            customer, body=asked.body["body"], agent=asked.agent, now=asked.now
        )
        address = absolute(reverse("api:customer_notes", args=[customer.pk]))
        return answer(_shown(note), status=201, Location=address)


class CustomerMerges(Endpoint):
    """Two records of one person."""

    of = section = "customers"

    @call(
        "Let a record of a customer go on as another one",
        answer=CUSTOMER,
        body=MERGE,
        about="Tickets, addresses, notes and history of both are one; answers with the record that"
        " goes on. For thirty days the desk can take them apart again.",
        example={"into": 1},
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """As the desk does."""
        customer = access.customer(asked.agent, pk)
        into = access.customer_in_body(asked.agent, asked.body["into"], at="into")
        if into == customer:
            raise invalid("into", "same", _("This is the same record."))
        merge_customers(customer, into=into, agent=asked.agent, now=asked.now)
        return answer(shown_customer(access.customer(asked.agent, str(into.pk))))


def _shown(note: CustomerNote) -> dict[str, Any]:
    return {
        "id": note.pk,
        "agent": shown_agent(note),
        "body": note.body,
        "written_at": utc(note.written_at),
    }
