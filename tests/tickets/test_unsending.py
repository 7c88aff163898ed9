from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import Agent
from mail.delivery import deliver_due
from mail.models import OutboundEmail
from sla.models import Commitment, Status
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.desk.test_replies import address, send
from tests.factories import a_customer, a_ticket, an_inquiry
from tickets.exceptions import TooLateToUndo
from tickets.models import Draft, Message, SearchEntry, Ticket
from tickets.services.handling import assign, set_status, solve
from tickets.services.merging import merge_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.unsending import take_back

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

AT_THREE = MONDAY_AT_TEN.replace(hour=15)
LATER = MONDAY_AT_TEN + timedelta(minutes=20)


@pytest.fixture(autouse=True)
def _ten_seconds(settings):
    settings.UNDO_SEND_SECONDS = 10


def answer(ticket, agent, *, at=LATER, **fields) -> Message:
    fields = fields or {"promise_at": AT_THREE}
    reply = Reply(body="調べます。", submission_key=uuid4(), **fields)
    return reply_to_customer(ticket, reply, agent=agent, now=at)


def state_of(ticket: Ticket) -> tuple[object, ...]:
    """All that a reply changes about what is owed."""
    ticket.refresh_from_db()
    owed = ticket.clock.commitments.exclude(end_reason=Commitment.WITHDRAWN)
    owed = owed.order_by("kind", "cycle", "pk")
    return (
        *(ticket.status, ticket.next_contact_at, ticket.next_due_at, ticket.next_due_kind),
        *(ticket.resolved_at, ticket.reopen_count, ticket.preview, ticket.is_last_word_ours),
        list(owed.values("kind", "cycle", "state", "started_at", "due_at", "met_at", "ended_at")),
    )


@pytest.mark.parametrize(
    "outcome", [{"promise_at": AT_THREE}, {"asks": True}, {"solves": True}], ids=str
)
def test_what_we_owe_is_again_what_it_was(aiko: Agent, outcome):
    ticket = assign(a_ticket(), to=aiko, by=aiko) and Ticket.objects.get()
    before = state_of(ticket)
    message = answer(ticket, aiko, **outcome)
    assert state_of(ticket) != before

    take_back(message, by=aiko, now=LATER + timedelta(seconds=9))

    assert state_of(ticket) == before


def test_a_solved_ticket_that_a_reply_took_up_again_is_solved_as_before(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko)
    before = state_of(ticket)
    message = answer(ticket, aiko)
    assert ticket.refresh_from_db() or ticket.reopen_count == 1

    take_back(message, by=aiko, now=LATER)

    assert state_of(ticket) == before


def test_what_waited_for_a_third_party_waits_for_it_again(aiko: Agent):
    ticket = set_status(
        assign(a_ticket(), to=aiko, by=aiko), to=Status.ON_HOLD, reason="部品の入荷", agent=aiko
    )
    message = answer(ticket, aiko)

    take_back(message, by=aiko, now=LATER)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.hold_reason) == (Status.ON_HOLD, "部品の入荷")


def test_no_letter_leaves_and_the_text_is_the_draft_with_what_was_agreed(aiko: Agent):
    ticket = a_ticket()
    message = answer(ticket, aiko)
    key = message.submission_key

    take_back(message, by=aiko, now=LATER)

    assert not OutboundEmail.objects.filter(letter="reply").exists()
    assert not ticket.messages.filter(direction="outbound").exists()
    assert not SearchEntry.objects.filter(kind="message", source_id=message.pk).exists()
    draft = Draft.objects.get()
    assert (draft.agent, draft.body, draft.submission_key) == (aiko, "調べます。", key)
    assert (draft.ending, draft.promise_at) == ("promise", AT_THREE)


def test_what_was_begun_meanwhile_follows_what_comes_back(aiko: Agent):
    ticket = a_ticket()
    message = answer(ticket, aiko, solves=True)
    Draft.objects.create(
        ticket=ticket, agent=aiko, kind="reply", body="追伸", submission_key=uuid4(), saved_at=LATER
    )

    take_back(message, by=aiko, now=LATER)

    draft = Draft.objects.get()
    assert (draft.body, draft.ending) == ("調べます。\n\n追伸", "solve")


def test_the_letter_waits_ten_seconds_and_then_leaves(aiko: Agent, mailoutbox):
    message = answer(a_ticket(), aiko)
    OutboundEmail.objects.exclude(pk=message.email_id).delete()

    assert deliver_due(now=LATER + timedelta(seconds=9)) == 0
    assert deliver_due(now=LATER + timedelta(seconds=10)) == 1
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("change", ["later", "taken"])
def test_what_may_have_left_stays_sent(aiko: Agent, change: str):
    message = answer(a_ticket(), aiko)
    now = LATER
    if change == "later":
        now += timedelta(seconds=10)
    else:
        OutboundEmail.objects.filter(pk=message.email_id).update(state="sending", attempts=1)

    with translation.override("en"), pytest.raises(TooLateToUndo, match="has left already"):
        take_back(message, by=aiko, now=now)

    assert Message.objects.filter(pk=message.pk).exists()


def test_only_the_writer_takes_a_reply_back(aiko: Agent, ben: Agent):
    message = answer(a_ticket(), aiko)

    with pytest.raises(TooLateToUndo):
        take_back(message, by=ben, now=LATER)


def test_what_the_customer_wrote_in_these_seconds_counts(aiko: Agent):
    ticket = a_ticket()
    message = answer(ticket, aiko, solves=True)
    receive_reply(ticket, body="もう一つ。", now=LATER + timedelta(seconds=3))

    take_back(message, by=aiko, now=LATER + timedelta(seconds=5))

    ticket.refresh_from_db()
    assert (ticket.status, ticket.preview) == ("new", "もう一つ。")
    assert ticket.next_contact_at is not None


def test_merged_in_these_seconds_it_comes_back_where_the_ticket_goes_on(aiko: Agent):
    customer = a_customer()
    ticket, other = a_ticket(customer=customer), a_ticket(customer=customer)
    message = answer(ticket, aiko)
    merge_tickets(ticket, into=other, agent=aiko, now=LATER)

    take_back(message, by=aiko, now=LATER + timedelta(seconds=2))

    ticket.refresh_from_db()
    assert ticket.status == "merged"
    assert Draft.objects.get().ticket == other


def test_a_customer_without_an_address_has_read_it_at_once(aiko: Agent):
    ticket = a_ticket(customer=a_customer(email="", phone="03-1234-5678"), email="")
    message = answer(ticket, aiko)

    with pytest.raises(TooLateToUndo):
        take_back(message, by=aiko, now=LATER)


# On the pages ---------------------------------------------------------------------------------


def undo_address(page) -> str:
    [found] = [part for part in page.text.split('"') if part.endswith("/undo/") and "repl" in part]
    return found


def test_the_page_offers_to_take_it_back_for_ten_seconds(as_aiko, monday_at_ten):
    ticket = a_ticket()
    send(as_aiko, ticket)

    page = as_aiko.get(address(ticket))
    assert "Sent, and promised. Undo" in words(page)
    assert "Sent, and promised. Undo" in words(as_aiko.get(reverse("desk:queue")))
    monday_at_ten.shift(10)
    assert "/undo/" not in as_aiko.get(address(ticket)).text


def test_undone_the_text_is_in_the_box_with_its_promise(as_aiko):
    ticket = a_ticket()
    send(as_aiko, ticket, body="部品を送ります。")

    answered = as_aiko.post(undo_address(as_aiko.get(address(ticket))), follow=True)

    seen = words(answered)
    assert "Taken back. The text is in its writer’s reply box again." in seen
    assert "Aiko took a reply back before it left." in seen
    assert ">\n部品を送ります。</textarea>" in answered.text
    chosen = MONDAY_AT_TEN.replace(hour=16).isoformat()
    assert f'value="{chosen}" data-key="1"' in answered.text.replace("07:00:00+00:00", chosen[11:])
    assert "/undo/" not in answered.text


def test_taken_back_a_solving_reply_offers_to_solve_first(as_aiko):
    ticket = a_ticket()
    send(as_aiko, ticket, outcome="solve")

    page = as_aiko.post(undo_address(as_aiko.get(address(ticket))), follow=True)

    assert 'value="solve" data-send' in page.text
    assert 'value="promise" data-send' not in page.text.partition("note_body")[0]


def test_too_late_and_twice_are_said_kindly(as_aiko, monday_at_ten):
    ticket = a_ticket()
    send(as_aiko, ticket)
    target = undo_address(as_aiko.get(address(ticket)))
    monday_at_ten.shift(11)

    assert "This reply has left already." in words(as_aiko.post(target, follow=True))
    other = a_ticket()
    send(as_aiko, other)
    target = undo_address(as_aiko.get(address(other)))
    as_aiko.post(target)
    assert "was taken back already" in words(as_aiko.post(target, follow=True))


def test_the_customer_reads_it_when_it_can_no_longer_be_taken_back(as_aiko, client, monday_at_ten):
    opened = an_inquiry()
    send(as_aiko, opened.ticket, body="部品を送ります。")

    assert "部品を送ります。" not in client.get(f"/r/{opened.token}/").text
    monday_at_ten.shift(11)
    assert "部品を送ります。" in client.get(f"/r/{opened.token}/").text


def test_a_colleague_cannot_take_it_back(as_aiko, ben):
    ticket = a_ticket()
    send(as_aiko, ticket)
    target = undo_address(as_aiko.get(address(ticket)))

    signed_in(ben).post(target)

    assert ticket.messages.filter(direction="outbound").count() == 1
