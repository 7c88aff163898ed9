from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Notification, Team
from sla.editing import current_version, save_policy
from sla.models import Policy
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.exceptions import BriefMissing, NotInTeam
from tickets.models import HandOver, Ticket
from tickets.searching.finding import find
from tickets.searching.query import read_query
from tickets.services.handing_over import Brief, accept_brief, hand_over
from tickets.services.handling import assign
from tickets.services.replying import Reply, add_note, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
BRIEF = Brief(problem="紙詰まり", known="二階の複合機", tried="再起動", next_step="部品を送る")


def a_worked_on_ticket(by: Agent) -> Ticket:
    ticket = assign(a_ticket(), to=by, by=by)
    add_note(ticket, body="電話番号を確認済み", agent=by)
    return ticket


def answer(ticket: Ticket, by: Agent) -> None:
    promise_at = timezone.now() + timedelta(hours=2)
    reply_to_customer(ticket, Reply(body="調べます。", promise_at=promise_at), agent=by)


def test_the_next_one_owes_the_contact_and_hears_the_next_step(aiko: Agent, ben: Agent):
    ticket = a_worked_on_ticket(aiko)
    promised = Ticket.objects.get().next_contact_at

    hand_over(ticket, team=ticket.team, to=ben, brief=BRIEF, by=aiko)

    ticket.refresh_from_db()
    assert ticket.assignee == ticket.clock.owner == ben
    assert ticket.next_contact_at == promised
    told = Notification.objects.get(agent=ben)
    assert (told.kind, told.facts["next_step"]) == ("handed_over", "部品を送る")
    assert told.mail_after == MONDAY_AT_TEN


def test_what_was_worked_on_needs_a_brief(aiko: Agent, ben: Agent):
    ticket = a_worked_on_ticket(aiko)

    with pytest.raises(BriefMissing):
        hand_over(ticket, team=ticket.team, to=ben, by=aiko)

    assert Ticket.objects.get().assignee == aiko


def test_what_nobody_has_touched_needs_none(aiko: Agent, ben: Agent, other_team: Team):
    ticket = hand_over(a_ticket(), team=other_team, by=ben)

    assert (ticket.team, ticket.assignee) == (other_team, None)
    assert not HandOver.objects.exists()


def test_whoever_takes_it_over_themselves_needs_none(aiko: Agent, ben: Agent):
    ticket = a_worked_on_ticket(aiko)

    assert hand_over(ticket, team=ticket.team, to=ben, by=ben).assignee == ben


def test_hand_overs_are_counted_but_not_the_first_taking(aiko: Agent, ben: Agent):
    ticket = a_worked_on_ticket(aiko)
    assert Ticket.objects.get().hand_over_count == 0

    hand_over(ticket, team=ticket.team, to=ben, brief=BRIEF, by=aiko)
    assign(ticket, to=aiko, by=aiko)

    assert Ticket.objects.get().hand_over_count == 2


def test_handing_it_to_whoever_has_it_changes_nothing(aiko: Agent):
    ticket = a_worked_on_ticket(aiko)

    hand_over(ticket, team=ticket.team, to=aiko, brief=BRIEF, by=aiko)

    assert not HandOver.objects.exists()


def test_another_team_has_its_own_terms_and_the_promise_stays(aiko: Agent, other_team: Team):
    ticket = a_worked_on_ticket(aiko)
    default = Policy.objects.get(is_default=True)
    strict = save_policy(
        policy=None,
        name="Billing",
        calendar=default.calendar,
        conditions={"team": [other_team.pk]},
        settings=dict(current_version(default).settings),
    )
    promised = Ticket.objects.get().next_contact_at

    hand_over(ticket, team=other_team, brief=BRIEF, by=aiko)

    ticket.refresh_from_db()
    assert ticket.clock.team == other_team
    assert ticket.clock.policy_version.policy == strict
    assert ticket.next_contact_at == promised


def test_the_team_hears_of_it_except_whoever_did_it(aiko: Agent, ben: Agent, mallory: Agent):
    ticket = a_worked_on_ticket(aiko)

    hand_over(ticket, team=ticket.team, brief=BRIEF, by=aiko)

    assert set(Notification.objects.values_list("agent__name", flat=True)) == {"Ben"}


def test_nobody_of_another_team_can_have_it_without_the_team(aiko: Agent, mallory: Agent):
    ticket = a_worked_on_ticket(aiko)

    with pytest.raises(NotInTeam):
        hand_over(ticket, team=ticket.team, to=mallory, brief=BRIEF, by=aiko)

    assert not HandOver.objects.exists()


@pytest.mark.parametrize("how", ["acknowledges", "answers"])
def test_the_brief_is_read_when_the_new_holder_says_so(aiko: Agent, ben: Agent, how: str):
    ticket = a_worked_on_ticket(aiko)
    hand_over(ticket, team=ticket.team, to=ben, brief=BRIEF, by=aiko)
    answer(ticket, by=aiko)
    accept_brief(ticket, by=aiko)
    assert HandOver.objects.get().accepted_at is None

    ticket.refresh_from_db()
    accept_brief(ticket, by=ben) if how == "acknowledges" else answer(ticket, by=ben)

    assert HandOver.objects.get().accepted_at == MONDAY_AT_TEN


def test_the_search_finds_what_a_brief_says(aiko: Agent, ben: Agent):
    ticket = a_worked_on_ticket(aiko)
    hand_over(ticket, team=ticket.team, to=ben, brief=BRIEF, by=aiko)

    found = find(read_query("二階の複合機"), agent=ben, now=MONDAY_AT_TEN)

    assert [(match.ticket_id, match.kind) for match in found.matches] == [(ticket.pk, "brief")]
