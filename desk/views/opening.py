"""An agent opens a ticket for a customer who called, or to whom they write first."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Team
from accounts.selectors import circle_of
from customers.models import Customer
from customers.selectors import find_customers
from desk import access
from desk.describing import chosen_topic
from desk.forms import OTHER_TIME, TicketForm
from desk.promising import promise_choices, promise_sentence
from sla.models import Clock, Priority
from sla.selectors import policy_version_for
from tickets.exceptions import FieldsMissing, PlaceholderLeft, PromiseInThePast
from tickets.models import Channel, Ticket
from tickets.services.opening import Inquiry, Opened, open_ticket
from tickets.services.recording import matter_of_ticket
from topics.models import Topic
from topics.selectors import definitions

NEW = "new"
FEWEST_DIGITS = 5


def new(request: HttpRequest) -> HttpResponse:
    """Ask who it is, then what it is about. `customer` is an id, or "new"."""
    chosen, text = request.GET.get("customer", ""), request.GET.get("q", "")
    if not chosen:
        return _customers(request)
    customer = _customer(request, chosen)
    form = TicketForm(customer=customer, teams=_teams(request))
    if customer is None:
        form.initial = {_field_of(text): text.strip(), "language": settings.LANGUAGE_CODE}
    return _page(request, form)


def find_customer(request: HttpRequest) -> HttpResponse:
    """The customers whose name, address or number is being typed."""
    return _customers(request)


def create(request: HttpRequest) -> HttpResponse:
    """Open the ticket, with what was agreed with the customer."""
    customer = _customer(request, request.POST.get("customer", NEW))
    form = TicketForm(request.POST, customer=customer, teams=_teams(request))
    opened = _open(form, _inquiry(request, form)) if form.is_valid() else None
    if opened is None:
        return _page(request, form, status=422)
    return _opened(request, opened)


def _inquiry(request: HttpRequest, form: TicketForm) -> Inquiry:
    """What the form says. Whoever names the team takes the ticket; otherwise the topic may know
    somebody."""
    agent, fields, customer = access.agent(request), form.cleaned_data, form.customer
    topic = chosen_topic(form)
    team = _chosen_team(form, topic, teams=_teams(request))
    is_ours = Membership.objects.filter(team=team, agent=agent).exists()
    is_given = topic is not None and topic.agent_id is not None and not fields["team"]
    return Inquiry(
        subject=fields["subject"],
        body=fields["body"],
        channel=fields["channel"],
        language=customer.language if customer else fields["language"],
        customer=customer,
        name=fields.get("name", ""),
        email=fields.get("email", ""),
        phone=fields.get("phone", ""),
        priority=fields["priority"],
        topic=topic,
        team=team,
        assignee=agent if is_ours and not is_given else None,
        submission_key=form.key,
        has_uploads=False,
        origin="agent_live" if fields["channel"] == Channel.PHONE else "agent_outbound",
        agent=agent,
        outcome=form.contact(),
    )


def _open(form: TicketForm, inquiry: Inquiry) -> Opened | None:
    """None when that is refused; then the form says why."""
    try:
        return open_ticket(inquiry)
    except PromiseInThePast as refusal:
        form.add_error("promise", str(refusal))
    except PlaceholderLeft as refusal:
        form.add_error("body", str(refusal))
    except FieldsMissing as refusal:
        form.add_error(None, str(refusal))
    return None


def _opened(request: HttpRequest, opened: Opened) -> HttpResponse:
    """To the ticket; to the queue, when it went to a team whose tickets the agent does not see."""
    ticket, agent = opened.ticket, access.agent(request)
    if not Ticket.objects.visible_to(agent).filter(pk=ticket.pk).exists():
        told = _("The ticket is open. It has the number %(number)s and went to the team %(team)s.")
        messages.success(request, told % {"number": ticket.number, "team": ticket.team.name})
        return redirect("desk:queue")
    if opened.is_addition:
        told = _("This ticket was open already. What you changed is kept on it as a note.")
    else:
        told = _("The ticket is open.")
    messages.success(request, told)
    return redirect("desk:ticket", number=ticket.number)


def _customer(request: HttpRequest, chosen: str) -> Customer | None:
    """The record chosen, or None for a new one. Raises Http404."""
    return None if chosen == NEW else access.customer_of_id(access.agent(request), chosen)


def _teams(request: HttpRequest) -> dict[int, str]:
    return circle_of(access.agent(request)).teams


def _chosen_team(form: TicketForm, topic: Topic | None, *, teams: dict[int, str]) -> Team:
    """As it was chosen; otherwise the topic's, and without a topic the first of the agent's own."""
    chosen = form.cleaned_data["team"] or (topic.team_id if topic else next(iter(teams)))
    return Team.objects.get(pk=int(chosen))


def _field_of(text: str) -> str:
    """Where what was typed to find somebody belongs when nobody was found."""
    if "@" in text:
        return "email"
    return "phone" if sum(map(str.isdigit, text)) >= FEWEST_DIGITS else "name"


def _customers(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")[:200]
    found = find_customers(text, among=access.customers(access.agent(request)))
    context = {"text": text, "found": found}
    is_part = bool(request.headers.get("HX-Request"))
    return render(request, f"desk/{'_found_customers' if is_part else 'ticket_who'}.html", context)


def _page(request: HttpRequest, form: TicketForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    prospect = _prospect(form, list(_teams(request)))
    chosen = form.data.get("promise", "")
    context: dict[str, Any] = {
        "form": form,
        "customer": form.customer,
        "choices": promise_choices(prospect, now=now, chosen=chosen) if prospect else [],
        "is_other_time": chosen == OTHER_TIME,
        "free_sentence": promise_sentence(prospect, "{when}") if prospect else "",
        "language": prospect.language if prospect else "",
    }
    return render(request, "desk/ticket_new.html", context, status=status)


def _likely_team(form: TicketForm, teams: list[int]) -> int:
    """The team as far as it has been said."""
    chosen, about = form.data.get("team", ""), form.data.get("topic", "")
    named = next((pk for pk in teams if str(pk) == chosen), None)
    of_topic = (topic.team_id for topic in definitions().active_topics if str(topic.pk) == about)
    return named or next(of_topic, teams[0])


def _prospect(form: TicketForm, teams: list[int]) -> Ticket | None:
    """The ticket as it would be opened, for the times to promise; None for an agent without team."""
    if not teams:
        return None
    customer = form.customer or Customer(language=settings.LANGUAGE_CODE)
    priority = form.data.get("priority", "")
    prospect = Ticket(
        customer=customer,
        language=customer.language,
        channel=Channel.PHONE,
        priority=priority if priority in Priority.values else Priority.NORMAL,
        team_id=_likely_team(form, teams),
    )
    prospect.clock = Clock(policy_version_id=policy_version_for(matter_of_ticket(prospect)))
    return prospect
