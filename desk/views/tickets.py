"""One ticket: read it, answer, note, hand it on, solve it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from accounts.services import mark_notifications_read
from common.templatetags.ui import instant
from customers.models import ContactPoint
from desk import access
from desk.composer import compose, macros_with
from desk.describing import customer_lines, details_of
from desk.effort import effort_of
from desk.forms import (
    OTHER_TIME,
    AssignmentForm,
    CallForm,
    DraftForm,
    NoteForm,
    PriorityForm,
    ReplyForm,
    StatusForm,
    TagsForm,
    WritingForm,
    read_instant,
)
from desk.linked import linked_tickets
from desk.origin import Origin, queue_address
from desk.promising import promise_choices, promise_sentence
from desk.rows import queue_rows
from desk.sent import just_sent, tell_sent
from desk.third_parties import quote
from desk.thread import open_brief, thread
from desk.views.handing_over import hand_over_address
from integrations.channels import channel_name
from sla.models import Commitment, Priority, Status
from sla.selectors import commitments_of
from tickets.attachments import AttachmentRefused, keep_uploads
from tickets.cleanliness import in_words
from tickets.events import rating_words
from tickets.exceptions import (
    BadTag,
    CannotBeMentioned,
    CannotBeScheduled,
    FieldsMissing,
    PlaceholderLeft,
    PromiseInThePast,
    SomebodyAnswered,
    TicketError,
)
from tickets.likeness import same_question
from tickets.mentions import is_member, who_sees
from tickets.models import (
    Channel,
    Draft,
    Message,
    ScheduledReply,
    ThirdPartyLetter,
    Ticket,
    TicketLink,
)
from tickets.queue import neighbours
from tickets.selectors import maybe_belongs_to, tickets_of_customer, timeline
from tickets.services import drafting, handling, rematching, replying, scheduling
from tickets.services.handing_over import needs_brief
from tickets.services.macros import apply_changes
from tickets.services.reading import mark_read
from tickets.surroundings import Surroundings, surroundings
from tickets.tags import split

SENT = {
    "promise": gettext_lazy("Sent, and promised."),
    "ask": gettext_lazy("Sent. The customer is reminded twice if no answer comes."),
    "solve": gettext_lazy("Sent and solved."),
}


def show(request: HttpRequest, number: str) -> HttpResponse:
    """The thread, the customer beside it, and the reply box with the next promise."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    if ticket.number != int(number):
        messages.info(request, _("Ticket #%(number)s goes on here.") % {"number": number})
        return redirect(Origin.of(request).ticket(ticket.number))
    around = surroundings(ticket, agent=agent)
    # Marks of this reader's own: nothing of the ticket changes.
    if request.path in around.unread_paths:
        mark_notifications_read(agent, now=timezone.now(), path=request.path)
    if around.seen_entries != ticket.entry_count:
        mark_read(ticket, by=agent)
    elsewhere = [path for path in around.unread_paths if path != request.path]
    return ticket_page(
        request,
        ticket,
        around=around,
        quoted=access.answer_to_quote(ticket, request.GET.get("quote", "")),
        unread_notifications=len(elsewhere),
    )


def create_reply(request: HttpRequest, number: str) -> HttpResponse:
    """Send a reply with the next promise, or one that solves."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = ReplyForm(request.POST, request.FILES)
    is_complete = form.is_valid()
    # Browsers cannot fill in a file again, so files stay whatever else must be corrected.
    if not (keep_files(form) and is_complete):
        return ticket_page(request, ticket, form=form, status=422)
    if form.lacks_a_file:
        return ticket_page(request, ticket, form=form, lacks_a_file=True, status=422)
    fields = form.cleaned_data
    following = _following(request, ticket) if fields["and_next"] else None
    said = _contact(request, ticket, form, channel=Channel.EMAIL)
    if isinstance(said, HttpResponse):
        return said
    # Whoever goes on to the next ticket does not see the page with their own words.
    mark_read(access.ticket(agent, number), by=agent)
    if isinstance(said, Message):
        tell_sent(request, said, ticket=ticket, words=str(SENT[fields["outcome"]]))
    else:
        messages.success(request, _scheduled_for(said))
    _remember(agent, sends_and_next=fields["and_next"])
    return redirect(following or Origin.of(request).ticket(number))


def create_call(request: HttpRequest, number: str) -> HttpResponse:
    """Log a call: what was said and what was agreed, or that nobody was reached."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = CallForm(request.POST)
    if not form.is_valid():
        return ticket_page(request, ticket, form=form, status=422)
    fields = form.cleaned_data
    if fields["outcome"] == "missed":
        replying.log_missed_call(
            ticket, words=fields["body"], agent=agent, submission_key=fields["submission_key"]
        )
        messages.success(request, _("Logged. The promise to the customer stays as it was."))
        return redirect(Origin.of(request).ticket(number))
    said = _contact(request, ticket, form, channel=Channel.PHONE)
    if isinstance(said, HttpResponse):
        return said
    messages.success(request, _("The call is logged."))
    return redirect(Origin.of(request).ticket(number))


def _contact(
    request: HttpRequest, ticket: Ticket, form: ReplyForm | CallForm, *, channel: str
) -> Message | ScheduledReply | HttpResponse:
    """Be in contact with the customer, now or later; the page with what was typed when that is
    refused."""
    agent, reply = access.agent(request), form.reply(channel=channel)
    leaves_at = form.cleaned_data.get("leaves_at")
    macros = access.macros(agent, request.POST.getlist("macro"))
    try:
        with transaction.atomic():
            apply_changes(ticket, macros, by=agent)
            if leaves_at:
                return scheduling.schedule_reply(ticket, reply, leaves_at=leaves_at, agent=agent)
            return replying.reply_to_customer(ticket, reply, agent=agent)
    except SomebodyAnswered as conflict:
        form.add_error(None, str(conflict))
        return ticket_page(request, access.ticket(agent, str(ticket.number)), form=form, status=409)
    except PromiseInThePast as refusal:
        form.add_error("promise", str(refusal))
    except CannotBeScheduled as refusal:
        form.add_error("leave", str(refusal))
    except FieldsMissing as refusal:
        form.add_error(None, str(refusal))
    except (PlaceholderLeft, BadTag) as refusal:
        form.add_error("body", str(refusal))
    return ticket_page(request, ticket, form=form, status=422)


def keep_files(form: ReplyForm) -> bool:
    """Store what came with the form, under its key; False when it was refused."""
    try:
        keep_uploads(
            form.cleaned_data.get("attachments", []), submission_key=form.key, now=timezone.now()
        )
    except AttachmentRefused as refusal:
        form.add_error("attachments", str(refusal))
        return False
    return True


def _scheduled_for(reply: ScheduledReply) -> str:
    when = instant(reply.leaves_at)
    return _("Scheduled for %(when)s. Until then the customer hears nothing.") % {"when": when}


def _following(request: HttpRequest, ticket: Ticket) -> str:
    """Where the list goes on after this ticket: the one that follows it before it moves, or the
    list itself at its end."""
    origin = Origin.of(request)
    beside = neighbours(
        origin.chosen, ticket, agent=access.agent(request), now=timezone.now()
    ).following
    return origin.ticket(beside) if beside else queue_address(origin.chosen.query())


def _remember(agent: Agent, *, sends_and_next: bool) -> None:
    """How somebody sent last is how the switch stands next time."""
    if agent.sends_and_next != sends_and_next:
        agent.sends_and_next = sends_and_next
        agent.save(update_fields=["sends_and_next"])


def create_note(request: HttpRequest, number: str) -> HttpResponse:
    """Write something that only colleagues will ever see."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return ticket_page(request, ticket, form=form, status=422)
    macros = access.macros(agent, request.POST.getlist("macro"))
    try:
        with transaction.atomic():
            apply_changes(ticket, macros, by=agent)
            replying.add_note(
                ticket,
                body=form.cleaned_data["body"],
                agent=agent,
                submission_key=form.cleaned_data["submission_key"],
            )
    except (CannotBeMentioned, BadTag) as refusal:
        form.add_error("body", str(refusal))
        return ticket_page(request, ticket, form=form, status=422)
    return redirect(Origin.of(request).ticket(number))


def save_draft(request: HttpRequest, number: str) -> HttpResponse:
    """Keep what is being written; the page asks for it by itself."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    fields = form.cleaned_data
    drafting.save_draft(
        ticket,
        kind=fields["kind"],
        body=fields["body"],
        submission_key=fields["submission_key"],
        agent=agent,
        macros=[macro.pk for macro in access.macros(agent, request.POST.getlist("macro"))],
    )
    return HttpResponse(status=204)


def create_assignment(request: HttpRequest, number: str) -> HttpResponse:
    """Take the ticket, give it to a colleague, or give it back to the team: with a brief, when
    somebody has worked on it."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = AssignmentForm(request.POST, colleagues=_colleagues(ticket))
    if not form.is_valid():
        messages.error(request, _("Choose somebody from the team of this ticket."))
        return ticket_page(request, ticket, status=422)
    to = form.cleaned_data["assignee"]
    if needs_brief(ticket, to=to, team=ticket.team, by=agent):
        return redirect(hand_over_address(ticket, to, Origin.of(request)))
    return _change(request, number, lambda: handling.assign(ticket, to=to, by=agent))


def create_status(request: HttpRequest, number: str) -> HttpResponse:
    """Say whose turn it is, without a letter; or that it is spam."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = StatusForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a state from the list; a reason has 100 characters."))
        return ticket_page(request, ticket, status=422)
    chosen = form.cleaned_data
    return _change(
        request,
        number,
        lambda: handling.set_status(
            ticket, to=Status(chosen["status"]), reason=chosen["reason"], agent=agent
        ),
    )


def create_priority(request: HttpRequest, number: str) -> HttpResponse:
    """Another priority, and with it other targets. The promise stays."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = PriorityForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a priority from the list."))
        return ticket_page(request, ticket, status=422)
    return _change(
        request,
        number,
        lambda: rematching.change_priority(ticket, to=form.cleaned_data["priority"], by=agent),
    )


def create_tags(request: HttpRequest, number: str) -> HttpResponse:
    """Add tags, or take one away."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = TagsForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write fewer tags at once."))
        return ticket_page(request, ticket, status=422)
    add, remove = split(form.cleaned_data["add"]), split(form.cleaned_data["remove"])
    return _change(
        request,
        number,
        lambda: handling.change_tags(ticket, add=add, remove=remove, by=agent),
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
    return redirect(Origin.of(request).ticket(number))


def _colleagues(ticket: Ticket) -> QuerySet[Agent]:
    return Agent.objects.filter(memberships__team=ticket.team_id, is_active=True).order_by("name")


def ticket_page(
    request: HttpRequest,
    ticket: Ticket,
    *,
    form: WritingForm | None = None,
    around: Surroundings | None = None,
    quoted: ThirdPartyLetter | None = None,
    status: int = 200,
    **context_of_caller: Any,
) -> HttpResponse:
    """The whole page, with what was typed when it is shown again, or with what is `quoted` in the
    reply."""
    agent, now = access.agent(request), timezone.now()
    people = who_sees(ticket)
    colleagues = [person for person in people if is_member(person)]
    live, past = _commitments(ticket)
    around = around or surroundings(ticket, agent=agent)
    others = tickets_of_customer(ticket.customer, agent=agent, without=ticket)
    origin = Origin.of(request)
    own = {draft.kind: draft for draft in around.drafts if draft.agent_id == agent.pk}
    call_form = form if isinstance(form, CallForm) else None
    note_form = form if isinstance(form, NoteForm) else None
    written = form.data if form and not note_form else {}
    has_moved_on = status == HTTPStatus.CONFLICT
    reply_form = form if isinstance(form, ReplyForm) else None
    composer = compose(
        ticket, around, form=reply_form, agent=agent, now=now, has_moved_on=has_moved_on
    )
    if quoted is not None:
        quote(quoted, form=composer.form)
    entries = timeline(ticket, letters=around.letters)
    context = {
        "ticket": ticket,
        "thread": thread(
            ticket,
            entries,
            seen_at=read_instant(written.get("seen_at", "")) if has_moved_on else None,
            is_whole="whole" in request.GET,
        ),
        "brief": open_brief(entries),
        "commitments": live,
        "past_commitments": past,
        "contact_points": around.contact_points,
        "customer_lines": customer_lines(ticket.customer),
        "details": details_of(ticket),
        "effort": effort_of(ticket, entries, around, now=now),
        "let_down": around.let_down,
        "let_down_because": in_words(around.let_down.shortfalls) if around.let_down else "",
        "asked": around.asked,
        "rating": around.rating,
        "rating_words": rating_words(around.rating.kind, around.rating.value)
        if around.rating
        else "",
        "may_recover": bool(around.rating and around.rating.needs_recovery)
        and access.may_recover(agent, ticket),
        "bad_addresses": [point for point in around.contact_points if point.state],
        "participants": around.participants,
        "channel_name": channel_name(ticket),
        "replies_to": _replies_to(ticket, around.contact_points),
        "maybe": maybe_belongs_to(ticket, agent=agent),
        "other_tickets": queue_rows(others, now=now),
        "same_question": same_question(ticket, others, now=now),
        "colleagues": colleagues,
        "people": people,
        "is_followed": around.is_followed,
        "origin": origin,
        "back_url": origin.back_to(ticket.number),
        "beside": neighbours(origin.chosen, ticket, agent=agent, now=now),
        "priorities": Priority.choices,
        "tags": around.tags,
        "links": linked_tickets(ticket, around.links),
        "link_kinds": TicketLink.Kind.choices,
        "articles": around.articles,
        "checklist": around.checklist,
        "steps_done": sum(1 for step in around.checklist if step.done_at),
        "known_tags": around.known_tags,
        "can_take": agent in colleagues and ticket.assignee_id != agent.pk,
        "choices": promise_choices(
            ticket, now=now, chosen=written.get("promise", composer.promise)
        ),
        "composer": composer,
        "previewed": None,
        "previewed_note": None,
        "just_sent": just_sent(request, now=now),
        "is_other_time": written.get("promise") == OTHER_TIME,
        "free_sentence": promise_sentence(ticket, "{when}"),
        "form": form,
        "reply_form": composer.form,
        "note_form": note_form or NoteForm(draft=own.get(Draft.Kind.NOTE)),
        "note_macros": macros_with(note_form, own.get(Draft.Kind.NOTE), agent=agent),
        "call_form": (calling := call_form or CallForm()),
        "call_key": uuid4() if has_moved_on else calling.key,
        "drafts": [draft for draft in around.drafts if draft.agent_id != agent.pk and draft.body],
        "is_note_open": note_form is not None,
        "is_call_open": call_form is not None,
        "is_reply_open": reply_form is not None or quoted is not None or Draft.Kind.REPLY in own,
        "has_moved_on": has_moved_on,
        # Whoever has been shown what is new may send; whoever only mistyped has not seen it yet.
        "seen_entries": ticket.entry_count
        if has_moved_on
        else written.get("seen_entries") or ticket.entry_count,
        "seen_at": now if has_moved_on else read_instant(written.get("seen_at", "")) or now,
        "now": now,
        **context_of_caller,
    }
    return render(request, "desk/ticket.html", context, status=status)


def _commitments(ticket: Ticket) -> tuple[list[Commitment], list[Commitment]]:
    """What is owed now, the earliest first, and what was kept, broken or put off, newest first."""
    commitments = commitments_of(ticket.clock_id)
    live = [each for each in commitments if each.ended_at is None]
    past = [
        each
        for each in commitments
        if each.ended_at and (each.met_at or each.is_broken or each.is_held)
    ]
    return live, sorted(past, key=lambda each: (each.ended_at, each.pk), reverse=True)


def _replies_to(ticket: Ticket, contact_points: Iterable[ContactPoint]) -> str:
    """The address that letters about it go to; empty: there is none, or they leave another way."""
    if not ticket.is_answered_by_mail:
        return ""
    emails = (point.value for point in contact_points if point.kind == ContactPoint.Kind.EMAIL)
    return ticket.reply_address or next(emails, "")
