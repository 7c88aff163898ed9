"""Other ways to speak: on the telephone, later, and with third parties."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse

from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call
from api.filtering import paged
from api.schema import page_of
from api.shapes import (
    Choice,
    Day,
    Flag,
    Instant,
    ListOf,
    OrNull,
    Text,
    Whole,
    answered,
    body,
    utc,
)
from api.showing import AGENT, FILE, MESSAGE, shown_agent, shown_files, shown_message
from api.views.said import EVENT, SAID, UPLOADS, held_as_seen, reply_of, shown_event
from common.keyset import Order
from tickets.models import (
    Attachment,
    Channel,
    CustomerTask,
    Ending,
    Message,
    ScheduledReply,
    ThirdPartyLetter,
    Ticket,
)
from tickets.services.forwarding import Forward, forward
from tickets.services.handling import REASON_LENGTH
from tickets.services.replying import log_missed_call, reply_to_customer
from tickets.services.scheduling import call_off, schedule_reply

ASKED_AT = Order(("asked_at",), is_ascending=True)
LEAVING = Order(("leaves_at",), is_ascending=True)
SENT = Order(("sent_at",), is_ascending=True)
MOST_QUOTED = 100
NEW_CALL = body("NewCall", SAID, ["body"])
MISSED = body("MissedCall", {"words": Text(300)})
SCHEDULED = answered(
    "ScheduledMessage",
    {
        "id": Whole(),
        "ticket": Whole(about="Its number"),
        "agent": AGENT,
        "body": Text(1_000_000),
        "send_at": Instant(),
        "ending": Choice(Ending.values),
        "promise_at": OrNull(Instant()),
        "task": Text(200, about="What the customer is asked to do; empty: nothing"),
        "needed_on": OrNull(Day()),
    },
)
NEW_SCHEDULED = body(
    "NewScheduledMessage",
    {**SAID, "uploads": UPLOADS, "send_at": Instant(about="When it leaves")},
    ["body", "send_at"],
)
LETTER = answered(
    "ThirdPartyLetter",
    {
        "id": Whole(),
        "ticket": Whole(about="Its number"),
        "direction": Choice(ThirdPartyLetter.Direction.values),
        "address": Text(320),
        "name": Text(200),
        "agent": OrNull(AGENT),
        "body": Text(1_000_000),
        "sent_at": Instant(),
        "doubt": OrNull(
            Choice(ThirdPartyLetter.Doubt.values, about="Why it may be from somebody else")
        ),
        "is_automatic": Flag(),
        "attachments": ListOf(FILE, 1000),
    },
)
IDS = ListOf(Whole(), MOST_QUOTED, about="What is quoted below, by their ids")
NEW_LETTER = body(
    "NewThirdPartyLetter",
    {
        "address": Text(320, 1),
        "body": Text(20_000, 1),
        "messages": IDS,
        "letters": IDS,
        "attachments": ListOf(
            Text(36, 1), settings.ATTACHMENT_MAX_COUNT, about="Files of the ticket, by their ids"
        ),
        "hold_reason": Text(
            REASON_LENGTH, about="What the ticket then waits for; empty: it stays with us"
        ),
    },
    ["address", "body"],
)
TASK = answered(
    "CustomerTask",
    {
        "id": Whole(),
        "task": Text(200),
        "needed_on": OrNull(Day()),
        "asked_at": Instant(),
        "asked_by": OrNull(AGENT),
        "reminders": Whole(0, about="How many letters have named it since"),
        "ended_at": OrNull(Instant()),
        "ending": OrNull(Choice(CustomerTask.Ending.values)),
    },
)


class Calls(Endpoint):
    """Calls in which the customer was reached."""

    of = section = "tickets"

    @call(
        "Write down what was said on the telephone",
        answer=MESSAGE,
        status=201,
        body=NEW_CALL,
        about="A call ends as an answer does, and keeps the promise; no letter leaves.",
        example={"body": "She tries the new cable tonight.", "solves": True},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """A contact."""
        ticket = held_as_seen(asked, number)
        reply = reply_of(asked, channel=Channel.PHONE)
        message = reply_to_customer(ticket, reply, agent=asked.agent, now=asked.now)
        address = absolute(reverse("api:messages", args=[ticket.number]))
        return answer(shown_message(message), status=201, Location=address)


class MissedCalls(Endpoint):
    """Calls in which nobody was reached."""

    of = section = "tickets"

    @call(
        "Note that the customer was called and not reached",
        answer=EVENT,
        status=201,
        body=MISSED,
        about="The promise stays as it is.",
        example={"words": "Engaged"},
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """No contact."""
        ticket = access.ticket(asked.agent, number)
        words = asked.body.get("words", "")
        event = log_missed_call(ticket, words=words, agent=asked.agent, now=asked.now)
        address = absolute(reverse("api:events", args=[ticket.number]))
        return answer(shown_event(event), status=201, Location=address)


class ScheduledMessages(Endpoint):
    """Answers that leave later."""

    of = section = "tickets"

    @call("List answers that leave later", answer=page_of(SCHEDULED), query=PAGED)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The next first."""
        ticket = access.ticket(asked.agent, number)
        return paged(asked, _scheduled(ticket), LEAVING, _shown_scheduled)

    @call(
        "Answer the customer later",
        answer=SCHEDULED,
        status=201,
        body=NEW_SCHEDULED,
        about="It is no contact until it leaves, and is called off when the customer writes before."
        " It must leave before the promised contact.",
        example={
            "body": "Did it go well?",
            "send_at": "2026-11-24T09:00:00Z",
            "promise_at": "2026-11-26T09:00:00Z",
        },
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """Nothing is promised yet."""
        ticket = held_as_seen(asked, number)
        made = schedule_reply(
            ticket,
            reply_of(asked),
            leaves_at=asked.body["send_at"],
            agent=asked.agent,
            now=asked.now,
        )
        address = absolute(reverse("api:scheduled", args=[ticket.number]))
        return answer(_shown_scheduled(made), status=201, Location=address)


class ScheduledMessageDetail(Endpoint):
    """One of them."""

    of = section = "tickets"

    @call("Call off an answer that was to leave later", status=204, refuses=(409,))
    def delete(self, asked: Asked, number: str, pk: str) -> HttpResponse:
        """Its text is its writer's draft."""
        scheduled = access.one_of(_scheduled(access.ticket(asked.agent, number)), pk)
        call_off(scheduled, by=asked.agent, now=asked.now)
        return HttpResponse(status=204)


def _scheduled(ticket: Ticket) -> QuerySet[ScheduledReply]:
    return ticket.scheduled_replies.select_related("agent", "ticket")


def _shown_scheduled(scheduled: ScheduledReply) -> dict[str, Any]:
    return {
        "id": scheduled.pk,
        "ticket": scheduled.ticket.number,
        "agent": shown_agent(scheduled),
        "body": scheduled.body,
        "send_at": utc(scheduled.leaves_at),
        "ending": scheduled.ending,
        "promise_at": utc(scheduled.promise_at),
        "task": scheduled.thing,
        "needed_on": scheduled.needed_on.isoformat() if scheduled.needed_on else None,
    }


class ThirdPartyLetters(Endpoint):
    """What a maker, a carrier or a colleague elsewhere is asked, and answers."""

    of = section = "tickets"

    @call("List letters to and from third parties", answer=page_of(LETTER), query=PAGED)
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The oldest first."""
        letters = _letters(access.ticket(asked.agent, number))
        beside = letters.select_related("agent", "ticket").prefetch_related("attachments")
        return paged(asked, beside, SENT, _shown_letter)

    @call(
        "Forward a ticket to a third party",
        answer=LETTER,
        status=201,
        body=NEW_LETTER,
        about="The promise to the customer stays as it is; secret links of theirs are left out.",
        example={
            "address": "parts@maker.example",
            "body": "Is this part in stock?",
            "hold_reason": "The maker looks for the part",
        },
    )
    def post(self, asked: Asked, number: str) -> HttpResponse:
        """The customer never hears of it."""
        ticket = access.ticket(asked.agent, number)
        sent = forward(ticket, _forward(asked, ticket), agent=asked.agent, now=asked.now)
        address = absolute(reverse("api:third_party_letters", args=[ticket.number]))
        return answer(_shown_letter(sent), status=201, Location=address)


def _letters(ticket: Ticket) -> QuerySet[ThirdPartyLetter]:
    return ThirdPartyLetter.objects.filter(ticket__in=ticket.family())


def _forward(asked: Asked, ticket: Ticket) -> Forward:
    """What goes to whom. Raises Problem for what is not of this ticket."""
    sent = asked.body
    said = Message.objects.filter(ticket__in=ticket.family()).select_related("agent", "customer")
    letters = _letters(ticket).select_related("agent")
    files = Attachment.objects.filter(message__in=said) | Attachment.objects.filter(
        third_party_letter__in=letters
    )
    return Forward(
        address=sent["address"].strip(),
        body=sent["body"],
        quoted=[
            *access.all_in_body(said, sent.get("messages", []), at="messages"),
            *access.all_in_body(letters, sent.get("letters", []), at="letters"),
        ],
        files=access.files_in_body(files, sent.get("attachments", [])),
        hold_reason=" ".join(sent.get("hold_reason", "").split()),
    )


def _shown_letter(letter: ThirdPartyLetter) -> dict[str, Any]:
    return {
        "id": letter.pk,
        "ticket": letter.ticket.number,
        "direction": letter.direction,
        "address": letter.address,
        "name": letter.name,
        "agent": shown_agent(letter),
        "body": letter.body,
        "sent_at": utc(letter.sent_at),
        "doubt": letter.doubt or None,
        "is_automatic": letter.is_auto,
        "attachments": shown_files(letter.attachments.all()),
    }


class CustomerTasks(Endpoint):
    """What the customer was asked to do."""

    of = section = "tickets"

    @call(
        "List what the customer was asked to do, and how that ended",
        answer=page_of(TASK),
        query=PAGED,
        about="A message with `waits_for_customer` asks; a change of the state withdraws it.",
    )
    def get(self, asked: Asked, number: str) -> HttpResponse:
        """The oldest first."""
        ticket = access.ticket(asked.agent, number)
        tasks = CustomerTask.objects.filter(ticket__in=ticket.family())
        return paged(asked, tasks.select_related("asked_by"), ASKED_AT, _shown_task)


def _shown_task(task: CustomerTask) -> dict[str, Any]:
    by = task.asked_by
    return {
        "id": task.pk,
        "task": task.thing,
        "needed_on": task.needed_on.isoformat() if task.needed_on else None,
        "asked_at": utc(task.asked_at),
        "asked_by": {"id": by.pk, "name": by.name} if by else None,
        "reminders": task.reminders,
        "ended_at": utc(task.ended_at),
        "ending": task.ending or None,
    }
