"""One letter to many customers, and one macro: said before, sent once, taken back for 30 seconds."""

from __future__ import annotations

import pytest
from django.urls import reverse

from mail.models import OutboundEmail
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_customer, a_ticket
from tests.html import Page
from tickets.models import BulkChange, Macro, Ticket
from tickets.services.handling import solve
from tickets.services.replying import receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
ASK = "/desk/bulk/"
CONFIRM = "/desk/bulk/letter/"
CREATE = "/desk/bulk/letter/create/"
TEXT = "{{customer}} 様、お待たせしております。"


@pytest.fixture(autouse=True)
def _one_by_one(settings):
    """The same is done to one ticket after the other: the guard against that looks away."""
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]


@pytest.fixture
def hana():
    return a_ticket()


@pytest.fixture
def emma():
    emma = a_customer("emma@example.com", "Emma", language="en")
    return a_ticket(customer=emma, email="emma@example.com", language="en")


def ask(client, tickets, do="reply", **fields):
    numbers = [str(ticket.number) for ticket in tickets]
    return client.get(ASK, {"ticket": numbers, "do": do, **fields}, follow=True)


def hidden(page, name):
    return [box["value"] for box in Page(page.text).all("input") if box.get("name") == name]


def press(client, page, action, **fields):
    """Send the form of this action with what is in it, and what is typed."""
    form = Page(page.text).form(action)
    sent = {**form.fields, "ticket": hidden(page, "ticket"), "seen": hidden(page, "seen"), **fields}
    return client.post(form.action, sent, follow=True)


def shown(client, tickets, **fields):
    """The page that says what would be sent."""
    return press(client, ask(client, tickets), CONFIRM, **{"text": TEXT, **fields})


def letters():
    return OutboundEmail.objects.filter(letter="reply").order_by("pk")


def test_the_effect_and_three_letters_are_shown_before_anything_is_sent(as_aiko, aiko, hana, emma):
    again, done, third = a_ticket(), solve(a_ticket(), agent=aiko), a_ticket()
    silent = a_ticket(customer=a_customer("taro@example.com", "太郎"))
    silent.customer.contact_points.all().delete()
    Ticket.objects.filter(pk=silent.pk).update(reply_address="")

    seen = words(shown(as_aiko, [hana, emma, again, third, done, silent]))

    assert "2 customers get 4 letters: some have several tickets" in seen
    assert "1 ticket has no address and gets none." in seen
    assert "1 is resolved and stays as it is." in seen
    assert "The tickets stay open." in seen
    assert "The next contact is promised by" in seen
    assert seen.count("山田花子 様、お待たせしております。") == 2
    assert seen.count("Emma 様、お待たせしております。") == 1
    assert "Send 4 letters" in seen
    assert not letters().exists()


def test_it_is_sent_to_each_once_and_undone(as_aiko, hana, emma):
    page = shown(as_aiko, [hana, emma], ending="ask")

    sent = press(as_aiko, page, CREATE)
    press(as_aiko, page, CREATE)

    assert "2 letters are written." in words(sent)
    assert [letter.to for letter in letters()] == ["hana@example.com", "emma@example.com"]
    assert {t.status for t in Ticket.objects.all()} == {"pending_customer"}
    undone = as_aiko.post(
        reverse("desk:bulk_undo", args=[BulkChange.objects.get().pk]), follow=True
    )
    assert "2 tickets are as they were before." in words(undone)
    assert "お待たせしております" in words(undone)
    assert not letters().exists()


def test_whoever_wrote_after_the_page_was_shown_gets_none_and_is_named(as_aiko, hana, emma):
    page = shown(as_aiko, [hana, emma])
    receive_reply(emma, body="It works again.")

    seen = words(press(as_aiko, page, CREATE))

    assert "1 letter is written." in seen
    assert f"#{emma.number} {emma.subject} Something was said here in the meantime." in seen
    assert [letter.to for letter in letters()] == ["hana@example.com"]


def test_what_is_missing_or_unknown_is_said_and_the_text_kept(as_aiko, hana):
    empty = shown(as_aiko, [hana], text="")
    assert empty.status_code == 422
    assert "Write the letter first." in words(empty)

    unknown = shown(as_aiko, [hana], text="Dear {{nickname}}")
    assert "“{{nickname}}” is none of the placeholders." in words(unknown)
    assert "Dear {{nickname}}" in unknown.text

    past = shown(as_aiko, [hana], promise="other", promise_other="2020-01-01T10:00")
    assert "This time is in the past." in words(past)


def test_one_goes_back_to_the_text_and_on_again(as_aiko, hana):
    page = shown(as_aiko, [hana], ending="solve")

    back = as_aiko.post(CONFIRM, {**Page(page.text).form(CREATE).fields, "step": "write"})
    assert TEXT in back.text
    seen = words(press(as_aiko, back, CONFIRM, text="Good news."))
    assert "The tickets are resolved with it." in seen
    assert "Good news." in seen


def test_a_time_for_all_is_promised_to_all(as_aiko, hana, emma):
    page = shown(as_aiko, [hana, emma], promise="other", promise_other="2026-10-08T15:00")
    assert "The next contact is promised by Thu 8 Oct 2026, 15:00." in words(page)

    press(as_aiko, page, CREATE)

    assert len({ticket.next_contact_at for ticket in Ticket.objects.all()}) == 1


@pytest.fixture
def macro(aiko):
    return Macro.objects.create(
        name="Out of stock",
        reading="ざいこ",
        body="{{customer}} 様、{{promise}}までにご連絡します。",
        owner=aiko,
        language="ja",
        tags=["在庫"],
        priority="high",
    )


def test_a_macro_is_found_in_the_bar_and_on_a_page_and_only_by_those_who_see_it(
    as_aiko, ben, hana, macro
):
    assert "Out of stock" in words(as_aiko.get(reverse("desk:bulk_macros"), {"words": "ザイコ"}))
    assert "No macro has these words." in words(
        as_aiko.get(reverse("desk:bulk_macros"), {"words": "refund"})
    )
    assert "Out of stock" in words(ask(as_aiko, [hana], "macro", words="stock"))
    assert "Out of stock" in words(ask(as_aiko, [hana], "", words="stock"))
    bens = signed_in(ben)
    assert "Out of stock" not in words(bens.get(reverse("desk:bulk_macros")))
    assert "Choose a macro" in words(ask(bens, [hana], f"macro:{macro.pk}"))


def test_a_macro_says_what_it_sends_and_changes_and_does_it_and_is_undone(
    as_aiko, hana, emma, macro
):
    page = ask(as_aiko, [hana, emma], f"macro:{macro.pk}")
    seen = words(page)
    assert "2 customers get this letter." in seen
    assert "The macro changes tags: 在庫 · priority: High" in seen
    assert "1 customer reads another language than this macro is for." in seen

    press(as_aiko, page, CREATE)
    for ticket in (hana, emma):
        ticket.refresh_from_db()
        assert ticket.priority == "high"
        assert [tag.name for tag in ticket.tags.all()] == ["在庫"]
        assert "{{" not in ticket.messages.get(direction="outbound").body

    as_aiko.post(reverse("desk:bulk_undo", args=[BulkChange.objects.get().pk]))
    for ticket in (hana, emma):
        ticket.refresh_from_db()
        assert (ticket.priority, ticket.status, ticket.assignee) == ("normal", "new", None)
        assert not ticket.tags.exists()


def test_nobody_writes_on_tickets_that_they_cannot_see(aiko, mallory, other_team, hana):
    client = signed_in(mallory)

    assert "Tick the tickets first." in words(ask(client, [hana]))
    client.post(CREATE, {"ticket": [hana.number], "text": "Hello", "ending": "promise"})

    assert not letters().exists()


def test_without_what_the_page_brought_nothing_is_sent(as_aiko, hana):
    as_aiko.post(CREATE, {"ticket": [hana.number], "text": "Hello", "ending": "promise"})
    as_aiko.post(
        CREATE,
        {"ticket": [hana.number], "text": "Hello", "ending": "promise", "seen": ["x:y", "1"]},
    )

    assert not letters().exists()


def test_more_than_two_hundred_are_too_many_for_one_letter(as_aiko, monkeypatch):
    monkeypatch.setattr("desk.views.bulk_letters.MOST_LETTERS", 1)
    customer = a_customer()

    page = ask(as_aiko, [a_ticket(customer=customer), a_ticket(customer=customer)])

    assert "At most 1 tickets get one letter at a time. Choose fewer." in words(page)
