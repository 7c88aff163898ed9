from __future__ import annotations

import pytest
from django.utils import timezone, translation

from mail.models import OutboundEmail
from tests.factories import a_ticket
from tickets.exceptions import CannotBeSplit
from tickets.models import Attachment, Message
from tickets.searching.finding import find
from tickets.searching.query import read_query
from tickets.services.merging import merge_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.splitting import split_message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def ticket():
    return a_ticket()


@pytest.fixture
def other_matter(ticket):
    return receive_reply(ticket, body="別件ですが、請求書を再発行してください。", channel="email")


def test_the_message_and_its_files_move_to_a_ticket_of_their_own(ticket, other_matter, aiko):
    Attachment.objects.create(
        message=other_matter,
        public_id="11111111-1111-1111-1111-111111111111",
        file="a/b",
        name="請求書.pdf",
        content_type="application/pdf",
        size=3,
        sha256="0" * 64,
        uploaded_at=timezone.now(),
    )

    new = split_message(other_matter, subject="請求書の再発行", agent=aiko)

    assert [message.pk for message in new.messages.all()] == [other_matter.pk]
    assert new.messages.get().attachments.get().name == "請求書.pdf"
    assert not ticket.messages.filter(pk=other_matter.pk).exists()
    assert new.customer == ticket.customer
    assert Message.objects.count() == 2


def test_the_customer_hears_of_the_new_ticket_and_both_promises_stand(ticket, other_matter, aiko):
    ticket.refresh_from_db()
    promised = ticket.next_contact_at

    new = split_message(other_matter, subject="請求書の再発行", agent=aiko)

    ticket.refresh_from_db()
    assert ticket.next_contact_at == promised
    assert new.next_contact_at is not None
    letter = OutboundEmail.objects.get(thread=new.mail_thread)
    assert (letter.to, letter.letter) == ("hana@example.com", "acknowledgement")


def test_the_queue_and_the_search_tell_of_it_at_once(ticket, other_matter, aiko):
    new = split_message(other_matter, subject="請求書の再発行", agent=aiko)

    ticket.refresh_from_db()
    assert ticket.preview.startswith("昨日から印刷できません")
    found = find(read_query("再発行してください"), agent=aiko, now=timezone.now())
    assert [match.ticket_id for match in found.matches] == [new.pk]


def test_merging_takes_the_split_back(ticket, other_matter, aiko):
    new = split_message(other_matter, subject="請求書の再発行", agent=aiko)

    merge_tickets(new, into=ticket, agent=aiko)

    assert Message.objects.filter(ticket__in=ticket.family()).count() == 2


def test_the_only_words_of_the_customer_stay(ticket, aiko):
    with pytest.raises(CannotBeSplit, match="all the customer wrote"):
        split_message(ticket.messages.get(), subject="x", agent=aiko)


def test_our_own_words_are_not_split_off(ticket, other_matter, aiko):
    ticket.refresh_from_db()
    reply = Reply(body="はい", solves=True, seen_entries=ticket.entry_count)
    sent = reply_to_customer(ticket, reply, agent=aiko)

    with pytest.raises(CannotBeSplit, match="Only what the customer wrote"):
        split_message(sent, subject="x", agent=aiko)
