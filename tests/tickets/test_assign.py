from __future__ import annotations

import pytest

from accounts.models import Agent, Notification
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.exceptions import NotInTeam
from tickets.models import Ticket
from tickets.services.handling import assign

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def commitments(ticket: Ticket) -> list[tuple[object, ...]]:
    return list(ticket.clock.commitments.order_by("pk").values_list("kind", "due_at", "state"))


def test_the_assignee_owes_the_contact_and_no_clock_moves(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    before = commitments(ticket)

    assign(ticket, to=aiko, by=ben)

    ticket.refresh_from_db()
    assert ticket.assignee == ticket.clock.owner == aiko
    assert ticket.status == "new"
    assert commitments(ticket) == before
    assert ticket.events.get(kind="assigned").facts == {"to": aiko.pk, "to_name": "Aiko"}


def test_whoever_is_given_a_ticket_hears_of_it_in_the_desk_and_by_mail(aiko: Agent, ben: Agent):
    ticket = a_ticket()

    assign(ticket, to=aiko, by=ben)

    notification = Notification.objects.get()
    assert (notification.agent, notification.kind) == (aiko, "assigned")
    assert notification.mail_after == MONDAY_AT_TEN


def test_whoever_takes_a_ticket_needs_no_news_of_it(aiko: Agent):
    assign(a_ticket(), to=aiko, by=aiko)

    assert not Notification.objects.exists()


def test_a_ticket_goes_back_to_the_team(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    assign(ticket, to=aiko, by=aiko)

    assign(ticket, to=None, by=ben)

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.clock.owner) == (None, None)
    assert ticket.events.filter(kind="released", agent=ben).count() == 1


def test_giving_it_to_whoever_has_it_changes_nothing(aiko: Agent, ben: Agent):
    ticket = a_ticket()
    assign(ticket, to=aiko, by=aiko)
    revision = Ticket.objects.get().revision

    assign(ticket, to=aiko, by=ben)

    assert Ticket.objects.get().revision == revision
    assert not Notification.objects.exists()


@pytest.mark.parametrize("who", ["mallory", "retired"])
def test_nobody_outside_the_team_can_have_its_tickets(
    aiko: Agent, mallory: Agent, ben: Agent, who: str
):
    Agent.objects.filter(pk=ben.pk).update(is_active=False)
    ben.refresh_from_db()
    ticket = a_ticket()

    with pytest.raises(NotInTeam):
        assign(ticket, to={"mallory": mallory, "retired": ben}[who], by=aiko)

    assert Ticket.objects.get().assignee is None
    assert not ticket.events.filter(kind="assigned").exists()


def test_a_manager_may_have_any_ticket(aiko: Agent, chika: Agent):
    ticket = assign(a_ticket(), to=chika, by=aiko)

    assert ticket.assignee == chika
