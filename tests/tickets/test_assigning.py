from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from accounts.absence import come_back, go_away
from accounts.models import Agent, Assignment, Membership, Notification, Team
from accounts.services import add_member, change_assignment
from customers.services import mark_as_vip
from tests.conftest import MONDAY_AT_TEN
from tests.factories import AgentFactory, a_customer, a_ticket, a_topic
from tickets.exceptions import IsAway
from tickets.models import Ticket
from tickets.services.distributing import hand_out_waiting
from tickets.services.handing_over import hand_over
from tickets.services.handling import assign, solve
from topics.models import Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_at_ten")]


def give_out(team: Team, method: str, **capacities: int) -> None:
    names = {m.agent.name: m.pk for m in team.memberships.select_related("agent")}
    change_assignment(
        team,
        method=method,
        takes_back_after=None,
        capacities={names[name]: number for name, number in capacities.items()},
    )


def a_ticket_of(email: str, **fields: object) -> Ticket:
    return a_ticket(customer=a_customer(email), email=email, **fields)


def holders(*tickets: Ticket) -> list[str]:
    names = dict(Ticket.objects.values_list("pk", "assignee__name"))
    return [names[ticket.pk] or "–" for ticket in tickets]


def test_a_manual_team_gives_nothing_away(aiko: Agent):
    ticket = a_ticket()

    assert holders(ticket) == ["–"]
    assert hand_out_waiting() == 0
    assert not Notification.objects.exists()


def test_everybody_in_turn(support: Team, aiko: Agent, ben: Agent):
    give_out(support, Assignment.ROUND_ROBIN)

    tickets = [a_ticket(now=MONDAY_AT_TEN + timedelta(minutes=n)) for n in range(4)]

    assert holders(*tickets) == ["Aiko", "Ben", "Aiko", "Ben"]


def test_the_chosen_one_owes_the_contact_and_hears_of_it(support: Team, aiko: Agent):
    give_out(support, Assignment.ROUND_ROBIN)

    ticket = a_ticket()

    assert ticket.clock.owner == aiko
    assert ticket.events.get(kind="assigned").agent is None
    assert Notification.objects.get().agent == aiko


def test_whoever_has_the_fewest_open_tickets_of_any_team(
    support: Team, other_team: Team, aiko: Agent, ben: Agent
):
    add_member(other_team, aiko)
    assign(a_ticket(team=other_team), to=aiko, by=ben)
    give_out(support, Assignment.LEAST_LOADED)

    assert holders(a_ticket()) == ["Ben"]


def test_a_customer_comes_back_to_whoever_knows_them(support: Team, aiko: Agent, ben: Agent):
    assign(a_ticket_of("hana@example.com"), to=ben, by=ben)
    give_out(support, Assignment.KNOWS_CUSTOMER)

    tickets = [a_ticket_of("hana@example.com"), a_ticket_of("jiro@example.com")]

    assert holders(*tickets) == ["Ben", "Aiko"]


def test_a_customer_of_somebody_who_is_away_comes_to_who_stands_in(
    support: Team, aiko: Agent, ben: Agent
):
    dai = AgentFactory(name="Dai")
    add_member(support, dai)
    assign(a_ticket_of("hana@example.com"), to=ben, by=ben)
    go_away(ben, until=None, substitute=dai)
    give_out(support, Assignment.KNOWS_CUSTOMER)

    assert holders(a_ticket_of("hana@example.com")) == ["Dai"]


@pytest.mark.parametrize("how", ["away", "retired", "full"])
def test_who_cannot_work_on_it_does_not_get_it(support: Team, aiko: Agent, ben: Agent, how: str):
    give_out(support, Assignment.ROUND_ROBIN, Aiko=0 if how == "full" else 9)
    if how == "away":
        go_away(aiko, until=MONDAY_AT_TEN + timedelta(days=1), substitute=None)
    if how == "retired":
        Agent.objects.filter(pk=aiko.pk).update(is_active=False)

    assert holders(a_ticket(), a_ticket()) == ["Ben", "Ben"]


def test_who_is_back_by_the_time_gets_tickets_again(support: Team, aiko: Agent):
    give_out(support, Assignment.ROUND_ROBIN)
    go_away(aiko, until=MONDAY_AT_TEN, substitute=None)

    assert holders(a_ticket()) == ["Aiko"]


def test_what_nobody_has_room_for_waits_and_important_customers_come_first(
    support: Team, aiko: Agent
):
    give_out(support, Assignment.ROUND_ROBIN, Aiko=1)
    first = a_ticket_of("a@example.com")
    plain = a_ticket_of("b@example.com")
    important = a_ticket_of("c@example.com", now=MONDAY_AT_TEN + timedelta(hours=1))
    mark_as_vip(important.customer, is_vip=True)
    assert holders(first, plain, important) == ["Aiko", "–", "–"]
    assert hand_out_waiting() == 0

    solve(first, agent=aiko)
    assert hand_out_waiting() == 1

    assert holders(plain, important) == ["–", "Aiko"]


def test_waiting_tickets_find_who_comes_back(support: Team, aiko: Agent):
    give_out(support, Assignment.ROUND_ROBIN)
    go_away(aiko, until=None, substitute=None)
    ticket = a_ticket()
    assert hand_out_waiting() == 0

    come_back(aiko)

    assert hand_out_waiting() == 1
    assert holders(ticket) == ["Aiko"]
    assert hand_out_waiting() == 0


def test_what_comes_to_a_team_from_another_finds_somebody_too(
    support: Team, other_team: Team, aiko: Agent, mallory: Agent
):
    give_out(other_team, Assignment.LEAST_LOADED)
    ticket = hand_over(a_ticket(), team=other_team, by=aiko)

    assert hand_out_waiting() == 1

    assert holders(ticket) == ["Mallory"]


def test_what_is_given_to_somebody_who_is_away_goes_to_who_stands_in(aiko: Agent, ben: Agent):
    go_away(aiko, until=None, substitute=ben)

    ticket = assign(a_ticket(), to=aiko, by=ben)

    assert ticket.assignee == ben
    assert ticket.events.get(kind="assigned").facts["for_name"] == "Aiko"


def test_nothing_is_given_to_somebody_who_is_away_without_a_substitute(aiko: Agent, ben: Agent):
    go_away(aiko, until=None, substitute=None)
    ticket = a_ticket()

    with pytest.raises(IsAway):
        assign(ticket, to=aiko, by=ben)

    assert assign(ticket, to=aiko, by=aiko).assignee == aiko


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_desk")
def test_two_inquiries_at_the_same_time_do_not_both_get_the_last_place(
    support: Team, aiko: Agent, ben: Agent
):
    give_out(support, Assignment.LEAST_LOADED, Aiko=1, Ben=0)
    together = Barrier(4)

    def inquire(number: int) -> None:
        together.wait()
        a_ticket_of(f"customer{number}@example.com")
        connection.close()

    threads = [Thread(target=inquire, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Ticket.objects.filter(assignee=aiko).count() == 1
    assert Ticket.objects.filter(awaits_agent=True).count() == 3
    assert Membership.objects.filter(last_given_at__isnull=False).count() == 1


# Topics ---------------------------------------------------------------------------------------


@pytest.fixture
def billing(other_team: Team, aiko: Agent, mallory: Agent) -> Topic:
    """What it is about says that it is Billing's, and first of all Mallory's."""
    return a_topic(team=other_team, agent=mallory)


def test_the_topic_says_which_team_and_who_gets_it_first(billing: Topic, other_team: Team):
    ticket = a_ticket(topic=billing)

    assert (ticket.team, ticket.topic) == (other_team, billing)
    assert holders(ticket) == ["Mallory"]
    assert Notification.objects.get().agent.name == "Mallory"
    assert ticket.clock.owner.name == "Mallory"


def test_a_team_or_a_person_that_is_named_weighs_more_than_the_topic(
    billing: Topic, support: Team, aiko: Agent
):
    assert a_ticket(topic=billing, team=support).team == support
    assert holders(a_ticket(topic=billing, team=support, assignee=aiko)) == ["Aiko"]


def test_who_stands_in_gets_what_the_topic_gives_to_somebody_away(
    billing: Topic, other_team: Team, mallory: Agent
):
    nina = AgentFactory(name="Nina")
    add_member(other_team, nina)

    go_away(mallory, until=None, substitute=None)
    waiting = a_ticket(topic=billing)
    go_away(mallory, until=None, substitute=nina)
    stood_in = a_ticket(topic=billing)

    assert holders(waiting, stood_in) == ["–", "Nina"]


def test_when_the_topics_agent_is_full_the_teams_method_decides(
    billing: Topic, other_team: Team, mallory: Agent
):
    nina = AgentFactory(name="Nina")
    add_member(other_team, nina)
    give_out(other_team, Assignment.LEAST_LOADED, Mallory=1)

    assert holders(*(a_ticket(topic=billing) for _ in range(3))) == ["Mallory", "Nina", "Nina"]


def test_a_topic_of_nobody_leaves_it_to_the_team(support: Team, aiko: Agent, ben: Agent):
    ticket = a_ticket(topic=a_topic())
    give_out(support, Assignment.LEAST_LOADED)

    assert holders(ticket, a_ticket(topic=a_topic())) == ["–", "Aiko"]


def test_whoever_left_the_team_gets_nothing_by_its_topic(billing: Topic, mallory: Agent):
    mallory.memberships.all().delete()

    assert holders(a_ticket(topic=billing)) == ["–"]
