from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import Permission
from customers.exceptions import AddressTaken, CustomerError
from customers.models import ContactPoint, Customer
from customers.selectors import likely_duplicates, record_of
from customers.services import write_customer_note
from desk import access
from desk.customer_forms import AddressForm, CustomerForm, CustomerNoteForm
from desk.describing import customer_lines
from desk.forms import read_instant
from desk.rows import queue_rows
from privacy.selectors import erasure_of
from tickets.models import Channel
from tickets.selectors import history_of_customer, tickets_of_customer
from tickets.services import customer_records
from topics.exceptions import BadValues

HISTORY = 50


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One person over all channels: how to reach them, what they asked and what was said."""
    customer = access.customer(access.agent(request), pk)
    if customer.pk != pk:
        return redirect("desk:customer", pk=customer.pk)
    return _page(request, customer, CustomerNoteForm())


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, organisation, language, time zone and addresses."""
    customer = access.customer(access.agent(request), pk)
    return _edit_page(request, customer, CustomerForm(customer=customer), AddressForm())


def update(request: HttpRequest, pk: int) -> HttpResponse:
    customer = access.customer(access.agent(request), pk)
    form = CustomerForm(request.POST, customer=customer)
    if not (form.is_valid() and _save(customer, form)):
        return _edit_page(request, customer, form, AddressForm(), status=422)
    messages.success(request, _("The record is saved."))
    return redirect("desk:customer", pk=customer.pk)


def _save(customer: Customer, form: CustomerForm) -> bool:
    """All of it or nothing."""
    try:
        with transaction.atomic():
            customer_records.change_customer(customer, **form.record)
            if form.typed:
                customer_records.describe_customer(customer, values=form.typed)
    except BadValues as bad:
        form.refuse(bad)
    return form.is_valid()


def create_address(request: HttpRequest, pk: int) -> HttpResponse:
    agent = access.agent(request)
    customer = access.customer(agent, pk)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _edit_page(request, customer, CustomerForm(customer=customer), form, status=422)
    try:
        customer_records.add_address(customer, **form.cleaned_data)
    except AddressTaken as taken:
        form.add_error("value", str(taken))
        return _edit_page(
            request,
            customer,
            CustomerForm(customer=customer),
            form,
            holder=taken.holder,
            status=422,
        )
    except CustomerError as refusal:
        form.add_error("value", str(refusal))
        return _edit_page(request, customer, CustomerForm(customer=customer), form, status=422)
    messages.success(request, _("The address is added."))
    return redirect("desk:customer_edit", pk=customer.pk)


def delete_address(request: HttpRequest, pk: int, point: int) -> HttpResponse:
    customer = access.customer(access.agent(request), pk)
    found = customer.contact_points.filter(pk=point).first()
    if found is None:
        raise Http404
    try:
        customer_records.remove_address(found)
    except CustomerError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The address is removed."))
    return redirect("desk:customer_edit", pk=customer.pk)


def create_note(request: HttpRequest, pk: int) -> HttpResponse:
    agent = access.agent(request)
    customer = access.customer(agent, pk)
    form = CustomerNoteForm(request.POST)
    if not form.is_valid():
        return _page(request, customer, form, status=422)
    write_customer_note(customer, body=form.cleaned_data["body"], agent=agent, now=timezone.now())
    return redirect("desk:customer", pk=customer.pk)


def _page(
    request: HttpRequest, customer: Customer, form: CustomerNoteForm, *, status: int = 200
) -> HttpResponse:
    agent, now = access.agent(request), timezone.now()
    channel = request.GET.get("channel", "")
    channel = channel if channel in Channel.values else ""
    rows = queue_rows(tickets_of_customer(customer, agent=agent, limit=100), now=now)
    said = history_of_customer(
        customer,
        agent=agent,
        channel=channel,
        before=read_instant(request.GET.get("before", "")),
        limit=HISTORY + 1,
    )
    context = {
        "customer": customer,
        "record": record_of(customer, now=now),
        "lines": customer_lines(customer),
        "note_form": form,
        "duplicates": likely_duplicates(customer, among=access.customers(agent)),
        "open_rows": sorted((row for row in rows if row["is_open"]), key=lambda row: row["due_at"]),
        "closed_rows": [row for row in rows if not row["is_open"]],
        "history": said[:HISTORY],
        "older_than": said[HISTORY - 1].at if len(said) > HISTORY else None,
        "channel": channel,
        "channels": Channel.choices,
        "can_read_audit": agent.may(Permission.AUDIT),
        "can_erase": agent.may(Permission.PRIVACY),
        "erasure": erasure_of(customer),
        "now": now,
    }
    return render(request, "desk/customer.html", context, status=status)


def _edit_page(
    request: HttpRequest,
    customer: Customer,
    form: CustomerForm,
    address_form: AddressForm,
    *,
    holder: int | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "customer": customer,
        "form": form,
        "address_form": address_form,
        "contact_points": customer.contact_points.all(),
        "holder": access.customers(access.agent(request)).filter(pk=holder or 0).first(),
        "kinds": ContactPoint.Kind.choices,
    }
    return render(request, "desk/customer_edit.html", context, status=status)
