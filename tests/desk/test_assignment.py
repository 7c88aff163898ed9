from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_ticket
from tickets.services.handling import assign, solve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def give(client, ticket, agent=None):
    target = reverse("desk:assignment_create", args=[ticket.number])
    return client.post(target, {"assignee": agent.pk if agent else ""}, follow=True)


def test_one_key_takes_an_unassigned_ticket(as_aiko, aiko):
    ticket = a_ticket()
    page = as_aiko.get(reverse("desk:ticket", args=[ticket.number])).content.decode()
    assert f'name="assignee" value="{aiko.pk}" data-hotkey="t"' in page

    seen = words(give(as_aiko, ticket, aiko))

    ticket.refresh_from_db()
    assert ticket.assignee == aiko
    assert "Aiko took the ticket." in seen


def test_a_colleague_can_be_chosen(as_aiko, ben):
    ticket = a_ticket()

    seen = words(give(as_aiko, ticket, ben))

    ticket.refresh_from_db()
    assert ticket.assignee == ben
    assert "Aiko assigned the ticket to Ben." in seen


def test_a_ticket_can_be_given_back_to_the_team(as_aiko, aiko):
    ticket = a_ticket()
    assign(ticket, to=aiko, by=aiko)

    seen = words(give(as_aiko, ticket))

    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert "Aiko returned the ticket to the team." in seen


def test_nobody_outside_the_team_can_be_given_the_ticket(as_aiko, mallory):
    ticket = a_ticket()

    answer = give(as_aiko, ticket, mallory)

    assert answer.status_code == 422
    assert "Choose somebody from the team of this ticket." in words(answer)
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_a_manager_outside_the_team_is_not_offered_to_take_it(chika):
    ticket = a_ticket()

    seen = words(signed_in(chika).get(reverse("desk:ticket", args=[ticket.number])))

    assert "Take it" not in seen


@pytest.mark.parametrize("name", ["assignment_create", "solution_create", "reopening_create"])
def test_other_teams_cannot_change_the_ticket(aiko, ben, mallory, name):
    ticket = a_ticket()
    target = reverse(f"desk:{name}", args=[ticket.number])

    assert signed_in(mallory).post(target).status_code == 404
    assert signed_in(aiko).post(target).status_code == 302
    assert signed_in(ben).post(target).status_code == 302


def test_a_ticket_is_resolved_without_a_letter(as_aiko):
    ticket = a_ticket()

    page = as_aiko.post(reverse("desk:solution_create", args=[ticket.number]), follow=True)

    assert "Aiko marked the ticket as resolved." in words(page)
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert not ticket.messages.filter(direction="outbound").exists()


def test_resolving_twice_says_that_it_is_done_already(as_aiko, ben):
    ticket = a_ticket()
    solve(ticket, agent=ben)

    page = as_aiko.post(reverse("desk:solution_create", args=[ticket.number]), follow=True)

    assert "This ticket is resolved already." in words(page)


def test_reopening_makes_a_new_promise(as_aiko, aiko):
    ticket = a_ticket()
    solve(ticket, agent=aiko)

    page = as_aiko.post(reverse("desk:reopening_create", args=[ticket.number]), follow=True)

    assert "Aiko reopened the ticket." in words(page)
    ticket.refresh_from_db()
    assert ticket.next_contact_at is not None
