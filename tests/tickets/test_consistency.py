"""Whatever is done to a ticket, its copies of what the clock says are what the clock says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import override_settings

from accounts.models import Agent, Team
from sla.models import UNRESOLVED, Clock, Kind, Status
from sla.services import compute
from sla.sweep import sweep_due
from sla.working_time import epoch_seconds
from tests.conftest import MONDAY_AT_TEN
from tests.factories import (
    TeamFactory,
    a_customer,
    a_field,
    a_ticket,
    a_topic,
    an_inquiry,
)
from tickets import services
from tickets.exceptions import TicketError
from tickets.models import Channel, Macro, ScheduledReply, Ticket
from tickets.services import opening
from tickets.services.asking import complete_task
from tickets.services.describing import set_fields, set_topic
from tickets.services.drafting import begin_draft, save_draft
from tickets.services.following import follow
from tickets.services.forwarding import Forward, forward
from tickets.services.handing_over import Brief, accept_brief, hand_over
from tickets.services.handling import (
    assign,
    change_tags,
    reopen,
    set_status,
    set_tags,
    solve,
)
from tickets.services.inviting import invite
from tickets.services.macros import apply_changes
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.opening import open_ticket
from tickets.services.participating import add_to_cc
from tickets.services.rematching import change_priority, continue_rematch, start_rematch
from tickets.services.replying import (
    Outcome,
    Reply,
    add_note,
    log_missed_call,
    receive_reply,
    reply_to_customer,
)
from tickets.services.scheduling import call_off, schedule_reply, send_scheduled
from tickets.services.speaking import change_language
from tickets.services.unsending import take_back
from tickets.services.waiting import fire_due_waits

ELEVEN = MONDAY_AT_TEN + timedelta(hours=1)
TOMORROW = MONDAY_AT_TEN + timedelta(days=1)


def check(ticket: Ticket, *, now: datetime) -> None:
    """Compare the stored ticket with its stored clock, its commitments, and the log of both."""
    ticket = Ticket.objects.select_related("clock").get(pk=ticket.pk)
    clock = Clock.objects.get(pk=ticket.clock_id)
    live = clock.commitments.live().exclude(due_at=None).order_by("due_at", "kind", "cycle")
    first = live.first()
    promise = live.filter(kind=Kind.PROMISE).first()
    computed = compute(clock, now=now)

    assert ticket.status == clock.status == computed.status
    due_at, kind = (first.due_at, first.kind) if first else (None, "")
    # Who asks for news has been waiting since then.
    if ticket.chased_at and (due_at is None or ticket.chased_at < due_at):
        due_at, kind = ticket.chased_at, ""
    assert (ticket.next_due_at, ticket.next_due_kind) == (due_at, kind)
    assert ticket.next_contact_at == (promise.due_at if promise else None)
    due_by_log = [row.due_at for row in computed.commitments if row.is_live and row.due_at]
    assert (first and epoch_seconds(first.due_at)) == min(due_by_log, default=None)
    is_owed = ticket.status in UNRESOLVED
    assert (ticket.next_contact_at is not None) == is_owed
    assert (ticket.resolved_at is None) == is_owed
    assert ticket.assignee_id == clock.owner_id
    assert (ticket.customer_id, ticket.team_id) == (clock.customer_id, clock.team_id)
    assert (ticket.priority, clock.label.split()[0]) == (clock.priority, f"#{ticket.number}")


# Where a ticket can be


def new(ticket: Ticket, agent: Agent) -> None:
    """As it was filed."""


def answered(ticket: Ticket, agent: Agent) -> None:
    say(ticket, agent, MONDAY_AT_TEN, promise_at=MONDAY_AT_TEN + timedelta(hours=2))


def waiting_for_us_again(ticket: Ticket, agent: Agent) -> None:
    answered(ticket, agent)
    receive_reply(ticket, body="And now?", now=MONDAY_AT_TEN + timedelta(minutes=1))


def waiting_for_the_customer(ticket: Ticket, agent: Agent) -> None:
    say(ticket, agent, MONDAY_AT_TEN, asks=True)


def resolved(ticket: Ticket, agent: Agent) -> None:
    say(ticket, agent, MONDAY_AT_TEN, solves=True)


def resolved_without_a_word(ticket: Ticket, agent: Agent) -> None:
    solve(ticket, agent=agent, now=MONDAY_AT_TEN)


def reopened(ticket: Ticket, agent: Agent) -> None:
    resolved(ticket, agent)
    reopen(ticket, agent=agent, now=MONDAY_AT_TEN + timedelta(minutes=1))


def broken(ticket: Ticket, agent: Agent) -> None:
    answered(ticket, agent)
    sweep_due(now=MONDAY_AT_TEN + timedelta(hours=2, seconds=1))


def long_broken(ticket: Ticket, agent: Agent) -> None:
    sweep_due(now=TOMORROW - timedelta(minutes=1))


PLACES = [new, answered, waiting_for_us_again, waiting_for_the_customer]
SETTLED = [resolved, resolved_without_a_word, reopened]
LATE = [new, broken, long_broken]
WHERE_AND_WHEN = [
    *(pytest.param(place, ELEVEN, id=place.__name__) for place in [*PLACES, *SETTLED]),
    *(pytest.param(place, TOMORROW, id=f"{place.__name__}, a day later") for place in LATE),
]

# What can be done to it there


def say(ticket: Ticket, agent: Agent, now: datetime, **reply: object) -> None:
    reply_to_customer(ticket, Reply(body="はい。", **reply), agent=agent, now=now)  # type: ignore[arg-type]


def _hand_over(ticket: Ticket, agent: Agent, now: datetime) -> None:
    brief = Brief(problem="紙詰まり", next_step="部品を送る")
    hand_over(ticket, team=TeamFactory(name="Printing"), brief=brief, by=agent, now=now)


def _answer_and_take_back(ticket: Ticket, agent: Agent, now: datetime) -> None:
    reply = Reply(body="はい。", solves=True)
    with override_settings(UNDO_SEND_SECONDS=10):
        message = reply_to_customer(ticket, reply, agent=agent, now=now)
    take_back(message, by=agent, now=now + timedelta(seconds=9))


def _schedule(ticket: Ticket, agent: Agent, now: datetime) -> ScheduledReply:
    reply = Reply(body="はい。", promise_at=now + timedelta(days=2), submission_key=uuid4())
    leaves_at = now + timedelta(minutes=30)
    return schedule_reply(ticket, reply, leaves_at=leaves_at, agent=agent, now=now)


def _schedule_and_send(ticket: Ticket, agent: Agent, now: datetime) -> None:
    _schedule(ticket, agent, now)
    send_scheduled(now=now + timedelta(minutes=30))


Path = Callable[[Ticket, Agent, datetime], object]


def _ask_and_be_done(ticket: Ticket, agent: Agent, now: datetime) -> None:
    say(ticket, agent, now, asks=True, thing="The serial number")
    complete_task(ticket, now=now + timedelta(minutes=1))


PATHS: dict[str, tuple[Callable[..., object], Path]] = {
    "put somebody in Cc": (
        add_to_cc,
        lambda ticket, agent, now: add_to_cc(ticket, address="boss@example.org", by=agent, now=now),
    ),
    "do what a macro changes": (
        apply_changes,
        lambda ticket, agent, now: apply_changes(
            ticket, [Macro(tags=["VIP"], priority="high")], by=agent, now=now
        ),
    ),
    "answer with a promise": (
        reply_to_customer,
        lambda ticket, agent, now: say(ticket, agent, now, promise_at=now + timedelta(hours=3)),
    ),
    "answer with a promise for the night": (
        reply_to_customer,
        lambda ticket, agent, now: say(ticket, agent, now, promise_at=now + timedelta(hours=14)),
    ),
    "answer with a promise far away": (
        reply_to_customer,
        lambda ticket, agent, now: say(ticket, agent, now, promise_at=now + timedelta(days=99)),
    ),
    "answer twice under one key": (
        reply_to_customer,
        lambda ticket, agent, now: [
            say(ticket, agent, now, promise_at=now + timedelta(hours=3), submission_key=key)
            for key in [uuid4()] * 2
        ],
    ),
    "solve with an answer": (
        reply_to_customer,
        lambda ticket, agent, now: say(ticket, agent, now, solves=True),
    ),
    "ask the customer": (
        reply_to_customer,
        lambda ticket, agent, now: say(ticket, agent, now, asks=True),
    ),
    "ask the customer for one thing, who does it": (complete_task, _ask_and_be_done),
    "write in another language": (
        change_language,
        lambda ticket, _agent, now: change_language(ticket, to="en", now=now),
    ),
    "let the customer invite somebody": (
        invite,
        lambda ticket, _agent, now: invite(ticket, address="boss@example.org", now=now),
    ),
    "ask the customer with a promise": (
        reply_to_customer,
        lambda ticket, agent, now: say(
            ticket, agent, now, asks=True, promise_at=now + timedelta(hours=3)
        ),
    ),
    "a call": (
        reply_to_customer,
        lambda ticket, agent, now: say(
            ticket, agent, now, channel=Channel.PHONE, promise_at=now + timedelta(hours=3)
        ),
    ),
    "a call that solves": (
        reply_to_customer,
        lambda ticket, agent, now: say(ticket, agent, now, channel=Channel.PHONE, solves=True),
    ),
    "a call that reached nobody": (
        log_missed_call,
        lambda ticket, agent, now: log_missed_call(ticket, words="話し中", agent=agent, now=now),
    ),
    "answer and take it back": (reply_to_customer, _answer_and_take_back),
    "schedule a reply": (schedule_reply, _schedule),
    "schedule a reply that leaves": (schedule_reply, _schedule_and_send),
    "schedule a reply and call it off": (
        schedule_reply,
        lambda ticket, agent, now: call_off(_schedule(ticket, agent, now), by=agent, now=now),
    ),
    "begin a draft with files": (
        begin_draft,
        lambda ticket, agent, now: begin_draft(
            ticket, submission_key=uuid4(), agent=agent, now=now
        ),
    ),
    "a draft": (
        save_draft,
        lambda ticket, agent, now: save_draft(
            ticket, kind="reply", body="Half", submission_key=uuid4(), agent=agent, now=now
        ),
    ),
    "wait for the customer": (
        set_status,
        lambda ticket, agent, now: set_status(
            ticket, to=Status.PENDING_CUSTOMER, agent=agent, now=now
        ),
    ),
    "put on hold": (
        set_status,
        lambda ticket, agent, now: set_status(
            ticket, to=Status.ON_HOLD, reason="The supplier", agent=agent, now=now
        ),
    ),
    "on hold and back": (
        set_status,
        lambda ticket, agent, now: [
            set_status(ticket, to=status, reason="The supplier", agent=agent, now=now)
            for status in (Status.ON_HOLD, Status.OPEN)
        ],
    ),
    "spam": (
        set_status,
        lambda ticket, agent, now: set_status(ticket, to=Status.SPAM, agent=agent, now=now),
    ),
    "spam and back": (
        set_status,
        lambda ticket, agent, now: [
            set_status(ticket, to=status, agent=agent, now=now)
            for status in (Status.SPAM, Status.OPEN)
        ],
    ),
    "merge it away": (
        merge_tickets,
        lambda ticket, agent, now: merge_tickets(ticket, into=a_ticket(), agent=agent, now=now),
    ),
    "merge another in": (
        merge_tickets,
        lambda ticket, agent, now: merge_tickets(a_ticket(), into=ticket, agent=agent, now=now),
    ),
    "merge it away and separate": (
        separate_tickets,
        lambda ticket, agent, now: separate_tickets(
            merge_tickets(ticket, into=a_ticket(), agent=agent, now=now), agent=agent, now=now
        ),
    ),
    "merge another in and separate": (
        separate_tickets,
        lambda ticket, agent, now: separate_tickets(
            merge_tickets(a_ticket(), into=ticket, agent=agent, now=now), agent=agent, now=now
        ),
    ),
    "another priority": (
        change_priority,
        lambda ticket, agent, now: change_priority(ticket, to="urgent", by=agent, now=now),
    ),
    "the customer writes": (
        receive_reply,
        lambda ticket, agent, now: receive_reply(ticket, body="まだです。", now=now),
    ),
    "the customer writes twice under one key": (
        receive_reply,
        lambda ticket, agent, now: [
            receive_reply(ticket, body="まだです。", submission_key=key, now=now)
            for key in [uuid4()] * 2
        ],
    ),
    "a note": (
        add_note,
        lambda ticket, agent, now: add_note(ticket, body="Hm.", agent=agent, now=now),
    ),
    "ask a third party": (
        forward,
        lambda ticket, agent, now: forward(
            ticket, Forward(address="parts@maker.example", body="?"), agent=agent, now=now
        ),
    ),
    "ask a third party and wait for it": (
        forward,
        lambda ticket, agent, now: forward(
            ticket,
            Forward(address="parts@maker.example", body="?", hold_reason="parts"),
            agent=agent,
            now=now,
        ),
    ),
    "take it": (assign, lambda ticket, agent, now: assign(ticket, to=agent, by=agent, now=now)),
    "give it back": (assign, lambda ticket, agent, now: assign(ticket, to=None, by=agent, now=now)),
    "hand it over to another team": (hand_over, _hand_over),
    "hand it over and take it back": (
        hand_over,
        lambda ticket, agent, now: [
            _hand_over(ticket, agent, now),
            hand_over(ticket, team=ticket.team, to=agent, by=agent, now=now),
        ],
    ),
    "read the brief": (
        accept_brief,
        lambda ticket, agent, now: accept_brief(ticket, by=agent, now=now),
    ),
    "follow": (follow, lambda ticket, agent, now: follow(ticket, agent=agent, now=now)),
    "tag it": (
        set_tags,
        lambda ticket, agent, now: set_tags(ticket, names=["VIP", "故障"], by=agent, now=now),
    ),
    "tag it and take one away": (
        change_tags,
        lambda ticket, agent, now: [
            change_tags(ticket, add=["VIP", "故障"], by=agent, now=now),
            change_tags(ticket, remove=["vip"], by=agent, now=now),
        ],
    ),
    "set the topic": (
        set_topic,
        lambda ticket, agent, now: set_topic(ticket, topic=a_topic(), by=agent, now=now),
    ),
    "fill in a field": (
        set_fields,
        lambda ticket, agent, now: set_fields(
            ticket, values={a_field().key: "LP-220"}, by=agent, now=now
        ),
    ),
    "solve": (solve, lambda ticket, agent, now: solve(ticket, agent=agent, now=now)),
    "the customer solves": (solve, lambda ticket, agent, now: solve(ticket, agent=None, now=now)),
    "reopen": (reopen, lambda ticket, agent, now: reopen(ticket, agent=agent, now=now)),
    "the customer reopens": (
        reopen,
        lambda ticket, agent, now: reopen(ticket, agent=None, now=now),
    ),
}


@pytest.fixture
def ticket(support: Team, monday_at_ten: object) -> Ticket:
    return an_inquiry().ticket


# What tells the clock nothing is tried on a ticket of the first two kinds only.
QUIET = {
    *("put somebody in Cc", "begin a draft with files", "a draft", "a note", "ask a third party"),
    *("a call that reached nobody", "schedule a reply", "schedule a reply and call it off"),
    *("read the brief", "follow", "tag it", "tag it and take one away", "set the topic"),
    *("fill in a field", "let the customer invite somebody"),
}
CASES = [
    pytest.param(path, *where.values, id=f"{name}-{where.id}")
    for name, (_service, path) in PATHS.items()
    for where in (WHERE_AND_WHEN[:2] if name in QUIET else WHERE_AND_WHEN)
]


@pytest.mark.parametrize(("path", "place", "now"), CASES)
def test_ticket_and_clock_agree_after(ticket, aiko, place, path, now):
    place(ticket, aiko)
    check(ticket, now=MONDAY_AT_TEN)
    before = Ticket.objects.filter(pk=ticket.pk).values().get()

    try:
        path(ticket, aiko, now)
    except TicketError:
        # What cannot be done there must leave no trace.
        assert Ticket.objects.filter(pk=ticket.pk).values().get() == before
    check(ticket, now=now)

    for days in (1, 9):
        later = now + timedelta(days=days)
        sweep_due(now=later)
        fire_due_waits(now=later)
        check(ticket, now=later)


OPENINGS = {
    "from a stranger": {"customer": None, "email": "new@example.com", "name": "新"},
    "by telephone": {"channel": Channel.PHONE, "email": "", "is_told_at_once": False},
    "urgent": {"priority": "urgent"},
    "under a key": {"submission_key": "6f9619ff-8b86-d011-b42d-00cf4fc964ff"},
}


@pytest.mark.parametrize("fields", OPENINGS.values(), ids=OPENINGS.keys())
def test_ticket_and_clock_agree_from_the_first_moment(support, monday_at_ten, fields):
    fields = {"subject": "S", "body": "B", "channel": Channel.WEB, "language": "en", **fields}
    fields = {"customer": a_customer(), "email": "hana@example.com", **fields}
    ticket = open_ticket(opening.Inquiry(**fields)).ticket

    check(ticket, now=MONDAY_AT_TEN)
    sweep_due(now=TOMORROW)
    check(ticket, now=TOMORROW)


@pytest.mark.parametrize("origin", ["agent_live", "agent_outbound"])
@pytest.mark.parametrize(
    "outcome", [Outcome(promise_at=ELEVEN), Outcome(asks=True), Outcome(solves=True)]
)
def test_ticket_and_clock_agree_when_an_agent_opens_it(
    support, aiko, monday_at_ten, origin, outcome
):
    ticket = a_ticket(origin=origin, agent=aiko, assignee=aiko, outcome=outcome)

    check(ticket, now=MONDAY_AT_TEN)
    for later in (TOMORROW, TOMORROW + timedelta(days=9)):
        sweep_due(now=later)
        fire_due_waits(now=later)
        check(ticket, now=later)


def test_an_inquiry_for_an_agent_is_theirs_on_the_clock_too(support, aiko, monday_at_ten):
    ticket = an_inquiry(assignee=aiko).ticket

    check(ticket, now=MONDAY_AT_TEN)
    assert Clock.objects.get().owner == aiko


def test_ticket_and_clock_agree_after_another_look_at_the_policies(ticket, aiko, monday_at_ten):
    answered(ticket, aiko)
    start_rematch(now=ELEVEN)

    assert not continue_rematch(now=ELEVEN)
    check(ticket, now=ELEVEN)


def test_every_service_on_a_ticket_is_tried_here():
    """A new service joins PATHS, or this fails."""
    names = [module.name for module in pkgutil.iter_modules(services.__path__)]
    found = {
        function
        for module in (importlib.import_module(f"tickets.services.{name}") for name in names)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and _is_service(function)
    }
    assert found == {service for service, _ in PATHS.values()} - {separate_tickets}


def _is_service(function: Callable[..., object]) -> bool:
    """Acts on a ticket by itself: it takes one, and the time when it is not now."""
    parameters = inspect.signature(function).parameters
    return next(iter(parameters), "") == "ticket" and (
        "now" in parameters and parameters["now"].default is None
    )
