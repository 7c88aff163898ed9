"""Customers: who asks, how they are reached, and what they asked."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.permissions import Permission
from api import access
from api.endpoint import (
    PAGED,
    Asked,
    Endpoint,
    absolute,
    answer,
    call,
    check_unchanged,
    etag_of,
    page,
    tagged,
)
from api.filtering import check_after, page_of_tickets
from api.problems import Problem, invalid
from api.schema import page_of
from api.shapes import (
    Choice,
    Flag,
    Instant,
    ListOf,
    OrNull,
    Text,
    Values,
    Whole,
    answered,
    body,
    utc,
)
from api.showing import NAMED, TICKET, shown_ticket, ticket_rows
from api.views.tickets import check_fields
from common.keyset import Order
from common.keyset import page_of as keyset_page
from customers.exceptions import BadAddress
from customers.models import ContactPoint, Customer
from customers.normalizing import normalize_email
from customers.selectors import find_customers
from customers.services import (
    forgive_address,
    hold_customer,
    identify_customer,
    is_email,
    let_see_organization,
    mark_as_vip,
)
from tickets.models import Ticket
from tickets.reach import customers_seen_by
from tickets.services import customer_records
from topics.models import Field

LANGUAGES = [code for code, _name in settings.LANGUAGES]
NEWEST = Order((), is_ascending=False)
OPENED = Order(("opened_at",), is_ascending=False)
ORGANIZATION = answered("OrganizationName", NAMED)
POINT = answered(
    "ContactPoint",
    {
        "id": Whole(),
        "kind": Choice(ContactPoint.Kind.values),
        "value": Text(320),
        "state": OrNull(Choice(ContactPoint.State.values, about="What is known against it")),
    },
)
CUSTOMER = answered(
    "Customer",
    {
        "id": Whole(),
        "name": Text(100),
        "organization": OrNull(ORGANIZATION),
        "language": Choice(LANGUAGES),
        "time_zone": Text(64),
        "fields": Values(),
        "is_vip": Flag(),
        "sees_organization": Flag(about="May read what others of the organisation ask"),
        "contact_points": ListOf(POINT, 1000),
        "created_at": Instant(),
        "url": Text(300),
    },
)
NEW = body(
    "NewCustomer",
    {
        "name": Text(100),
        "email": Text(320),
        "phone": Text(40),
        "language": Choice(LANGUAGES),
        "time_zone": Text(64),
    },
)
CHANGE = body(
    "CustomerChange",
    {
        "name": Text(100),
        "organization": Text(200, about="A name that is not known yet makes a new one"),
        "language": Choice(LANGUAGES),
        "time_zone": Text(64, 1),
        "fields": Values(),
        "is_vip": Flag(),
        "sees_organization": Flag(),
    },
)
NEW_POINT = body(
    "NewContactPoint",
    {"kind": Choice(ContactPoint.Kind.values), "value": Text(320, 1)},
    ["kind", "value"],
)


class Customers(Endpoint):
    """Everybody of whom the agent may see a ticket."""

    of = section = "customers"

    @call(
        "List customers",
        answer=page_of(CUSTOMER),
        query={"q": Text(200, about="A part of a name, address or number"), **PAGED},
        about="The newest first; with `q` the ten best.",
        example="?limit=5",
    )
    def get(self, asked: Asked) -> HttpResponse:
        """A page of them."""
        seen = customers_seen_by(asked.agent)
        if "q" in asked.query:
            found = find_customers(asked.query["q"], among=seen)
            return page(asked, [shown_customer(each) for each in found], "")
        check_after(NEWEST, asked.after)
        standing = seen.filter(merged_into=None).select_related("organization")
        rows = standing.prefetch_related("contact_points")
        listed = keyset_page(rows, NEWEST, after=asked.after, size=asked.limit)
        return page(asked, [shown_customer(each) for each in listed.rows], listed.older)

    @call(
        "Make a record of a customer",
        answer=CUSTOMER,
        status=201,
        body=NEW,
        about="For whoever sees all tickets; an address that is known already is a 409. Who opens a"
        " ticket needs no record first.",
        example={"name": "Liam Brown", "email": "liam@example.com"},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """A new one."""
        if not asked.agent.may(Permission.SEE_ALL):
            # Nobody else could see a customer without a ticket.
            raise Problem(403, "not-permitted")
        customer = _identified(asked.body)
        return answer(
            shown_customer(customer),
            status=201,
            Location=absolute(reverse("api:customer", args=[customer.pk])),
        )


def _identified(sent: dict[str, Any]) -> Customer:
    email: str = sent.get("email", "").strip()
    if email and not is_email(normalize_email(email)):
        raise invalid("email", "address", _("This is not an email address."))
    if not (email or sent.get("phone", "").strip()):
        raise invalid("email", "required", _("Say how the customer can be reached."))
    customer = identify_customer(
        email=email,
        name=sent.get("name", ""),
        phone=sent.get("phone", ""),
        language=sent.get("language") or get_language() or "",
        time_zone=_zone(sent.get("time_zone", "")),
    )
    if not customer.is_new:
        raise Problem(409, "address-taken", _("This address belongs to another customer."))
    return customer


class CustomerDetail(Endpoint):
    """One of them."""

    of = section = "customers"

    @call("Read a customer", answer=CUSTOMER, has_etag=True)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """With an ETag."""
        return tagged(asked, shown_customer(access.customer(asked.agent, pk)))

    @call(
        "Change a customer",
        answer=CUSTOMER,
        body=CHANGE,
        has_etag=True,
        refuses=(409,),
        about="All of it or nothing. What is left out stays.",
        example={"name": "Emma Clarke"},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Through the services of the desk."""
        customer, sent = access.customer(asked.agent, pk), asked.body
        hold_customer(customer)
        check_unchanged(asked, etag=etag_of(shown_customer(customer)))
        organization = customer.organization.name if customer.organization else ""
        customer_records.change_customer(
            customer,
            name=sent.get("name", customer.name),
            organization=sent.get("organization", organization),
            language=sent.get("language", customer.language),
            time_zone=_zone(sent.get("time_zone", customer.time_zone)),
        )
        if "fields" in sent:
            check_fields(sent["fields"], Field.Of.CUSTOMER)
            customer_records.describe_customer(customer, values=sent["fields"])
        if "is_vip" in sent:
            mark_as_vip(customer, is_vip=sent["is_vip"])
        if "sees_organization" in sent:
            let_see_organization(
                customer, may=sent["sees_organization"], by=asked.agent, now=asked.now
            )
        return tagged(asked, shown_customer(access.customer(asked.agent, str(customer.pk))))


class ContactPoints(Endpoint):
    """How a customer is reached."""

    of = section = "customers"

    @call("List the addresses of a customer", answer=page_of(POINT))
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """All of them, on one page."""
        customer = access.customer(asked.agent, pk)
        return page(asked, [_shown_point(each) for each in customer.contact_points.all()[:100]], "")

    @call(
        "Add an address or a telephone number",
        answer=CUSTOMER,
        status=201,
        body=NEW_POINT,
        example={"kind": "phone", "value": "03-1234-5678"},
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """Answers with the customer."""
        customer = access.customer(asked.agent, pk)
        customer_records.add_address(customer, **asked.body)
        address = reverse("api:contact_points", args=[customer.pk])
        return answer(shown_customer(customer), status=201, Location=absolute(address))


class ContactPointDetail(Endpoint):
    """One of these."""

    of = section = "customers"

    @call("Remove an address", status=204, refuses=(409,))
    def delete(self, asked: Asked, pk: str, point: str) -> HttpResponse:
        """The last one stays."""
        found = access.contact_point(asked.agent, pk, point)
        try:
            customer_records.remove_address(found)
        except BadAddress as refusal:
            raise Problem(409, "conflict", str(refusal)) from refusal
        return HttpResponse(status=204)


class ContactPointStates(Endpoint):
    """What is known against writing to an address."""

    of = section = "customers"

    @call("Say that letters may go to an address again", status=204)
    def delete(self, asked: Asked, pk: str, point: str) -> HttpResponse:
        """Somebody has talked to the customer."""
        forgive_address(access.contact_point(asked.agent, pk, point))
        return HttpResponse(status=204)


class CustomerTickets(Endpoint):
    """What a customer asked."""

    of = section = "tickets"

    @call("List the tickets of a customer", answer=page_of(TICKET), query=PAGED)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """Those that the agent may see, the newest first."""
        customer = access.customer(asked.agent, pk)
        tickets = Ticket.objects.visible_to(asked.agent).filter(customer=customer)
        rows = ticket_rows(tickets, more=["pk"])
        found = page_of_tickets(rows, OPENED, after=asked.after, size=asked.limit)
        return page(asked, [shown_ticket(row) for row in found.rows], found.older)


def shown_customer(customer: Customer) -> dict[str, Any]:
    """A record with its addresses."""
    organization = customer.organization
    return {
        "id": customer.pk,
        "name": customer.name,
        "organization": {"id": organization.pk, "name": organization.name}
        if organization
        else None,
        "language": customer.language,
        "time_zone": customer.time_zone,
        "fields": customer.fields,
        "is_vip": customer.is_vip,
        "sees_organization": customer.sees_organization,
        "contact_points": [_shown_point(point) for point in customer.contact_points.all()],
        "created_at": utc(customer.created_at),
        "url": f"{settings.BASE_URL}/desk/customers/{customer.pk}/",
    }


def _shown_point(point: ContactPoint) -> dict[str, Any]:
    return {
        "id": point.pk,
        "kind": point.kind,
        "value": point.value,
        "state": point.state or None,
    }


def _zone(name: str) -> str:
    """Raises Problem for what is no time zone."""
    if name and name not in available_timezones():
        said = _("Enter a time zone such as Asia/Tokyo or Europe/Paris.")
        raise invalid("time_zone", "unknown", said)
    return name
