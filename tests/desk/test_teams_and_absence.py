from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Agent, Team
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.factories import a_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_at_ten")]


def settings_of(team):
    return reverse("desk:settings_team", args=[team.pk])


def test_a_lead_changes_who_gets_the_tickets_of_the_team(support, aiko, ben):
    seat = support.memberships.get(agent=aiko)
    sent = {"assignment": "round_robin", "takes_back_after": "1:30", f"capacity_{seat.pk}": "5"}

    page = signed_in(ben).post(f"{settings_of(support)}update/", sent, follow=True)

    assert "Saved. It holds for what arrives from now on." in words(page)
    support.refresh_from_db()
    seat.refresh_from_db()
    assert (support.assignment, support.takes_back_after) == ("round_robin", timedelta(minutes=90))
    assert seat.capacity == 5
    assert 'value="1:30"' in page.text


def test_what_makes_no_sense_is_refused_with_a_sentence(support, ben):
    sent = {"assignment": "by magic", "takes_back_after": "soon"}

    page = signed_in(ben).post(f"{settings_of(support)}update/", sent)

    assert page.status_code == 422
    support.refresh_from_db()
    assert support.assignment == "manual"


def test_managers_read_and_other_leads_do_not_even_that(support, other_team, ben, chika):
    page = signed_in(chika).get(settings_of(support))

    assert "Only administrators and the team's leads can change this." in words(page)
    assert signed_in(chika).post(f"{settings_of(support)}update/").status_code == 404
    assert signed_in(ben).get(settings_of(other_team)).status_code == 404


def test_somebody_goes_away_and_comes_back(as_aiko, aiko, ben, mallory):
    page = as_aiko.get(reverse("desk:availability"))
    assert "Ben" in words(page)
    assert "Mallory" not in words(page), "who does not see the tickets cannot stand in"

    sent = {"until": "2026-10-07T09:00", "substitute": ben.pk}
    page = as_aiko.post(reverse("desk:availability_update"), sent, follow=True)
    assert "You are away until Wed 7 Oct 09:00. Ben stands in for you." in words(page)
    aiko.refresh_from_db()
    assert aiko.is_away_at(MONDAY_AT_TEN)

    page = as_aiko.post(reverse("desk:availability_update"), {"is": "back"}, follow=True)
    assert "You are available: new tickets can come to you." in words(page)


def test_an_absence_that_is_over_already_is_refused(as_aiko, aiko):
    page = as_aiko.post(reverse("desk:availability_update"), {"until": "2026-10-04T09:00"})

    assert page.status_code == 422
    aiko.refresh_from_db()
    assert not aiko.is_away


def test_the_menu_says_who_is_away(as_aiko, ben):
    Agent.objects.filter(pk=ben.pk).update(is_away=True)
    ticket = a_ticket()

    assert "Ben (away)" in words(as_aiko.get(f"/desk/tickets/{ticket.number}/"))


def test_the_star_of_an_important_customer_is_seen_everywhere(as_aiko, support):
    ticket = a_ticket()
    page = reverse("desk:customer", args=[ticket.customer_id])
    assert "No longer VIP" not in words(as_aiko.get(page))

    seen = as_aiko.post(f"{page}vip/", {"is_vip": "yes"}, follow=True)

    assert "No longer VIP" in words(seen)
    assert "VIP" in words(as_aiko.get(f"/desk/tickets/{ticket.number}/"))
    assert 'aria-label="VIP"' in as_aiko.get("/desk/").text
    as_aiko.post(f"{page}vip/", {"is_vip": "no"})
    assert 'aria-label="VIP"' not in as_aiko.get("/desk/").text


def test_teams_are_found_in_the_settings(chika, support):
    assert settings_of(Team.objects.get()) in signed_in(chika).get("/desk/settings/").text
