"""One ticket: read it, answer, note, hand it on, solve it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.services import mark_notifications_read
from desk import access
from desk.forms import AssignmentForm, NoteForm, ReplyForm, new_submission_key
from sla.selectors import suggested_promises
from sla.services import live_commitments
from tickets.exceptions import PromiseInThePast, SomebodyAnswered, TicketError
from tickets.models import Ticket
from tickets.selectors import tickets_of_customer, timeline
from tickets.services import handling, replying


def show(request: HttpRequest, number: str) -> HttpResponse:
    """The thread, the customer beside it, and the reply box with the next promise."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    mark_notifications_read(agent, now=timezone.now(), path=request.path)
    return _page(request, ticket)


def create_reply(request: HttpRequest, number: str) -> HttpResponse:
    """Send a reply with the next promise, or one that solves."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, reply_form=form, status=422)
    fields = form.cleaned_data
    reply = replying.Reply(
        body=fields["body"],
        solves=fields["outcome"] == "solve",
        promise_at=fields.get("promise_at"),
        seen_revision=fields["seen_revision"],
        submission_key=fields["submission_key"],
    )
    try:
        replying.reply_to_customer(ticket, reply, agent=agent)
    except SomebodyAnswered as conflict:
        form.add_error(None, str(conflict))
        return _page(request, access.ticket(agent, number), reply_form=form, status=409)
    except PromiseInThePast as refusal:
        form.add_error("promise", str(refusal))
        return _page(request, ticket, reply_form=form, status=422)
    messages.success(request, _("Sent and solved.") if reply.solves else _("Sent, and promised."))
    return redirect("desk:ticket", number=number)


def create_note(request: HttpRequest, number: str) -> HttpResponse:
    """Write something that only colleagues will ever see."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, ticket, note_form=form, status=422)
    replying.add_note(
        ticket,
        body=form.cleaned_data["body"],
        agent=agent,
        submission_key=form.cleaned_data["submission_key"],
    )
    return redirect("desk:ticket", number=number)


def create_assignment(request: HttpRequest, number: str) -> HttpResponse:
    """Take the ticket, give it to a colleague, or give it back to the team."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = AssignmentForm(request.POST, colleagues=_colleagues(ticket))
    if not form.is_valid():
        messages.error(request, _("Choose somebody from the team of this ticket."))
        return _page(request, ticket, status=422)
    return _change(
        request, number, lambda: handling.assign(ticket, to=form.cleaned_data["assignee"], by=agent)
    )


def create_solution(request: HttpRequest, number: str) -> HttpResponse:
    """Mark as resolved without a letter."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    return _change(request, number, lambda: handling.solve(ticket, agent=agent))


def create_reopening(request: HttpRequest, number: str) -> HttpResponse:
    """Take a resolved ticket up again."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    return _change(request, number, lambda: handling.reopen(ticket, agent=agent))


def _change(request: HttpRequest, number: str, act: Callable[[], Any]) -> HttpResponse:
    try:
        act()
    except TicketError as error:
        messages.error(request, str(error))
    return redirect("desk:ticket", number=number)


def _colleagues(ticket: Ticket) -> QuerySet[Agent]:
    return Agent.objects.filter(memberships__team=ticket.team_id, is_active=True).order_by("name")


def _page(
    request: HttpRequest,
    ticket: Ticket,
    *,
    reply_form: ReplyForm | None = None,
    note_form: NoteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    agent, now = access.agent(request), timezone.now()
    context = {
        "ticket": ticket,
        "timeline": timeline(ticket),
        "commitments": live_commitments(ticket.clock),
        "contact_points": ticket.customer.contact_points.all(),
        "other_tickets": [
            other
            for other in tickets_of_customer(ticket.customer, agent=agent, limit=6)
            if other.pk != ticket.pk
        ][:5],
        "colleagues": _colleagues(ticket),
        "suggestions": suggested_promises(
            ticket.clock.policy_version_id, ticket.priority, now=now
        ),
        "reply_form": reply_form or ReplyForm(initial={"seen_revision": ticket.revision}),
        "note_form": note_form or NoteForm(),
        "is_note_open": note_form is not None,
        "submission_key": request.POST.get("submission_key") or new_submission_key(),
        "now": now,
    }
    return render(request, "desk/ticket.html", context, status=status)
