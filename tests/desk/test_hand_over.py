from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_ticket, an_inquiry
from tests.html import Page
from tickets.models import HandOver
from tickets.services.handling import assign
from tickets.services.replying import add_note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
WRITTEN = {"problem": "紙詰まり", "tried": "再起動", "next_step": "部品を送る"}


@pytest.fixture
def ticket(aiko):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    add_note(ticket, body="確認中", agent=aiko)
    return ticket


def give(client, ticket, agent=None):
    target = reverse("desk:assignment_create", args=[ticket.number])
    return client.post(target, {"assignee": agent.pk if agent else ""}, follow=True)


def hand_over(client, ticket, to, **fields):
    target = reverse("desk:hand_over_create", args=[ticket.number])
    return client.post(target, {"to": to, **WRITTEN, **fields}, follow=True)


def show(client, ticket):
    return client.get(reverse("desk:ticket", args=[ticket.number]))


def test_the_menu_leads_to_the_brief_with_what_is_known(as_aiko, ben, ticket):
    answer = give(as_aiko, ticket, ben)

    form = next(f for f in Page(answer.content.decode()).forms if "problem" in f.fields)
    assert form.fields["to"] == f"{ticket.team_id}-{ben.pk}"
    assert form.fields["problem"] == ticket.subject
    assert form.fields["promised"].startswith("The customer hears from us by Mon 5 Oct 2026")
    ticket.refresh_from_db()
    assert ticket.assignee.name == "Aiko"


def test_the_new_holder_reads_the_brief_first_until_they_say_so(as_aiko, ben, ticket):
    seen = words(hand_over(as_aiko, ticket, f"{ticket.team_id}-{ben.pk}"))
    assert "Handed over to Ben." in seen
    assert "Aiko handed the ticket over to Ben." in seen
    assert "I have read it" not in seen

    as_ben = signed_in(ben)
    seen = words(show(as_ben, ticket))
    assert seen.index("部品を送る") < seen.index("Show") if "Show" in seen else True
    assert "I have read it" in seen
    as_ben.post(reverse("desk:brief_accept", args=[ticket.number]))

    seen = words(show(as_ben, ticket))
    assert "I have read it" not in seen
    assert "read today 10:00" in seen


def test_whoever_gives_it_to_another_team_comes_back_to_the_list(as_aiko, mallory, ticket):
    seen = words(hand_over(as_aiko, ticket, f"{mallory.teams.get().pk}"))

    assert "Handed over to Billing." in seen
    assert show(as_aiko, ticket).status_code == 404
    assert "部品を送る" in words(show(signed_in(mallory), ticket))


def test_problem_and_next_step_are_asked_for(as_aiko, ben, ticket):
    answer = hand_over(as_aiko, ticket, f"{ticket.team_id}-{ben.pk}", problem="", next_step=" ")

    assert answer.status_code == 422
    assert "Say what the problem is." in words(answer)
    assert "Say what comes next." in words(answer)
    assert "再起動" in answer.text
    assert not HandOver.objects.exists()


def test_taking_it_over_is_one_click(ben, ticket):
    seen = words(give(signed_in(ben), ticket, ben))

    assert "Ben took the ticket." in seen


def test_the_customer_never_reads_a_brief(as_aiko, ben, client):
    opened = an_inquiry()
    hand_over(as_aiko, opened.ticket, f"{opened.ticket.team_id}-{ben.pk}")

    assert HandOver.objects.exists()
    assert "部品を送る" not in client.get(f"/r/{opened.token}/").text


def test_a_bulk_assignment_says_that_it_writes_no_brief(as_aiko, ben, ticket):
    page = as_aiko.get(
        reverse("desk:bulk_new"), {"do": f"assign:{ben.pk}", "ticket": ticket.number}
    )

    assert "No brief is written." in words(page)
