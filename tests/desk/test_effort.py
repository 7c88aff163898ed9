"""The ticket page tells how much work a ticket was for its customer, and administrators weigh it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import Agent, Team
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, numbers, words
from tests.factories import a_ticket
from tests.html import Page
from tickets.effort import effort_weights, lines, parts_of, score
from tickets.models import EffortWeights, Ticket
from tickets.services.handing_over import Brief, hand_over
from tickets.services.handling import assign, solve
from tickets.services.judging import judge_all
from tickets.services.merging import merge_tickets
from tickets.services.replying import Reply, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]

BRIEF = Brief(problem="紙詰まり", next_step="部品を送る")
NEWS = "その後いかがでしょうか。"
SETTINGS = "/desk/settings/effort/"


def page(browser: Client, ticket: Ticket) -> str:
    return words(browser.get(f"/desk/tickets/{ticket.number}/"))


def answer(ticket: Ticket, agent: Agent, **fields) -> None:
    fields = fields or {"promise_at": MONDAY_AT_TEN.replace(hour=15)}
    reply_to_customer(
        ticket, Reply(body="調べます。", submission_key=uuid4(), **fields), agent=agent
    )


def a_laborious_ticket(aiko: Agent, ben: Agent) -> Ticket:
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    answer(ticket, aiko, asks=True, thing="型番")
    receive_reply(ticket, body="X-1 です。", channel="phone")
    hand_over(ticket, team=ticket.team, to=ben, brief=BRIEF, by=aiko)
    answer(ticket, ben, asks=True, thing="製造番号")
    receive_reply(ticket, body=NEWS)
    return ticket


def test_the_page_tells_the_score_line_by_line(as_aiko: Client, aiko: Agent, ben: Agent):
    seen = page(as_aiko, a_laborious_ticket(aiko, ben))

    assert (
        "Effort 45 2 further messages 10 1 hand-over 5 1 thing asked again 10"
        " 2 changes of channel 10 asked for news once 10" in seen
    )


def test_the_page_counts_what_everybody_counts(
    aiko: Agent, ben: Agent, monday_at_ten: time_machine.Traveller
):
    ticket, other = a_laborious_ticket(aiko, ben), a_laborious_ticket(aiko, ben)
    monday_at_ten.shift(timedelta(hours=30))
    merge_tickets(other, into=ticket, agent=aiko)

    seen = page(signed_in(aiko), ticket)

    counted = parts_of([ticket.pk])[ticket.pk]
    with translation.override("en"):
        told = lines(counted, effort_weights())
    assert (score(counted, effort_weights()), counted.broken_promises) == (100, 2)
    assert " ".join(["Effort 100", *(f"{line.words} {line.points}" for line in told)]) in seen
    assert "5 further messages 25 2 hand-overs 10 3 things asked again 30" in seen
    assert "more than 100, which is the most there is" in seen


def test_the_page_tells_it_in_japanese(aiko: Agent, ben: Agent):
    ticket = a_laborious_ticket(aiko, ben)
    aiko.language = "ja"
    aiko.save()

    assert "お客様の負担 45 追加のご連絡 2回 10 担当の引き継ぎ 1回 5" in page(
        signed_in(aiko), ticket
    )


def test_a_ticket_without_effort_says_so(as_aiko: Client):
    assert "Effort 0 Nothing but the first message." in page(as_aiko, a_ticket())


def test_how_it_went_is_told_when_it_has_ended_and_been_looked_at(as_aiko: Client, aiko: Agent):
    clean, short = a_ticket(), a_ticket()
    receive_reply(short, body=NEWS)
    assert "Fell short" not in page(as_aiko, short)
    for ticket in (clean, short):
        solve(ticket, agent=aiko)
    assert "Clean" not in page(as_aiko, clean)

    judge_all()

    assert "Clean: nothing fell short." in page(as_aiko, clean)
    assert "Fell short: the customer had to ask for news" in page(as_aiko, short)


# Handle with care --------------------------------------------------------------------------------


@pytest.fixture
def let_down(aiko: Agent) -> Ticket:
    ticket = a_ticket()
    receive_reply(ticket, body=NEWS)
    solve(ticket, agent=aiko)
    judge_all()
    return ticket


def test_the_next_ticket_says_what_fell_short_last_time(as_aiko: Client, let_down: Ticket):
    ticket = a_ticket()

    response = as_aiko.get(f"/desk/tickets/{ticket.number}/")

    assert "Handle with care Last time: the customer had to ask for news" in words(response)
    assert f"/desk/tickets/{let_down.number}/" in links(response)
    assert "Handle with care" not in page(as_aiko, let_down)


def test_whoever_may_not_see_that_ticket_is_told_without_it(
    as_aiko: Client, let_down: Ticket, other_team: Team
):
    Ticket.objects.filter(pk=let_down.pk).update(team=other_team)
    ticket = a_ticket()

    response = as_aiko.get(f"/desk/tickets/{ticket.number}/")

    assert "Handle with care Last time something fell short." in words(response)
    assert f"#{let_down.number}" not in words(response)


def test_the_queue_shows_them_and_can_be_cut_down_to_them(as_aiko: Client, let_down: Ticket):
    careful, other = a_ticket(), a_ticket(email="ken@example.com")

    whole, cut = as_aiko.get("/desk/"), as_aiko.get("/desk/?care=yes")

    assert set(numbers(whole)) == {careful.number, other.number}
    rows = {row.split('"')[0]: row for row in whole.text.split('id="row-')[1:]}
    assert "Handle with care" in rows[str(careful.number)]
    assert "Handle with care" not in rows[str(other.number)]
    assert numbers(cut) == [careful.number]
    assert 'name="care"' in cut.text


# The weights -------------------------------------------------------------------------------------


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    return signed_in(admin)


def typed(browser: Client, **changes: str) -> dict[str, str]:
    return {**Page(browser.get(SETTINGS).text).form("/effort/update/").fields, **changes}


def test_an_administrator_weighs_anew_and_sees_what_it_makes(
    as_admin: Client, as_aiko: Client, aiko: Agent, ben: Agent
):
    ticket = a_laborious_ticket(aiko, ben)
    assert "Effort 75" in words(as_admin.get(SETTINGS))
    fields = typed(as_admin, contact="0", chaser="20")

    seen = words(as_admin.post(f"{SETTINGS}update/", fields, follow=True))

    assert "Changed by Admin, Mon 5 Oct 2026, 10:00" in seen
    assert "Effort 70 3 further messages 0" in seen
    assert "Effort 45 2 further messages 0" in page(as_aiko, ticket)
    assert "asked for news once 20" in page(as_aiko, ticket)


def test_what_is_being_typed_is_shown_and_not_saved(as_admin: Client):
    answer = as_admin.post(f"{SETTINGS}example/", typed(as_admin, reopen="50"))

    assert "Effort 100" in words(answer)
    assert "which is the most there is" in words(answer)
    assert not EffortWeights.objects.exists()
    assert as_admin.post(f"{SETTINGS}example/", typed(as_admin, reopen="x")).status_code == 204


@pytest.mark.parametrize("name", ["contact", "hour_late"])
@pytest.mark.parametrize("points", ["", "-1", "101", "1.5", "x", "９９９", "9" * 40])
def test_points_that_make_no_sense_are_refused(as_admin: Client, name: str, points: str):
    answer = as_admin.post(f"{SETTINGS}update/", typed(as_admin, **{name: points}))

    assert answer.status_code == 422
    assert "Effort 75" in words(answer)
    assert not EffortWeights.objects.exists()


def test_nobody_else_weighs(as_aiko: Client, chika: Agent):
    for browser in (as_aiko, signed_in(chika)):
        assert browser.get(SETTINGS).status_code in {403, 404}
        for action in ("update", "example"):
            path = f"{SETTINGS}{action}/"
            assert browser.post(path, {"contact": "1"}).status_code in {403, 404}
    assert not EffortWeights.objects.exists()
