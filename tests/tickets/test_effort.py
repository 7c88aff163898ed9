"""How much work a ticket was for its customer: each part from what really happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import Agent, Team
from mail.models import Mailbox
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.mail.incoming import a_mail, arrives
from tickets.effort import Parts, effort_weights, lines, parts_of, score
from tickets.models import Channel, EffortWeights, Message, Ticket
from tickets.services.handing_over import Brief, hand_over
from tickets.services.handling import assign, reopen, solve
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.splitting import split_message
from tickets.services.unsending import take_back
from tickets.services.weighing import save_effort_weights

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

AT_THREE = MONDAY_AT_TEN.replace(hour=15)
BRIEF = Brief(problem="紙詰まり", next_step="部品を送る")
NEWS = "その後いかがでしょうか。"


def parts(ticket: Ticket, *, now: datetime | None = None) -> Parts:
    return parts_of([ticket.pk], now=now)[ticket.pk]


def answer(ticket: Ticket, agent: Agent, *, at: datetime = MONDAY_AT_TEN, **fields) -> Message:
    reply = Reply(body="調べます。", submission_key=uuid4(), **(fields or {"promise_at": AT_THREE}))
    return reply_to_customer(ticket, reply, agent=agent, now=at)


def test_one_inquiry_that_is_answered_is_no_effort(aiko: Agent):
    ticket = a_ticket()
    answer(ticket, aiko, solves=True)

    assert parts(ticket) == Parts()
    assert score(Parts(), effort_weights()) == 0
    assert lines(Parts(), effort_weights()) == []


def test_each_further_message_counts_but_a_bare_thanks(aiko: Agent):
    ticket = a_ticket()
    receive_reply(ticket, body="型番は X-1 です。")
    receive_reply(ticket, body="ありがとうございました。")

    assert parts(ticket) == Parts(contacts=1)


def test_a_machine_and_what_is_hidden_do_not_count(mailbox: Mailbox, monday_at_ten):
    arrives(a_mail())
    ticket = Ticket.objects.get()
    monday_at_ten.shift(timedelta(minutes=5))
    subject = f"Re: [#{ticket.number}]"
    arrives(a_mail(subject=subject, headers={"Auto-Submitted": "auto-replied"}))
    Message.objects.create(
        ticket=ticket,
        direction="inbound",
        channel="email",
        body="?",
        sent_at=MONDAY_AT_TEN,
        is_hidden=True,
    )
    assert Message.objects.filter(direction="inbound").count() == 3

    assert parts(ticket) == Parts()


def test_who_asks_for_news_has_one_message_more_and_has_had_to_ask(aiko: Agent):
    ticket = a_ticket()
    answer(ticket, aiko)
    receive_reply(ticket, body=NEWS)

    assert parts(ticket) == Parts(contacts=1, chasers=1)


def test_the_change_of_channel_is_counted_each_way_and_not_our_own(aiko: Agent):
    ticket = a_ticket(channel=Channel.WEB)
    answer(ticket, aiko)
    for minute, channel in enumerate((Channel.PHONE, Channel.PHONE, Channel.EMAIL), start=1):
        at = MONDAY_AT_TEN + timedelta(minutes=minute)
        receive_reply(ticket, body=f"{minute}枚目が詰まります。", channel=channel, now=at)

    assert parts(ticket) == Parts(contacts=3, channel_changes=2)


def test_the_second_thing_asked_of_the_customer_is_asked_again(aiko: Agent):
    ticket = a_ticket()
    answer(ticket, aiko, asks=True, thing="型番")
    assert parts(ticket) == Parts()

    receive_reply(ticket, body="X-1 です。")
    answer(ticket, aiko, at=MONDAY_AT_TEN + timedelta(minutes=5), asks=True, thing="製造番号")

    assert parts(ticket) == Parts(contacts=1, asked_again=1)


def test_hand_overs_are_those_that_the_ticket_counted(aiko: Agent, ben: Agent, other_team: Team):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    assert parts(ticket).hand_overs == 0
    steps = [
        lambda: assign(ticket, to=ben, by=aiko),
        lambda: hand_over(ticket, team=ticket.team, to=aiko, brief=BRIEF, by=ben),
        lambda: assign(ticket, to=None, by=aiko),
        # Nobody had it: nobody has to be told anew.
        lambda: hand_over(ticket, team=ticket.team, to=ben, brief=BRIEF, by=aiko),
        lambda: hand_over(ticket, team=other_team, brief=BRIEF, by=ben),
    ]

    for step, expected in zip(steps, (1, 2, 3, 3, 4), strict=True):
        step()
        ticket.refresh_from_db()
        assert (parts(ticket).hand_overs, ticket.hand_over_count) == (expected, expected)


def test_reopenings_count_by_whomever(aiko: Agent):
    ticket = a_ticket()
    solve(ticket, agent=aiko)
    reopen(ticket, agent=aiko)
    answer(ticket, aiko, solves=True)
    receive_reply(ticket, body="まだ直りません。")

    assert parts(ticket) == Parts(contacts=1, reopens=2)


def test_a_reply_that_reopened_and_was_taken_back_never_did(aiko: Agent, settings):
    settings.UNDO_SEND_SECONDS = 10
    ticket = a_ticket()
    solve(ticket, agent=aiko)
    message = answer(ticket, aiko)
    assert parts(ticket).reopens == 1

    take_back(message, by=aiko)

    ticket.refresh_from_db()
    assert (parts(ticket).reopens, ticket.reopen_count) == (0, 0)


def test_lateness_runs_until_the_contact_and_is_summed(
    aiko: Agent, monday_at_ten: time_machine.Traveller
):
    ticket = a_ticket()  # promised for 14:00
    monday_at_ten.move_to(MONDAY_AT_TEN.replace(hour=15, minute=30))
    unswept = parts(ticket)
    sweep_due()
    assert unswept == parts(ticket) == Parts(seconds_late=5400, broken_promises=1)
    assert parts(ticket).hours_late == 2

    answer(ticket, aiko, at=MONDAY_AT_TEN.replace(hour=16), promise_at=AT_THREE.replace(hour=17))
    answer(ticket, aiko, at=AT_THREE.replace(hour=17, minute=10), solves=True)
    monday_at_ten.shift(timedelta(days=3))
    sweep_due()

    assert parts(ticket) == Parts(seconds_late=7200 + 600, broken_promises=2)


def test_a_promise_that_was_kept_is_no_effort(aiko: Agent):
    ticket = a_ticket()
    answer(ticket, aiko, at=AT_THREE.replace(hour=14))
    answer(ticket, aiko, at=AT_THREE, solves=True)

    assert parts(ticket) == Parts()


def test_what_happened_on_a_merged_ticket_counts_on_the_one_it_went_into(aiko: Agent):
    ticket, other = a_ticket(channel=Channel.WEB), a_ticket(channel=Channel.WEB)
    receive_reply(other, body=NEWS, channel=Channel.PHONE)
    solve(other, agent=aiko)
    reopen(other, agent=aiko)
    alone = parts(other)

    merge = merge_tickets(other, into=ticket, agent=aiko)

    assert parts(ticket) == Parts(contacts=2, channel_changes=1, chasers=1, reopens=1)
    assert parts_of([other.pk, ticket.pk]) == {other.pk: Parts(), ticket.pk: parts(ticket)}
    assert parts_of([other.pk]) == {other.pk: Parts()}
    separate_tickets(merge, agent=aiko)
    assert (parts(ticket), parts(other)) == (Parts(), alone)


def test_a_message_about_another_matter_counts_where_it_was_split_off_to(aiko: Agent):
    ticket = a_ticket()
    message = receive_reply(ticket, body="別件です。")
    assert parts(ticket).contacts == 1

    new = split_message(message, subject="別件", agent=aiko)

    assert (parts(ticket), parts(new)) == (Parts(), Parts())


def test_counters_of_the_ticket_are_not_read(aiko: Agent):
    ticket = a_ticket()
    receive_reply(ticket, body="型番は X-1 です。")
    before = parts(ticket)

    Ticket.objects.update(hand_over_count=9, reopen_count=9, chaser_count=9, entry_count=99)

    assert parts(ticket) == before == Parts(contacts=1)


def test_many_tickets_cost_as_many_queries_as_one(aiko: Agent):
    tickets = [a_ticket() for _ in range(50)]
    for ticket in tickets[:3]:
        receive_reply(ticket, body=NEWS)
    keys = [ticket.pk for ticket in tickets]

    with CaptureQueriesContext(connection) as one:
        parts_of(keys[:1])
    with CaptureQueriesContext(connection) as many:
        found = parts_of(keys)

    assert len(one) == len(many) == 5
    assert [found[key].chasers for key in keys] == [1] * 3 + [0] * 47


EVERYTHING = Parts(
    contacts=3,
    hand_overs=2,
    asked_again=1,
    channel_changes=1,
    chasers=1,
    reopens=1,
    seconds_late=3601,
    broken_promises=1,
)


def test_the_lines_are_what_the_score_is_made_of():
    weights = EffortWeights()
    with translation.override("en"):
        told = lines(EVERYTHING, weights)

    assert [(line.words, line.points) for line in told] == [
        ("3 further messages", 15),
        ("2 hand-overs", 10),
        ("1 thing asked again", 10),
        ("1 change of channel", 5),
        ("asked for news once", 10),
        ("reopened once", 20),
        ("2 hours begun beyond what was promised", 10),
    ]
    assert score(EVERYTHING, weights) == sum(line.points for line in told) == 80


def test_the_lines_are_told_in_japanese():
    with translation.override("ja"):
        told = [line.words for line in lines(EVERYTHING, EffortWeights())]

    assert told == [
        "追加のご連絡 3回",
        "担当の引き継ぎ 2回",
        "重ねてのお願い 1件",
        "連絡手段の変更 1回",
        "お客様からの催促 1回",
        "解決後の再開 1回",
        "お約束からの超過 2時間（切り上げ）",
    ]


def test_a_hundred_is_the_most():
    assert score(Parts(seconds_late=10**9), EffortWeights()) == 100


def test_what_counts_nothing_is_told_with_no_points(admin: Agent):
    points = dict.fromkeys(("contact", "hand_over", "asked_again", "channel_change"), 0)
    more = {"chaser": 0, "reopen": 0, "hour_late": 7}
    save_effort_weights({**points, **more}, by=admin, now=MONDAY_AT_TEN)

    weights = effort_weights()

    assert score(EVERYTHING, weights) == 14
    assert [line.points for line in lines(EVERYTHING, weights)] == [0, 0, 0, 0, 0, 0, 14]
    assert (weights.changed_by, weights.changed_at) == (admin, MONDAY_AT_TEN)
