from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.factories import a_ticket
from tickets.models import Message
from tickets.services.replying import add_note, receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
AT_FOUR = MONDAY_AT_TEN.replace(hour=16)


def address(ticket):
    return reverse("desk:ticket", args=[ticket.number])


def send(client, ticket, **fields):
    """Post the reply form as the page has filled it in."""
    page = client.get(address(ticket)).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    hidden.pop("csrfmiddlewaretoken", None)
    written = {"body": "調べます。", "outcome": "promise", "promise": AT_FOUR.isoformat(), **hidden}
    return client.post(reverse("desk:reply_create", args=[ticket.number]), {**written, **fields})


def choices(client, ticket):
    """The offered times, and which one is preselected."""
    page = client.get(address(ticket)).content.decode()
    found = re.findall(
        r'name="promise" value="([^"]+)" data-key="(\d)"[^>]*?required( checked)?', page
    )
    return {key: (value, bool(checked)) for value, key, checked in found}


def test_a_reply_leaves_with_the_promise_that_was_chosen(as_aiko):
    ticket = a_ticket()

    answer = send(as_aiko, ticket, body="部品を確認しています。")

    assert answer.url == address(ticket)
    ticket.refresh_from_db()
    assert ticket.next_contact_at == AT_FOUR
    letter = OutboundEmail.objects.get(dedupe_key__startswith="reply:")
    assert "部品を確認しています。" in letter.text
    assert "2026年10月5日(月) 16:00(日本時間) までに" in letter.text


def test_the_sentence_shown_before_sending_is_the_one_in_the_letter(as_aiko):
    ticket = a_ticket()
    page = as_aiko.get(address(ticket)).content.decode()
    value, sentence = re.search(
        r'value="([^"]+)" data-key="2" data-sentence="([^"]+)"', page
    ).groups()

    send(as_aiko, ticket, promise=value)

    assert sentence in OutboundEmail.objects.get(dedupe_key__startswith="reply:").text


def test_an_english_customer_is_promised_in_english(as_aiko):
    ticket = a_ticket(language="en")

    page = as_aiko.get(address(ticket)).content.decode()

    assert "We will contact you again by Mon 5 Oct 2026" in page


def test_the_policys_own_time_is_preselected_and_every_time_has_a_key(as_aiko):
    offered = choices(as_aiko, a_ticket())

    assert [key for key, (_, is_chosen) in offered.items() if is_chosen] == ["1"]
    assert offered["2"][0] == "2026-10-05T03:00:00+00:00"
    assert offered["0"][0] == "free"
    assert len(offered) == 4


def test_the_button_says_what_it_will_do(as_aiko):
    seen = words(as_aiko.get(address(a_ticket())))

    assert "Send, and promise contact by today 12:00" in seen
    assert "Reply and resolve" in seen


def test_any_other_time_can_be_promised_in_the_agents_own_zone(as_aiko):
    ticket = a_ticket()

    send(as_aiko, ticket, promise="free", promise_other="2026-10-06T11:30")

    ticket.refresh_from_db()
    assert ticket.next_contact_at == MONDAY_AT_TEN.replace(day=6, hour=11, minute=30)


def test_a_time_typed_and_then_given_up_for_a_preset_is_not_promised(as_aiko):
    ticket = a_ticket()

    send(as_aiko, ticket, promise=AT_FOUR.isoformat(), promise_other="2026-10-09T11:30")

    ticket.refresh_from_db()
    assert ticket.next_contact_at == AT_FOUR


def test_a_reply_that_solves_promises_nothing(as_aiko):
    ticket = a_ticket()

    send(as_aiko, ticket, outcome="solve")

    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert ticket.next_contact_at is None


def test_whoever_answers_an_unassigned_ticket_has_it(as_aiko, aiko):
    ticket = a_ticket()

    send(as_aiko, ticket)

    ticket.refresh_from_db()
    assert ticket.assignee == aiko


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "  "}, "Write the reply first."),
        ({"promise": ""}, "Say when the customer will hear from you next."),
        ({"promise": "free"}, "Say when the customer will hear from you next."),
        ({"promise": "2026-10-05"}, "Say when the customer will hear from you next."),
        ({"promise": "2026-10-05T09:00:00+09:00"}, "This time is in the past."),
        ({"promise": "free", "promise_other": "2026-10-05T09:00"}, "This time is in the past."),
        ({"promise": "free", "promise_other": "soon"}, "Enter a date and a time such as"),
    ],
)
def test_a_mistake_is_named_and_the_text_is_kept(as_aiko, fields, sentence):
    ticket = a_ticket()

    answer = send(as_aiko, ticket, **{"body": "書いた文章。", **fields})

    assert answer.status_code == 422
    seen = words(answer)
    assert "Please check what you entered" in seen
    assert sentence in seen
    assert fields.get("body", "書いた文章。").strip() in seen
    assert not Message.objects.filter(direction="outbound").exists()


def test_when_the_customer_wrote_meanwhile_nothing_is_sent_and_everything_kept(as_aiko):
    ticket = a_ticket()
    page = as_aiko.get(address(ticket)).content.decode()
    seen_entries = re.search(r'name="seen_entries" value="(\d+)"', page)[1]
    seen_at = re.search(r'name="seen_at" value="([^"]+)"', page)[1]
    receive_reply(ticket, body="自分で直せました。", now=MONDAY_AT_TEN + timedelta(minutes=1))

    answer = send(
        as_aiko, ticket, body="部品を送ります。", seen_entries=seen_entries, seen_at=seen_at
    )

    assert answer.status_code == 409
    seen = words(answer)
    assert "Something new was said on this ticket. Read it first; your text is kept." in seen
    assert "New since you opened this page" in seen
    assert "自分で直せました。" in seen
    assert "部品を送ります。" in seen
    assert not Message.objects.filter(direction="outbound").exists()


def test_after_reading_what_was_new_the_same_text_can_be_sent(as_aiko):
    ticket = a_ticket()
    stale = ticket.revision
    receive_reply(ticket, body="追伸です。")
    answer = send(as_aiko, ticket, seen_entries=stale)
    ticket.refresh_from_db()
    assert f'name="seen_entries" value="{ticket.revision}"' in answer.content.decode()

    again = send(as_aiko, ticket)

    assert again.status_code == 302
    assert Message.objects.filter(direction="outbound").count() == 1


def test_a_chosen_time_survives_a_mistake(as_aiko):
    ticket = a_ticket()

    answer = send(as_aiko, ticket, body="", promise=AT_FOUR.isoformat()).content.decode()

    chosen = re.search(r'name="promise" value="([^"]+)"[^>]*required checked', answer)[1]
    assert chosen == AT_FOUR.isoformat()


def test_a_double_click_sends_one_letter(as_aiko):
    ticket = a_ticket()
    key = str(uuid4())

    first = send(as_aiko, ticket, submission_key=key)
    second = send(as_aiko, ticket, submission_key=key)

    assert (first.status_code, second.status_code) == (302, 302)
    assert Message.objects.filter(direction="outbound").count() == 1


def test_a_key_that_is_none_does_not_lock_the_form(as_aiko):
    ticket = a_ticket()

    answer = send(as_aiko, ticket, submission_key="nonsense")

    assert answer.status_code == 422
    assert 'value="nonsense"' not in answer.content.decode()


def test_a_colleagues_note_is_read_before_sending(as_aiko, ben):
    ticket = a_ticket()
    stale = ticket.revision
    add_note(ticket, body="この件は営業が電話中。", agent=ben)

    assert send(as_aiko, ticket, seen_entries=stale).status_code == 409


def test_other_teams_cannot_answer(aiko, ben, mallory):
    ticket = a_ticket()
    fields = {"body": "こんにちは", "outcome": "solve"}
    target = reverse("desk:reply_create", args=[ticket.number])

    assert signed_in(mallory).post(target, fields).status_code == 404
    assert signed_in(ben).post(target, fields).status_code == 302
