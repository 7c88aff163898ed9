"""The one thing a customer is asked to do: named in letters, shown, and how it ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.models import Agent, Notification
from mail.models import OutboundEmail
from sla.checking import differences
from sla.editing import current_version, save_policy
from sla.models import Policy
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.html import Page
from tickets.exceptions import NothingAsked
from tickets.models import CustomerTask, Draft, Ticket
from tickets.services.asking import complete_task, current_task
from tickets.services.handling import set_status, solve
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.scheduling import schedule_reply, send_scheduled
from tickets.services.unsending import take_back
from tickets.services.waiting import fire_due_waits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
# 18, 36 and 54 working hours from Monday 10:00; Monday 12 October is a holiday.
FIRST = MONDAY_AT_TEN + timedelta(days=2)
SECOND = MONDAY_AT_TEN + timedelta(days=4)
LAST = MONDAY_AT_TEN + timedelta(days=9)
FRIDAY = date(2026, 10, 9)
THING = "製造番号をお知らせください"


def ask(ticket: Ticket, agent: Agent, thing: str = THING, **fields: object) -> Ticket:
    reply = Reply(body="お調べします。", asks=True, thing=thing, **fields)
    reply_to_customer(ticket, reply, agent=agent)
    return fresh(ticket)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("clock", "customer").get(pk=ticket.pk)


@pytest.fixture
def asked(aiko: Agent) -> Ticket:
    return ask(a_ticket(), aiko, needed_on=FRIDAY)


@pytest.fixture
def returning(db: None) -> None:
    """The standard policy brings back what customers do not answer."""
    policy = Policy.objects.get(is_default=True)
    save_policy(
        policy=policy,
        name=policy.name,
        calendar=policy.calendar,
        conditions=policy.conditions,
        settings={**current_version(policy).settings, "returns_unanswered": True},
    )


def letters() -> list[str]:
    return [each.text for each in OutboundEmail.objects.order_by("pk")]


def endings() -> list[tuple[str, int]]:
    return list(CustomerTask.objects.order_by("pk").values_list("ending", "reminders"))


def test_the_letter_names_the_thing_and_the_day(asked):
    assert "お願いしたいこと: 製造番号をお知らせください（2026年10月9日(金)まで）" in letters()[-1]
    task = current_task(asked)
    assert (task.thing, task.needed_on, task.asked_by.name) == (THING, FRIDAY, "Aiko")


def test_both_reminders_name_the_thing(asked):
    for moment in (FIRST, SECOND):
        fire_due_waits(now=moment)

    assert all(THING in text for text in letters()[-2:])
    assert endings() == [("", 2)]


def test_a_letter_without_a_thing_has_no_empty_place_for_it(aiko):
    reply_to_customer(a_ticket(), Reply(body="型番は?", asks=True), agent=aiko)
    fire_due_waits(now=FIRST)

    assert all("お願い" not in text and "\n\n\n" not in text for text in letters()[-2:])
    assert endings() == []


def test_an_answer_ends_it(asked):
    receive_reply(asked, body="LP-220 です。", now=MONDAY_AT_TEN + timedelta(hours=1))

    assert endings() == [("answered", 0)]
    assert current_task(fresh(asked)) is None


def test_the_customer_says_that_it_is_done_once(asked):
    complete_task(asked)
    with pytest.raises(NothingAsked):
        complete_task(asked)

    ticket = fresh(asked)
    assert (ticket.status, endings()) == ("open", [("done", 0)])
    assert [m.body for m in ticket.messages.filter(direction="inbound")][1:] == [f"完了: {THING}"]
    assert differences(ticket.clock, now=MONDAY_AT_TEN) == []


@pytest.mark.parametrize("act", ["promise", "status", "solution"])
def test_whoever_goes_on_without_it_withdraws_it(asked, aiko, act):
    if act == "promise":
        later = MONDAY_AT_TEN + timedelta(hours=4)
        reply_to_customer(asked, Reply(body="分かりました。", promise_at=later), agent=aiko)
    elif act == "status":
        set_status(asked, to="open", agent=aiko)
    else:
        solve(asked, agent=aiko)

    assert endings() == [("withdrawn", 0)]


def test_another_thing_takes_the_place_of_the_first_and_a_word_does_not(asked, aiko):
    reply_to_customer(asked, Reply(body="お待ちしております。", asks=True), agent=aiko)
    assert current_task(fresh(asked)).thing == THING

    ask(asked, aiko, "写真をお送りください")

    assert endings() == [("replaced", 0), ("", 0)]


def test_what_is_taken_back_was_not_asked_and_what_it_replaced_is_asked_still(
    asked, aiko, settings
):
    settings.UNDO_SEND_SECONDS = 10
    later = MONDAY_AT_TEN + timedelta(minutes=5)
    reply = Reply(body="写真も。", asks=True, thing="写真をお送りください", needed_on=FRIDAY)
    message = reply_to_customer(asked, reply, agent=aiko, now=later)

    take_back(message, by=aiko, now=later)

    assert current_task(fresh(asked)).thing == THING
    assert endings() == [("", 0)]
    draft = Draft.objects.get()
    assert (draft.ending, draft.thing, draft.needed_on) == ("ask", "写真をお送りください", FRIDAY)


def test_a_merge_ends_it_and_its_undoing_asks_again(asked, aiko):
    other = a_ticket()
    merge = merge_tickets(asked, into=other, agent=aiko, now=MONDAY_AT_TEN)
    assert endings() == [("withdrawn", 0)]

    separate_tickets(merge, agent=aiko, now=MONDAY_AT_TEN + timedelta(minutes=5))

    assert current_task(fresh(asked)).thing == THING


def test_a_reply_that_leaves_later_asks_when_it_leaves(aiko):
    ticket = a_ticket()
    leaves = MONDAY_AT_TEN + timedelta(hours=1)
    reply = Reply(body="型番は?", asks=True, thing=THING, needed_on=FRIDAY)
    schedule_reply(ticket, reply, leaves_at=leaves, agent=aiko)
    assert not CustomerTask.objects.exists()

    send_scheduled(now=leaves)

    task = CustomerTask.objects.get()
    assert (task.thing, task.needed_on, task.asked_at) == (THING, FRIDAY, leaves)


def test_silence_closes_it_with_notice(asked):
    for moment in (FIRST, SECOND, LAST):
        fire_due_waits(now=moment)

    assert (fresh(asked).status, endings()) == ("closed", [("closed", 2)])
    assert THING in letters()[-1]


@pytest.mark.usefixtures("returning")
def test_silence_brings_it_back_to_us_with_a_new_promise_and_the_word_to_call(aiko):
    ticket = ask(a_ticket(), aiko)
    for moment in (FIRST, SECOND, LAST, LAST):
        fire_due_waits(now=moment)

    ticket = fresh(ticket)
    assert (ticket.status, ticket.unanswered_since) == ("open", LAST)
    assert ticket.next_contact_at > LAST
    assert endings() == [("returned", 2)]
    assert "あらためて確認いたします" in letters()[-1]
    assert "までに、次のご連絡をいたします" in letters()[-1]
    assert len(letters()) == 5
    told = Notification.objects.get(kind="returned")
    assert (told.agent, told.facts) == (aiko, {"thing": THING})
    assert not ticket.clock.commitments.filter(state="breached", kind="promise").exists()
    assert differences(ticket.clock, now=LAST) == []


@pytest.mark.usefixtures("returning")
def test_queue_and_ticket_say_that_somebody_should_call(aiko, as_aiko):
    ticket = ask(a_ticket(), aiko, "Your serial number")
    for moment in (FIRST, SECOND, LAST):
        fire_due_waits(now=moment)

    assert "Call: no answer" in as_aiko.get("/desk/").text
    page = Page(as_aiko.get(f"/desk/tickets/{ticket.number}/").text).text
    assert "Call: perhaps the customer is stuck." in page
    assert "We had asked for: Your serial number" in page


@pytest.mark.usefixtures("returning")
@pytest.mark.parametrize("who", ["customer", "agent"])
def test_whoever_speaks_first_ends_that_somebody_should_call(aiko, who):
    ticket = ask(a_ticket(), aiko)
    for moment in (FIRST, SECOND, LAST):
        fire_due_waits(now=moment)
    later = LAST + timedelta(hours=1)

    if who == "customer":
        receive_reply(ticket, body="すみません。", now=later)
    else:
        promise_at = later + timedelta(days=1)
        reply_to_customer(
            ticket, Reply(body="お電話で。", promise_at=promise_at), agent=aiko, now=later
        )

    assert fresh(ticket).unanswered_since is None
