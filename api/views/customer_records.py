"""What we note about a customer, and two records of one person."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
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
from customers.merging import remember_different
from customers.models import Customer, CustomerMerge, CustomerNote
from customers.services import write_customer_note
from tickets.services.customer_records import merge_customers, separate_customers

LATEST = Order(("written_at",), is_ascending=False)
NOTE = answered(
    "CustomerNote",
    {"id": Whole(), "agent": OrNull(AGENT), "body": Text(1_000_000), "written_at": Instant()},
)
NEW_NOTE = body("NewCustomerNote", {"body": Text(5000, 1)}, ["body"])
MERGE = body(
    "NewCustomerMerge", {"into": Whole(about="The id of the record that goes on")}, ["into"]
)


DIFFERENCE = body("NewDifference", {"other": Whole(about="The id of the other one")}, ["other"])
MERGED = answered("MergedCustomer", {"id": Whole(), "customer": Whole(), "at": Instant()})


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

    @call("List the records that go on as this one", answer=page_of(MERGED))
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """The newest first, on one page."""
        merges = _merges(access.customer(asked.agent, pk)).order_by("-pk")[:100]
        items = [
            {"id": each.pk, "customer": each.customer_id, "at": utc(each.at)} for each in merges
        ]
        return page(asked, items, "")

    @call(
        "Let a record of a customer go on as another one",
        answer=CUSTOMER,
        body=MERGE,
        about="Tickets, addresses, notes and history of both are one; answers with the record that"
        " goes on. For thirty days they can be taken apart again.",
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


class CustomerMergeDetail(Endpoint):
    """One of these."""

    of = section = "customers"

    @call("Make two records of one again", answer=CUSTOMER, refuses=(409,))
    def delete(self, asked: Asked, pk: str, point: str) -> HttpResponse:
        """Answers with the one that stands on its own."""
        merge = access.one_of(_merges(access.customer(asked.agent, pk)), point)
        customer = separate_customers(merge, now=asked.now)
        return answer(shown_customer(customer))


def _merges(into: Customer) -> QuerySet[CustomerMerge]:
    return CustomerMerge.objects.filter(into=into, undone_at=None)


class CustomerDifferences(Endpoint):
    """Two people who look like one."""

    of = section = "customers"

    @call(
        "Say that two customers are not the same person",
        answer=CUSTOMER,
        body=DIFFERENCE,
        about="The desk suggests it no more.",
        example={"other": 1},
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """Both stay."""
        customer = access.customer(asked.agent, pk)
        other = access.customer_in_body(asked.agent, asked.body["other"], at="other")
        if other == customer:
            raise invalid("other", "same", _("This is the same record."))
        remember_different(customer, other, agent=asked.agent)
        return answer(shown_customer(customer))


def _shown(note: CustomerNote) -> dict[str, Any]:
    return {
        "id": note.pk,
        "agent": shown_agent(note),
        "body": note.body,
        "written_at": utc(note.written_at),
    }
