"""Before a promise breaks the customer hears that it takes longer, once, and by when instead."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from accounts.models import Agent, Notification
from customers.models import Customer
from mail.models import OutboundEmail
from mail.notifying import mail_notifications
from sla.checking import differences
from sla.models import Commitment, Kind
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, allow_holding_notes
from tests.factories import a_customer, a_ticket
from tests.tickets.test_consistency import check
from tickets.models import Ticket
from tickets.selectors import timeline
from tickets.services.handling import assign
from tickets.services.holding import hold_due_promises
from tickets.services.replying import Reply, reply_to_customer
from tickets.services.undelivered import take_up_failures
from tickets.services.waiting import fire_due_waits

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("support", "holding_notes", "monday_at_ten"),
]
# A new inquiry is promised contact within four working hours; nine tenths are 3 h 36 min.
DUE = MONDAY_AT_TEN.replace(hour=14)
HOLD = MONDAY_AT_TEN.replace(hour=13, minute=36)
# Nine working hours later.
NEW_DUE = HOLD + timedelta(days=1)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("clock").get(pk=ticket.pk)


def promises(ticket: Ticket) -> list[Commitment]:
    return list(ticket.clock.commitments.promises().order_by("pk"))


def notes() -> list[OutboundEmail]:
    return list(OutboundEmail.objects.filter(dedupe_key__startswith="held:").order_by("pk"))


def everything_agrees(ticket: Ticket, *, now: datetime) -> bool:
    check(ticket, now=now)
    return differences(fresh(ticket).clock, now=now) == []


# What happens


def test_the_customer_is_told_in_time_and_gets_a_new_time():
    ticket = a_ticket()

    assert hold_due_promises(now=HOLD - timedelta(seconds=1)) == 0
    assert everything_agrees(ticket, now=HOLD - timedelta(seconds=1))
    assert hold_due_promises(now=HOLD) == 1

    old, new = promises(ticket)
    assert (old.state, old.end_reason, old.ended_at) == ("cancelled", "held", HOLD)
    assert (old.due_at, old.hold_at, old.met_at, old.breached_at) == (DUE, None, None, None)
    assert (new.state, new.source, new.due_at) == ("active", "auto_hold", NEW_DUE)
    assert fresh(ticket).next_contact_at == NEW_DUE
    assert everything_agrees(ticket, now=HOLD)


def test_however_often_it_is_tried_one_letter_goes_out_and_no_promise_is_put_off_twice():
    ticket = a_ticket()
    for minute in range(0, 3 * 24 * 60, 7):
        now = HOLD + timedelta(minutes=minute)
        hold_due_promises(now=now)
        sweep_due(now=now)

    assert len(notes()) == 1
    old, new = promises(ticket)
    assert (old.end_reason, new.state, new.breached_at) == ("held", "breached", NEW_DUE)
    assert everything_agrees(ticket, now=HOLD + timedelta(days=3))


def test_the_letter_names_the_old_and_the_new_time_in_japanese():
    a_ticket(subject="BUY NOW", body="http://spam.example")

    hold_due_promises(now=HOLD)

    (letter,) = notes()
    assert (
        "2026年10月5日(月) 14:00(日本時間) までにご連絡するとお約束しておりましたが" in letter.text
    )
    assert "2026年10月6日(火) 13:36(日本時間) までに、担当者からあらためてご連絡" in letter.text
    assert "自動でお送りしています" in letter.text
    # Whoever typed somebody else's address into the form has not written to them (opening).
    assert "BUY" not in letter.subject + letter.text
    assert "spam.example" not in letter.text


def test_the_letter_is_in_the_customers_language_and_zone():
    customer = a_customer("paris@example.com", language="en", time_zone="Europe/Paris")
    ticket = a_ticket(customer=customer, email="paris@example.com", language="en")

    hold_due_promises(now=HOLD)

    (letter,) = notes()
    assert letter.subject == f"We are still on it [{ticket.number}]"
    assert "we promised you news by Mon 5 Oct 2026, 07:00 (CEST)." in letter.text
    assert "You will hear from us by Tue 6 Oct 2026, 06:36 (CEST)." in letter.text
    assert "/r/" in letter.text


def test_the_letter_says_that_no_person_wrote_it_and_is_part_of_the_conversation():
    ticket = a_ticket(email="hana@work.example.com")

    hold_due_promises(now=HOLD)

    acknowledgement, note = OutboundEmail.objects.order_by("pk")
    assert note.to == "hana@work.example.com"
    assert note.headers["Auto-Submitted"] == "auto-generated"
    assert note.headers["X-Auto-Response-Suppress"] == "All"
    assert note.headers["In-Reply-To"] == acknowledgement.message_id
    assert note.thread == ticket.mail_thread


def test_a_note_is_no_contact_and_no_message():
    ticket = a_ticket()
    others = ticket.clock.commitments.exclude(kind=Kind.PROMISE).order_by("pk")
    before = list(others.values())

    hold_due_promises(now=HOLD)

    assert list(others.values()) == before
    seen = fresh(ticket)
    assert (seen.status, seen.is_last_word_ours, seen.entry_count) == ("new", False, 1)
    assert seen.messages.count() == 1


def test_the_timeline_says_so_in_the_readers_language(aiko: Agent):
    ticket = a_ticket()
    hold_due_promises(now=HOLD)

    told = {}
    for language in ("en", "ja"):
        with translation.override(language):
            told[language] = timeline(fresh(ticket))[-1].event

    assert told["en"].endswith("it takes longer: news by Tue 6 Oct 2026, 13:36.")
    assert "2026年10月6日(火) 13:36" in told["ja"]


def test_the_assignee_hears_of_it_in_the_desk_and_not_by_mail(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    assign(ticket, to=ben, by=ben)

    hold_due_promises(now=HOLD)

    (notice,) = Notification.objects.filter(kind="held")
    assert (notice.agent, notice.path) == (ben, ticket.clock.path)
    assert notice.facts["due_at"] == NEW_DUE.astimezone(notice.created_at.tzinfo).isoformat()
    assert mail_notifications(now=NEW_DUE) == 0


def test_of_an_unassigned_ticket_the_team_hears(aiko: Agent, ben: Agent, mallory: Agent):
    a_ticket()

    hold_due_promises(now=HOLD)

    told = Notification.objects.filter(kind="held").values_list("agent__name", flat=True)
    assert sorted(told) == ["Aiko", "Ben"]


def test_an_agents_word_keeps_the_new_promise_and_makes_one_that_can_be_put_off_again(aiko: Agent):
    ticket = a_ticket()
    hold_due_promises(now=HOLD)
    answered = HOLD + timedelta(hours=1)
    due_at = answered + timedelta(hours=2)

    reply_to_customer(ticket, Reply(body="調べます。", promise_at=due_at), agent=aiko, now=answered)
    hold_due_promises(now=due_at - timedelta(minutes=12))

    ends = [(promise.source, promise.state, promise.end_reason) for promise in promises(ticket)]
    assert ends == [
        ("agent", "cancelled", "held"),
        ("auto_hold", "met", "contact"),
        ("agent", "cancelled", "held"),
        ("auto_hold", "active", ""),
    ]
    assert len(notes()) == 2
    assert everything_agrees(ticket, now=due_at)


def test_a_reminder_that_is_due_goes_out_before_the_note(aiko: Agent):
    """The log counts what was due as sent, so it must be."""
    ticket = a_ticket()
    first_reminder = MONDAY_AT_TEN + timedelta(days=2)
    due_at = first_reminder + timedelta(minutes=4)
    reply = Reply(body="型番は？", asks=True, promise_at=due_at)
    reply_to_customer(ticket, reply, agent=aiko, now=MONDAY_AT_TEN)
    now = first_reminder + timedelta(minutes=1)

    hold_due_promises(now=now)
    fire_due_waits(now=now)

    keys = OutboundEmail.objects.order_by("pk").values_list("dedupe_key", flat=True)
    assert [key.split(":")[0] for key in keys][-2:] == ["wait", "held"]
    assert fresh(ticket).status == "pending_customer"
    assert everything_agrees(ticket, now=now)


# What does not happen


def test_without_the_option_nothing_is_put_off():
    allow_holding_notes(are_allowed=False)
    ticket = a_ticket()

    assert hold_due_promises(now=HOLD) == 0
    assert len(promises(ticket)) == 1


def test_after_an_outage_nothing_is_made_up_for(aiko: Agent):
    """The promise is broken and stays so, whoever comes first after it: sweep or note."""
    tickets = [a_ticket(email=f"c{number}@example.com") for number in range(3)]

    assert hold_due_promises(now=DUE) == 0
    sweep_due(now=DUE + timedelta(hours=1))
    assert hold_due_promises(now=DUE + timedelta(hours=1)) == 0

    assert notes() == []
    for ticket in tickets:
        assert [promise.state for promise in promises(ticket)] == ["breached"]
        assert everything_agrees(ticket, now=DUE + timedelta(hours=1))


def test_in_the_last_second_it_is_still_in_time():
    ticket = a_ticket()

    assert hold_due_promises(now=DUE - timedelta(seconds=0.5)) == 1

    assert promises(ticket)[0].end_reason == "held"
    assert everything_agrees(ticket, now=DUE)


def test_who_cannot_be_written_to_is_not_put_off():
    ticket = a_ticket(customer=a_customer(email="", phone="03-1234-5678"), email="")

    assert hold_due_promises(now=HOLD) == 0
    sweep_due(now=DUE + timedelta(seconds=1))
    assert [promise.state for promise in promises(ticket)] == ["breached"]


def test_whose_address_is_gone_is_not_put_off(aiko: Agent):
    ticket = a_ticket(customer=a_customer(), email="")
    due_at = MONDAY_AT_TEN + timedelta(hours=2)
    reply_to_customer(ticket, Reply(body="調べます。", promise_at=due_at), agent=aiko)
    ticket.customer.contact_points.all().delete()

    assert hold_due_promises(now=due_at - timedelta(minutes=6)) == 0
    assert promises(ticket)[-1].source == "agent"


def test_an_address_typed_into_the_form_is_not_flooded_hours_later(settings):
    """Only who has had a letter about a ticket gets this one: no more than acknowledgements."""
    settings.ACKNOWLEDGEMENTS_PER_HOUR = 2
    for _ in range(5):
        a_ticket()

    assert hold_due_promises(now=HOLD) == 2
    assert len(notes()) == 2


def test_a_note_that_comes_back_has_put_off_nothing_and_is_not_tried_again(caplog):
    ticket = a_ticket()
    hold_due_promises(now=HOLD)
    back = HOLD + timedelta(minutes=1)
    for note in notes():
        note.state, note.next_try_at, note.failed_at, note.report_after = "failed", None, back, back
        note.save()

    assert take_up_failures(now=back) == 1
    assert hold_due_promises(now=back) == 0
    assert "ticket_failed" not in caplog.text

    (old,) = ticket.clock.commitments.promises().exclude(end_reason="withdrawn")
    assert (old.state, old.source, old.due_at, old.ended_at) == ("active", "agent", DUE, None)
    assert fresh(ticket).next_contact_at == DUE
    assert everything_agrees(ticket, now=back)
    sweep_due(now=DUE + timedelta(seconds=1))
    assert [each.state for each in promises(ticket) if each.ended_at is None] == ["breached"]


def test_trouble_with_one_ticket_stops_nobody():
    customer = a_customer("mars@example.com")
    lost = a_ticket(customer=customer, email="mars@example.com")
    Customer.objects.filter(pk=customer.pk).update(time_zone="Mars/Olympus")
    ticket = a_ticket()

    assert hold_due_promises(now=HOLD) == 1

    assert [promise.state for promise in promises(lost)] == ["active"]
    assert promises(ticket)[0].end_reason == "held"
    assert everything_agrees(lost, now=HOLD)
