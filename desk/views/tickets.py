"""One ticket: read it, answer, note, hand it on, solve it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from accounts.services import mark_notifications_read
from desk import access
from desk.forms import OTHER_TIME, AssignmentForm, NoteForm, ReplyForm, read_instant
from desk.promising import promise_choices, promise_sentence
from desk.rows import queue_rows
from desk.thread import thread
from sla.models import Commitment
from tickets.exceptions import PromiseInThePast, SomebodyAnswered, TicketError
from tickets.models import Ticket
from tickets.selectors import tickets_of_customer, timeline
from tickets.services import handling, replying

SENT = {
    "promise": gettext_lazy("Sent, and promised."),
    "ask": gettext_lazy("Sent. The customer is reminded twice if no answer comes."),
    "solve": gettext_lazy("Sent and solved."),
}


def show(request: HttpRequest, number: str) -> HttpResponse:
    """The thread, the customer beside it, and the reply box with the next promise."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    unread = _settle_notifications(agent, path=request.path)
    return _page(request, ticket, unread_notifications=unread)


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
        asks=fields["outcome"] == "ask",
        promise_at=fields.get("promise_at"),
        seen_entries=fields["seen_entries"],
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
    messages.success(request, SENT[fields["outcome"]])
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
    **context_of_caller: Any,
) -> HttpResponse:
    agent, now = access.agent(request), timezone.now()
    colleagues = list(_colleagues(ticket))
    live, past = _commitments(ticket)
    written = reply_form.data if reply_form else {}
    has_moved_on = status == HTTPStatus.CONFLICT
    context = {
        "ticket": ticket,
        "thread": thread(
            ticket,
            timeline(ticket),
            seen_at=read_instant(written.get("seen_at", "")) if has_moved_on else None,
        ),
        "commitments": live,
        "past_commitments": past,
        "contact_points": ticket.customer.contact_points.all(),
        "other_tickets": queue_rows(
            tickets_of_customer(ticket.customer, agent=agent, without=ticket), now=now
        ),
        "colleagues": colleagues,
        "can_take": agent in colleagues and ticket.assignee_id != agent.pk,
        "choices": promise_choices(ticket, now=now, chosen=written.get("promise", "")),
        "is_other_time": written.get("promise") == OTHER_TIME,
        "free_sentence": promise_sentence(ticket, "{when}"),
        "form": reply_form or note_form,
        "reply_form": reply_form or ReplyForm(),
        "note_form": note_form or NoteForm(),
        "is_note_open": note_form is not None,
        "is_reply_open": reply_form is not None,
        "has_moved_on": has_moved_on,
        # Whoever has been shown what is new may send; whoever only mistyped has not seen it yet.
        "seen_entries": ticket.entry_count
        if has_moved_on
        else written.get("seen_entries") or ticket.entry_count,
        "seen_at": now if has_moved_on else read_instant(written.get("seen_at", "")) or now,
        "submission_key": _submission_key(request),
        "now": now,
        **context_of_caller,
    }
    return render(request, "desk/ticket.html", context, status=status)


def _settle_notifications(agent: Agent, *, path: str) -> int:
    """What this page tells is read; return how many are still unread, for the bell."""
    unread = agent.notifications.unread().aggregate(
        everywhere=Count("pk"), here=Count("pk", filter=Q(path=path))
    )
    if unread["here"]:
        mark_notifications_read(agent, now=timezone.now(), path=path)
    return int(unread["everywhere"] - unread["here"])


def _commitments(ticket: Ticket) -> tuple[list[Commitment], list[Commitment]]:
    """What is owed now, the earliest first, and what was kept or broken, the newest first."""
    commitments = list(ticket.clock.commitments.order_by("due_at", "pk"))
    live = [each for each in commitments if each.ended_at is None]
    past = [each for each in commitments if each.ended_at and (each.met_at or each.is_broken)]
    return live, sorted(past, key=lambda each: (each.ended_at, each.pk), reverse=True)


def _submission_key(request: HttpRequest) -> UUID:
    """The key of the text being written, so that it is sent once however often it is tried."""
    try:
        return UUID(request.POST.get("submission_key", ""))
    except ValueError:
        return uuid4()
