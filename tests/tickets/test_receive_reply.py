from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Agent, Notification
from sla.models import Kind
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.attachments import keep_uploads
from tickets.services.handling import assign, solve
from tickets.services.replying import Reply, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

AT_THREE = MONDAY_AT_TEN.replace(hour=15)


def test_what_the_customer_adds_stands_in_the_thread_and_waits_for_an_answer(aiko: Agent):
    ticket = a_ticket()
    reply_to_customer(ticket, Reply(body="調べます。", promise_at=AT_THREE), agent=aiko)

    message = receive_reply(ticket, body="急いでいます。\nお願いします。")

    ticket.refresh_from_db()
    assert (message.direction, message.agent, message.customer) == (
        *("inbound", None, ticket.customer),
    )
    assert (ticket.preview, ticket.is_last_word_ours) == ("急いでいます。 お願いします。", False)
    assert ticket.clock.commitments.live().filter(kind=Kind.NEXT_REPLY).count() == 1
    # Our word to be in touch by three stands, whatever the customer writes.
    assert ticket.next_contact_at == AT_THREE


def test_a_reply_reopens_a_resolved_ticket_with_a_new_promise(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko)

    receive_reply(ticket, body="また止まりました。")

    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_at, ticket.reopen_count) == ("open", None, 1)
    promise = ticket.clock.commitments.promises().live().get()
    assert promise.due_at == ticket.next_contact_at
    assert promise.due_at > MONDAY_AT_TEN
    assert ticket.events.filter(kind="reopened", agent=None).count() == 1


def test_the_same_submission_is_one_message():
    ticket, key = a_ticket(), uuid4()

    messages = {receive_reply(ticket, body="まだです。", submission_key=key) for _ in range(3)}

    assert len(messages) == 1
    assert ticket.messages.count() == 2


def test_files_of_the_same_form_come_with_the_message():
    ticket, key = a_ticket(), uuid4()
    [file] = keep_uploads(
        [SimpleUploadedFile("photo.txt", b"paper jam")], submission_key=key, now=timezone.now()
    )

    message = receive_reply(ticket, body="写真です。", submission_key=key)
    another = receive_reply(ticket, body="別の話です。", submission_key=uuid4())

    assert list(message.attachments.all()) == [file]
    assert not another.attachments.exists()


def test_the_assignee_hears_that_the_customer_wrote(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    assign(ticket, to=aiko, by=aiko)

    receive_reply(ticket, body="まだです。")

    kinds = Notification.objects.values_list("agent__name", "kind", "path")
    assert list(kinds) == [("Aiko", "customer_replied", ticket.clock.path)]


def test_without_an_assignee_the_team_hears_it(aiko: Agent, ben: Agent, mallory: Agent):
    ticket = a_ticket()

    receive_reply(ticket, body="まだです。")

    assert set(Notification.objects.values_list("agent__name", flat=True)) == {"Aiko", "Ben"}
