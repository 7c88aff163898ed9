from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notification
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import a_customer, a_ticket
from tickets.models import Attachment
from tickets.services.handling import solve
from tickets.services.holding import hold_due_promises
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def address(ticket):
    return reverse("desk:ticket", args=[ticket.number])


def reply(ticket, agent, body="調べます。", *, minutes=90, at=MONDAY_AT_TEN):
    promise_at = MONDAY_AT_TEN + timedelta(minutes=minutes)
    return reply_to_customer(ticket, Reply(body=body, promise_at=promise_at), agent=agent, now=at)


def test_the_page_shows_who_asks_what_and_what_is_promised(as_aiko):
    ticket = a_ticket(subject="印字がかすれます", body="昨日から印刷できません。")

    seen = words(as_aiko.get(address(ticket)))

    assert f"#{ticket.number} 印字がかすれます" in seen
    assert "昨日から印刷できません。" in seen
    assert "Next contact promise 4 h left · today 14:00" in seen
    assert "hana@example.com" in seen


def test_a_japanese_agent_reads_japanese(aiko):
    aiko.language = "ja"
    aiko.save()

    seen = words(signed_in(aiko).get(address(a_ticket())))

    assert "あと4時間" in seen
    assert "山田花子様" in seen


def test_other_teams_do_not_find_the_ticket(aiko, ben, mallory):
    ticket = a_ticket()

    assert signed_in(aiko).get(address(ticket)).status_code == 200
    assert signed_in(ben).get(address(ticket)).status_code == 200
    assert signed_in(mallory).get(address(ticket)).status_code == 404


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "１", "1e3", "-1", "x"])
def test_a_number_that_is_none_is_not_found(as_aiko, number):
    a_ticket()

    assert as_aiko.get(f"/desk/tickets/{number}/").status_code == 404


def test_the_story_begins_with_the_newest_words_of_the_customer(as_aiko, aiko):
    ticket = a_ticket(body="最初の質問です。")
    reply(ticket, aiko, "最初の答えです。", at=MONDAY_AT_TEN)
    receive_reply(ticket, body="まだ直りません。", now=MONDAY_AT_TEN + timedelta(minutes=10))

    page = as_aiko.get(address(ticket)).content.decode()
    folded, shown = page.split('<details class="earlier">')[1].split("</details>", 1)

    assert "最初の質問です。" in folded
    assert "最初の答えです。" in folded
    assert "まだ直りません。" in shown


def test_a_message_a_note_and_a_fact_are_told_apart(as_aiko, aiko):
    ticket = a_ticket()
    add_note(ticket, body="基盤チームに確認中。", agent=aiko)
    reply(ticket, aiko)

    page = as_aiko.get(address(ticket))

    seen = words(page)
    assert "From the customer · Web form" in seen
    assert "Internal note – the customer never sees it" in seen
    assert "Our reply" in seen
    assert "The inquiry was filed." in seen
    for kind in ("message--inbound", "message--note", "message--outbound", 'class="event'):
        assert kind in page.content.decode()


def test_a_reply_that_did_not_arrive_says_so_and_why(as_aiko, aiko):
    ticket = a_ticket()
    message = reply(ticket, aiko)
    OutboundEmail.objects.filter(pk=message.email_id).update(
        state="failed",
        next_try_at=None,
        failed_at=timezone.now(),
        last_error="SMTPRecipientsRefused: {'h': (550, b'5.1.1 <h>: User unknown')}",
    )

    seen = words(as_aiko.get(address(ticket)))

    assert "This reply did not reach the customer." in seen
    assert "The address hana@example.com does not exist. Check the address, or call." in seen
    assert "User unknown" in seen


@pytest.mark.parametrize(
    ("last_error", "reason"),
    [
        ("SMTPDataError: (552, b'5.2.2 Mailbox full')", "is full or the letter is too large"),
        ("SMTPDataError: (554, b'5.7.1 Rejected as spam')", "refused the letter"),
        ("SMTPDataError: (554, b'No thanks')", "refused the letter"),
        ("TimeoutError: timed out", "could not be reached for a long time"),
    ],
)
def test_the_reason_of_a_failure_is_in_plain_words(as_aiko, aiko, last_error, reason):
    ticket = a_ticket()
    message = reply(ticket, aiko)
    OutboundEmail.objects.filter(pk=message.email_id).update(
        state="failed", next_try_at=None, failed_at=timezone.now(), last_error=last_error
    )

    assert reason in words(as_aiko.get(address(ticket)))


def test_what_a_stranger_wrote_is_never_markup(as_aiko):
    ticket = a_ticket(
        subject="<b>hi</b>", body="<script>alert(1)</script> https://a.example/?x=<y>"
    )

    page = as_aiko.get(address(ticket)).content.decode()

    assert "<script>alert" not in page
    assert "<b>hi</b>" not in page


def test_attachments_have_a_name_a_size_and_a_link(as_aiko):
    ticket = a_ticket()
    attachment = Attachment.objects.create(
        message=ticket.messages.get(),
        public_id="7b0f3a52-5a2b-4f5e-9d51-0c9f9f6f4a11",
        file=ContentFile(b"x" * 2048, name="screen.png"),
        name="画面.png",
        content_type="image/png",
        size=2048,
        sha256="0" * 64,
        uploaded_at=timezone.now(),
    )

    page = as_aiko.get(address(ticket))

    assert "画面.png 2.0\xa0KB" in page.content.decode().replace("</span>", "").replace(
        '<span class="faint">', ""
    )
    assert reverse("desk:attachment", args=[attachment.public_id]) in links(page)


def test_the_customers_other_tickets_stand_beside(as_aiko, other_team):
    customer = a_customer()
    ticket = a_ticket(customer=customer)
    earlier = a_ticket(customer=customer, subject="納品書の再送")
    a_ticket(customer=customer, subject="別のチームの件", team=other_team)

    page = as_aiko.get(address(ticket))

    assert address(earlier) in links(page)
    assert "納品書の再送" in words(page)
    assert "別のチームの件" not in words(page)


def test_kept_promises_are_listed_as_kept(as_aiko, aiko):
    ticket = a_ticket()
    reply(ticket, aiko)

    seen = words(as_aiko.get(address(ticket)))

    assert "3 earlier promises" in seen
    assert "Kept · today 14:00" in seen


def test_a_resolved_ticket_owes_nothing_and_can_be_reopened(as_aiko, aiko):
    ticket = a_ticket()
    solve(ticket, agent=aiko)

    seen = words(as_aiko.get(address(ticket)))

    assert "Nothing is owed." in seen
    assert "Reopen" in seen
    assert "Resolve without a letter" not in seen


def test_opening_the_ticket_settles_the_bell(as_aiko, aiko):
    ticket = a_ticket()
    receive_reply(ticket, body="まだ直りません。")
    assert aiko.notifications.unread().count() == 1

    as_aiko.get(address(ticket))

    assert not Notification.objects.filter(agent=aiko, read_at=None).exists()


def test_the_page_asks_the_same_few_questions_for_a_long_story(
    as_aiko, aiko, django_assert_max_num_queries
):
    customer = a_customer()
    ticket = a_ticket(customer=customer)
    for minute in range(8):
        receive_reply(ticket, body=f"{minute}", now=MONDAY_AT_TEN + timedelta(minutes=2 * minute))
        reply(ticket, aiko, at=MONDAY_AT_TEN + timedelta(minutes=2 * minute + 1))
        add_note(ticket, body="memo", agent=aiko)
        a_ticket(customer=customer)

    as_aiko.get(address(ticket))

    # The last one says who looked, when the page has left.
    with django_assert_max_num_queries(13):
        as_aiko.get(address(ticket))


@pytest.mark.usefixtures("holding_notes")
def test_a_promise_that_was_put_off_is_told_in_the_thread_and_beside_it(as_aiko, monday_at_ten):
    ticket = a_ticket()
    monday_at_ten.shift(timedelta(hours=3, minutes=36))
    hold_due_promises()

    seen = words(as_aiko.get(f"/desk/tickets/{ticket.number}/"))

    assert "The customer was told that it takes longer: news by Tue 6 Oct 2026, 13:36." in seen
    assert "Next contact promise named by the holding note" in seen
    assert "Promise Put off in time · today 14:00" in seen
    assert "Cancelled" not in seen


@pytest.mark.usefixtures("holding_notes")
def test_the_bell_names_the_new_time(as_aiko, monday_at_ten):
    a_ticket(subject="印字がかすれます")
    monday_at_ten.shift(timedelta(hours=3, minutes=36))
    hold_due_promises()

    seen = words(as_aiko.get("/desk/notifications/"))

    assert "The customer was told that it takes longer" in seen
    assert "News by tomorrow 13:36" in seen


@pytest.fixture
def long_ticket():
    ticket = a_ticket(body="第0信")
    for number in range(1, 60):
        receive_reply(ticket, body=f"第{number}信")
    return ticket


def test_of_a_long_story_the_end_is_told_first(as_aiko, long_ticket):
    seen = words(as_aiko.get(address(long_ticket)))

    assert "第59信" in seen
    assert "第45信" in seen
    assert "第5信" not in seen
    assert re.search(r"Show \d+ more from the beginning", seen)


def test_and_all_of_it_when_asked(as_aiko, long_ticket):
    seen = words(as_aiko.get(f"{address(long_ticket)}?whole=yes"))

    assert all(f"第{number}信" in seen for number in range(60))
    assert "more from the beginning" not in seen
