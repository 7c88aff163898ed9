"""What was said is in the index when it was said."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import Agent
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket, an_inquiry
from tickets.attachments import keep_uploads
from tickets.models import SearchEntry, Ticket
from tickets.searching.finding import find
from tickets.searching.index import is_index_complete
from tickets.searching.query import read_query
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
KEY = UUID("6f1c4d3a-26ae-4d4f-9a7e-2a63c5e0a001")


def found(words: str, agent: Agent) -> list[int]:
    """The numbers of the tickets found, the newest match first."""
    page = find(read_query(words), agent=agent, now=timezone.now())
    numbers = Ticket.objects.in_bulk([match.ticket_id for match in page.matches])
    return [numbers[match.ticket_id].number for match in page.matches]


def entries() -> list[tuple[object, ...]]:
    fields = ("ticket__number", "kind", "at", "source_id", "text", "tokens")
    return sorted(SearchEntry.objects.values_list(*fields), key=str)


def upload(name: str) -> None:
    file = SimpleUploadedFile(name, b"hello")
    keep_uploads([file], submission_key=KEY, now=MONDAY_AT_TEN)


def test_everything_that_is_said_is_found_at_once(aiko):
    ticket = a_ticket(subject="件名の林檎", body="本文の蜜柑")
    receive_reply(ticket, body="返事の葡萄")
    reply_to_customer(ticket, Reply(body="回答の西瓜", solves=True), agent=aiko)
    add_note(ticket, body="メモの桜桃", agent=aiko)
    a_ticket(subject="別", body="何もない")

    for word in ("林檎", "蜜柑", "葡萄", "西瓜", "桜桃", "山田花子", "hana@example.com"):
        assert found(word, aiko)[-1] == ticket.number, word
    assert [found(word, aiko) for word in ("林檎", "桜桃")] == [[ticket.number]] * 2


def test_names_of_files_are_found_whenever_they_came(aiko):
    upload("見積書.pdf")
    ticket = an_inquiry(submission_key=KEY).ticket
    upload("図面.png")
    receive_reply(ticket, body="追加です", submission_key=KEY)

    assert found("見積書", aiko) == found("図面.png", aiko) == [ticket.number]


def test_a_file_added_to_the_same_form_is_found(aiko):
    ticket = an_inquiry(submission_key=KEY).ticket
    upload("写真.jpg")
    an_inquiry(submission_key=KEY)

    assert found("写真", aiko) == [ticket.number]


def test_a_customer_who_gets_a_name_and_a_telephone_is_found_by_them_on_old_tickets(aiko):
    first = open_ticket(inquiry()).ticket
    second = open_ticket(inquiry(name="高橋美咲", phone="03-1234-5678")).ticket

    for words in ("高橋", "from:美咲", "from:03-1234", "from:mei@example.com"):
        assert found(words, aiko) == [second.number, first.number], words


def inquiry(**fields: str) -> Inquiry:
    return Inquiry(
        subject="質問",
        body="教えて",
        channel="web",
        language="ja",
        email="mei@example.com",
        **fields,
    )


def test_what_a_merged_ticket_said_leads_to_the_one_that_goes_on(aiko):
    old, new = a_ticket(body="一通目の林檎"), a_ticket(body="二通目の蜜柑")
    add_note(old, body="桜桃", agent=aiko)
    before = entries()

    merge = merge_tickets(old, into=new, agent=aiko)

    assert found("林檎", aiko) == found("桜桃", aiko) == [new.number]
    # Both words are told on one page now.
    assert found("林檎 蜜柑", aiko) == [new.number]

    separate_tickets(merge, agent=aiko)

    assert found("林檎", aiko) == [old.number]
    assert found("林檎 蜜柑", aiko) == []
    assert entries() == before


def test_what_is_said_after_a_merge_is_found_where_it_is_told(aiko):
    old, new = a_ticket(), a_ticket()
    merge_tickets(old, into=new, agent=aiko)

    receive_reply(old, body="葡萄はまだですか")

    assert found("葡萄", aiko) == [new.number]


def test_nothing_is_in_the_index_of_what_was_not_committed(aiko):
    with transaction.atomic():
        a_ticket(body="林檎")
        transaction.set_rollback(True)

    assert found("林檎", aiko) == []
    assert not SearchEntry.objects.exists()


def test_an_index_that_was_lost_is_filled_again_with_the_same(aiko):
    old, new, other = a_ticket(), a_ticket(body="蜜柑"), a_ticket()
    upload("見積書.pdf")
    receive_reply(other, body="葡萄", submission_key=KEY)
    add_note(new, body="桜桃", agent=aiko)
    merge_tickets(old, into=new, agent=aiko)
    before = entries()
    SearchEntry.objects.all().delete()
    assert not is_index_complete()

    call_command("index_search", verbosity=0)

    assert entries() == before
    assert is_index_complete()


def test_filling_twice_or_over_what_was_said_meanwhile_doubles_nothing(aiko):
    ticket = a_ticket(body="林檎")
    SearchEntry.objects.all().delete()
    receive_reply(ticket, body="葡萄")

    call_command("index_search", verbosity=0)
    once = entries()
    call_command("index_search", verbosity=0)

    assert entries() == once
    assert len(once) == 4


def test_prepare_fills_an_index_that_is_not_complete(aiko, settings):
    settings.DEBUG = True
    ticket = a_ticket(body="林檎")
    SearchEntry.objects.all().delete()

    call_command("prepare")

    assert found("林檎", aiko) == [ticket.number]


def test_a_deleted_ticket_leaves_nothing_behind(aiko):
    a_ticket().delete()

    assert not SearchEntry.objects.exists()


def test_two_customers_of_one_name_are_two(aiko):
    first = a_ticket(customer=a_customer("a@example.com", "佐藤"), email="a@example.com")
    second = a_ticket(customer=a_customer("b@example.com", "佐藤"), email="b@example.com")

    assert found("佐藤", aiko) == [second.number, first.number]
    assert found("from:a@example", aiko) == [first.number]
