"""What a ticket is about, and what is known of the matter."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from desk import access
from desk.describing import DetailsForm, chosen_topic, details_of
from desk.origin import Origin
from desk.views.tickets import ticket_page
from tickets.exceptions import UnknownTopic
from tickets.models import Ticket
from tickets.services.describing import set_fields, set_topic
from topics.exceptions import BadValues


def update(request: HttpRequest, number: str) -> HttpResponse:
    """Another topic, and what the fields say. What is wrong is shown with all that was typed."""
    ticket = access.ticket(access.agent(request), number)
    form = DetailsForm(request.POST, ticket=ticket)
    if not (form.is_valid() and _save(request, ticket, form)):
        return ticket_page(request, ticket, details=details_of(ticket, form=form), status=422)
    return redirect(Origin.of(request).ticket(number))


def _save(request: HttpRequest, ticket: Ticket, form: DetailsForm) -> bool:
    """Both or nothing."""
    agent = access.agent(request)
    try:
        with transaction.atomic():
            if "topic" in form.changed_data:
                set_topic(ticket, topic=chosen_topic(form), by=agent)
            set_fields(ticket, values=form.typed, by=agent)
    except BadValues as bad:
        form.refuse(bad)
    except UnknownTopic as refusal:
        form.add_error("topic", str(refusal))
    return form.is_valid()
