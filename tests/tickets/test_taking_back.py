from __future__ import annotations

from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import connection

from accounts.models import Agent, Assignment, Notification, Team
from accounts.services import change_assignment
from sla.models import Status
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.models import Ticket
from tickets.services.distributing import take_back_idle
from tickets.services.handling import assign, set_status
from tickets.services.replying import add_note, receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_at_ten")]


def at(hours: float) -> datetime:
    return MONDAY_AT_TEN + timedelta(hours=hours)


@pytest.fixture
def patient(support: Team) -> Team:
    """Its tickets come back after two hours of work."""
    change_assignment(
        support,
        method=Assignment.MANUAL,
        takes_back_after=timedelta(hours=2),
        capacities={},
    )
    return support


def test_nothing_is_taken_back_by_default(support: Team, aiko: Agent):
    ticket = assign(a_ticket(), to=aiko, by=aiko)

    take_back_idle(now=at(1000))

    ticket.refresh_from_db()
    assert ticket.assignee == aiko


def test_what_nobody_works_on_goes_back_and_people_hear_of_it(
    patient: Team, aiko: Agent, ben: Agent
):
    ticket = assign(a_ticket(), to=aiko, by=aiko)

    take_back_idle(now=at(1.9))
    assert Ticket.objects.get().assignee == aiko
    take_back_idle(now=at(2))

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.clock.owner) == (None, None)
    assert ticket.events.filter(kind="went_back").count() == 1
    told = Notification.objects.filter(kind="went_back")
    assert set(told.values_list("agent__name", flat=True)) == {"Aiko", "Ben"}


def test_the_night_does_not_count(patient: Team, aiko: Agent, monday_at_ten):
    monday_at_ten.move_to(at(7))
    ticket = assign(a_ticket(), to=aiko, by=aiko)

    take_back_idle(now=at(20))

    ticket.refresh_from_db()
    assert ticket.assignee == aiko
    assert ticket.act_by == at(24)


def test_who_has_acted_keeps_it(patient: Team, aiko: Agent, monday_at_ten):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    add_note(ticket, body="Asked the printer people.", agent=aiko, now=at(1))

    take_back_idle(now=at(2))

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.act_by) == (aiko, None)


def test_while_the_customer_is_to_act_nobody_loses_it(patient: Team, aiko: Agent, ben: Agent):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    set_status(ticket, to=Status.PENDING_CUSTOMER, agent=ben)

    take_back_idle(now=at(2))

    ticket.refresh_from_db()
    assert ticket.assignee == aiko


def test_a_customer_who_writes_again_is_not_left_alone(patient: Team, aiko: Agent):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    add_note(ticket, body="Asked the printer people.", agent=aiko, now=at(1))
    receive_reply(ticket, body="Any news?", now=at(1.5))

    take_back_idle(now=at(3))
    assert Ticket.objects.get().assignee == aiko
    take_back_idle(now=at(3.5))

    assert Ticket.objects.get().assignee is None


def test_a_team_that_gives_out_gives_it_to_somebody_else(patient: Team, aiko: Agent, ben: Agent):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    patient.assignment = Assignment.LEAST_LOADED
    patient.save()

    take_back_idle(now=at(2))

    ticket.refresh_from_db()
    assert ticket.assignee == ben
    assert ticket.act_by == at(4)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_desk")
def test_two_sweeps_take_it_back_once(patient: Team, aiko: Agent, ben: Agent):
    ticket = assign(a_ticket(), to=aiko, by=aiko)

    def sweep() -> None:
        take_back_idle(now=at(2))
        connection.close()

    threads = [Thread(target=sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ticket.events.filter(kind="went_back").count() == 1
    assert Notification.objects.filter(kind="went_back").count() == 2
