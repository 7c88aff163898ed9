from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from accounts.models import Agent, Notification
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.desk.test_replies import address, send
from tests.factories import a_customer, a_ticket, an_inquiry
from tickets.attachments import discard_abandoned, keep_uploads
from tickets.exceptions import CannotBeScheduled, PromiseInThePast, TooLateToUndo
from tickets.models import Draft, Message, ScheduledReply, Ticket
from tickets.services.handling import solve
from tickets.services.merging import merge_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.scheduling import call_off, schedule_reply, send_scheduled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

AT_ELEVEN = MONDAY_AT_TEN.replace(hour=11)
AT_THREE = MONDAY_AT_TEN.replace(hour=15)


def schedule(ticket, agent, *, leaves_at=AT_ELEVEN, **fields) -> ScheduledReply:
    fields = fields or {"promise_at": AT_THREE}
    reply = Reply(body="明朝お送りします。", submission_key=uuid4(), **fields)
    return schedule_reply(ticket, reply, leaves_at=leaves_at, agent=agent)


def said(ticket) -> list[str]:
    return list(ticket.messages.filter(direction="outbound").values_list("body", flat=True))


def test_until_it_leaves_nothing_is_said_and_the_promise_stands(aiko: Agent):
    ticket = a_ticket()
    promised = ticket.next_contact_at

    schedule(ticket, aiko)
    assert send_scheduled(now=AT_ELEVEN - timedelta(seconds=1)) == 0

    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at, said(ticket)) == ("new", promised, [])
    assert not OutboundEmail.objects.filter(letter="reply").exists()


def test_then_it_is_the_contact_once(aiko: Agent):
    ticket = a_ticket()
    scheduled = schedule(ticket, aiko)

    assert [send_scheduled(now=AT_ELEVEN) for _ in range(2)] == [1, 0]

    ticket.refresh_from_db()
    assert (ticket.status, ticket.next_contact_at) == ("open", AT_THREE)
    message = ticket.messages.get(direction="outbound")
    assert (message.sent_at, message.agent) == (AT_ELEVEN, aiko)
    assert message.submission_key == scheduled.submission_key
    # Nobody is there who could take it back.
    assert message.email.next_try_at == AT_ELEVEN
    assert not ScheduledReply.objects.exists()


@pytest.mark.parametrize(
    ("outcome", "status"), [({"solves": True}, "resolved"), ({"asks": True}, "pending_customer")]
)
def test_it_can_solve_and_it_can_ask(aiko: Agent, outcome, status):
    ticket = a_ticket()
    schedule(ticket, aiko, **outcome)

    send_scheduled(now=AT_ELEVEN)

    ticket.refresh_from_db()
    assert ticket.status == status


def test_what_its_writer_writes_meanwhile_stays_a_draft(aiko: Agent):
    ticket = a_ticket()
    schedule(ticket, aiko)
    Draft.objects.create(
        ticket=ticket,
        agent=aiko,
        kind="reply",
        body="別件",
        submission_key=uuid4(),
        saved_at=MONDAY_AT_TEN,
    )

    send_scheduled(now=AT_ELEVEN)

    assert Draft.objects.get().body == "別件"


def its_ticket_is_merged(ticket, agent):
    merge_tickets(ticket, into=a_ticket(customer=ticket.customer), agent=agent)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda ticket, agent: receive_reply(ticket, body="まだですか。"), "customer_wrote"),
        (lambda ticket, agent: solve(ticket, agent=agent), "resolved"),
        (its_ticket_is_merged, "merged"),
    ],
    ids=["customer_wrote", "resolved", "merged"],
)
def test_when_things_have_changed_it_is_a_draft_again_and_its_writer_hears_of_it(
    aiko: Agent, ben: Agent, change, reason
):
    ticket = a_ticket()
    schedule(ticket, aiko)
    change(ticket, ben)
    Notification.objects.all().delete()

    # Long before it would leave.
    assert send_scheduled(now=MONDAY_AT_TEN + timedelta(seconds=1)) == 0

    assert said(ticket) == []
    ticket.refresh_from_db()
    draft = Draft.objects.get()
    assert draft.ticket_id == ticket.merged_into_id or ticket.pk
    assert (draft.body, draft.promise_at) == ("明朝お送りします。", AT_THREE)
    notification = Notification.objects.get()
    assert (notification.agent, notification.kind) == (aiko, "not_sent")
    assert notification.facts["reason"] == reason
    assert not ScheduledReply.objects.exists()


def test_a_colleagues_reply_does_not_stop_it(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    schedule(ticket, aiko)
    reply_to_customer(ticket, Reply(body="先に一言。", promise_at=AT_THREE), agent=ben)

    assert send_scheduled(now=AT_ELEVEN) == 1


def test_after_an_outage_it_does_not_promise_what_has_passed(aiko: Agent):
    ticket = a_ticket()
    schedule(ticket, aiko)

    assert send_scheduled(now=AT_THREE) == 0

    assert Notification.objects.get(kind="not_sent").facts["reason"] == "too_late"
    assert said(ticket) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"leaves_at": MONDAY_AT_TEN}, "in the past"),
        ({"leaves_at": MONDAY_AT_TEN + timedelta(days=400)}, "more than a year"),
        ({"leaves_at": AT_THREE + timedelta(days=1)}, "was promised contact by"),
    ],
)
def test_a_time_that_cannot_be_is_refused(aiko: Agent, fields, sentence):
    with translation.override("en"), pytest.raises(CannotBeScheduled, match=sentence):
        schedule(a_ticket(), aiko, **{"solves": True, **fields})


def test_it_promises_nothing_before_it_leaves(aiko: Agent):
    with pytest.raises(PromiseInThePast):
        schedule(a_ticket(), aiko, promise_at=AT_ELEVEN)


def test_nothing_is_scheduled_on_a_resolved_ticket(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko)

    with translation.override("en"), pytest.raises(CannotBeScheduled, match="is resolved"):
        schedule(ticket, aiko)


def test_a_colleague_calls_it_off_and_its_writer_has_it_back(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    scheduled = schedule(ticket, aiko)

    call_off(scheduled, by=ben)

    assert Draft.objects.get().agent == aiko
    assert Notification.objects.get(kind="not_sent").facts == {"reason": "called_off", "by": "Ben"}
    with pytest.raises(TooLateToUndo):
        call_off(scheduled, by=ben)


def test_its_files_wait_with_it_however_long(aiko: Agent):
    ticket, key = a_ticket(), uuid4()
    keep_uploads([SimpleUploadedFile("plan.txt", b"plan")], submission_key=key, now=MONDAY_AT_TEN)
    reply = Reply(body="添付します。", promise_at=AT_THREE, submission_key=key)
    schedule_reply(ticket, reply, leaves_at=AT_ELEVEN, agent=aiko)

    assert discard_abandoned(now=MONDAY_AT_TEN + timedelta(days=3)) == 0
    send_scheduled(now=AT_ELEVEN)

    message = ticket.messages.get(direction="outbound")
    assert [file.name for file in message.attachments.all()] == ["plan.txt"]


def test_trouble_with_one_keeps_nobody_from_their_turn(aiko: Agent, monkeypatch):
    first, second = a_ticket(), a_ticket()
    schedule(first, aiko)
    schedule(second, aiko)
    reply = reply_to_customer

    def fail_on_the_first(ticket, *args, **kwargs):
        if ticket.pk == first.pk:
            raise RuntimeError("out of order")
        return reply(ticket, *args, **kwargs)

    monkeypatch.setattr("tickets.services.scheduling.reply_to_customer", fail_on_the_first)

    assert send_scheduled(now=AT_ELEVEN) == 1
    assert (len(said(first)), len(said(second))) == (0, 1)


# On the page ----------------------------------------------------------------------------------


def test_colleagues_see_who_wrote_what_and_when_it_leaves(as_aiko, ben):
    ticket = a_ticket()

    answer = send(as_aiko, ticket, body="部品を送ります。", leave=AT_ELEVEN.isoformat())

    assert answer.status_code == 302
    assert "Scheduled for Mon 5 Oct 2026, 11:00." in words(as_aiko.get(address(ticket)))
    seen = words(signed_in(ben).get(address(ticket)))
    assert "Aiko Not sent yet: leaves on Mon 5 Oct 2026, 11:00 部品を送ります。" in seen
    assert "It promises contact by Mon 5 Oct 2026, 16:00." in seen
    assert "Do not send it" in seen
    assert "Aiko wrote a reply that leaves on Mon 5 Oct 2026, 11:00." in seen


def test_the_customer_sees_nothing_of_it(as_aiko, client):
    opened = an_inquiry()
    send(as_aiko, opened.ticket, body="部品を送ります。", leave=AT_ELEVEN.isoformat())

    assert "部品を送ります。" not in client.get(f"/r/{opened.token}/").text


def test_any_other_time_in_the_agents_zone(as_aiko):
    send(as_aiko, a_ticket(), leave="free", leave_other="2026-10-05T10:30")

    assert ScheduledReply.objects.get().leaves_at == MONDAY_AT_TEN.replace(minute=30)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"leave": "free"}, "Say when it leaves, or choose “Now”."),
        ({"leave": "soon"}, "Say when it leaves, or choose “Now”."),
        ({"leave": "free", "leave_other": "2026-10-05T09:00"}, "This time is in the past."),
        (
            {"leave": "free", "leave_other": "2026-10-06T09:00"},
            "The customer was promised contact by Mon 5 Oct 2026, 14:00. Let it leave before that.",
        ),
    ],
)
def test_a_time_that_cannot_be_is_explained_and_the_text_kept(as_aiko, fields, sentence):
    ticket = a_ticket()

    answer = send(as_aiko, ticket, body="書いた文章。", outcome="solve", **fields)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "書いた文章。" in words(answer)
    assert not ScheduledReply.objects.exists()


def test_the_next_opening_is_offered_when_that_is_before_the_promise(as_aiko, monday_at_ten):
    # Sunday: we open on Monday at nine, and the first contact is promised for later.
    monday_at_ten.move_to(MONDAY_AT_TEN - timedelta(days=1))
    customer = a_customer()
    customer.time_zone = "Europe/London"
    customer.save()
    ticket = a_ticket(customer=customer)

    seen = words(as_aiko.get(address(ticket)))

    assert "tomorrow 09:00 – for the customer: Mon 5 Oct 2026, 01:00 (BST)" in seen
    assert "It must leave before Mon 5 Oct 2026, 13:00" in seen


def test_changed_it_is_in_the_box_with_its_time(as_aiko):
    ticket = a_ticket()
    send(as_aiko, ticket, body="部品を送ります。", leave=AT_ELEVEN.isoformat())
    scheduled = ScheduledReply.objects.get()

    page = as_aiko.post(
        reverse("desk:reply_call_off", args=[ticket.number, scheduled.pk]), follow=True
    )

    assert ">\n部品を送ります。</textarea>" in page.text
    assert 'name="leave" value="2026-10-05T02:00:00+00:00" checked' in page.text
    assert not ScheduledReply.objects.exists()
    again = as_aiko.post(
        reverse("desk:reply_call_off", args=[ticket.number, scheduled.pk]), follow=True
    )
    assert "was sent or called off already" in words(again)


def test_the_same_reply_scheduled_twice_is_one(as_aiko):
    ticket, key = a_ticket(), str(uuid4())

    for _ in range(2):
        send(as_aiko, ticket, leave=AT_ELEVEN.isoformat(), submission_key=key)

    assert ScheduledReply.objects.count() == 1
    assert not Message.objects.filter(direction="outbound").exists()
    assert Ticket.objects.get().status == "new"
