from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import numbers, words
from tests.factories import a_customer, a_ticket
from tickets.services.handling import solve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def address(customer):
    return reverse("desk:customer", args=[customer.pk])


def test_one_record_shows_every_channel_and_every_ticket(as_aiko, aiko):
    customer = a_customer()
    customer.contact_points.create(kind="phone", value="03-1234-5678", normalized="0312345678")
    by_phone, by_web = a_ticket(customer=customer, channel="phone"), a_ticket(customer=customer)
    a_ticket(email="noise@example.org")
    solve(by_phone, agent=aiko)

    page = as_aiko.get(address(customer))

    seen = words(page)
    assert "hana@example.com" in seen
    assert "03-1234-5678" in seen
    assert "Open tickets 1" in seen
    assert "Resolved tickets 1" in seen
    assert numbers(page) == [by_web.number, by_phone.number]


def test_a_customer_of_other_teams_does_not_exist(aiko, ben, mallory, other_team):
    customer = a_customer()
    a_ticket(customer=customer)

    assert signed_in(aiko).get(address(customer)).status_code == 200
    assert signed_in(ben).get(address(customer)).status_code == 200
    assert signed_in(mallory).get(address(customer)).status_code == 404


def test_of_a_shared_customer_each_team_sees_its_own_tickets(aiko, mallory, other_team):
    customer = a_customer()
    ours = a_ticket(customer=customer)
    theirs = a_ticket(customer=customer, team=other_team)

    assert numbers(signed_in(aiko).get(address(customer))) == [ours.number]
    assert numbers(signed_in(mallory).get(address(customer))) == [theirs.number]


def test_when_nothing_is_open_the_page_says_so(as_aiko, aiko):
    customer = a_customer()
    solve(a_ticket(customer=customer), agent=aiko)

    assert "Nothing is open. The customer is not waiting for us." in words(
        as_aiko.get(address(customer))
    )


def test_the_japanese_page_addresses_the_customer_once(aiko):
    aiko.language = "ja"
    aiko.save()
    customer = a_customer(name="山田花子様")
    a_ticket(customer=customer)

    seen = words(signed_in(aiko).get(address(customer)))

    assert "山田花子様" in seen
    assert "様様" not in seen


def test_the_page_asks_few_questions_for_many_tickets(as_aiko, django_assert_max_num_queries):
    customer = a_customer()
    for _ in range(10):
        a_ticket(customer=customer)

    # The last one says who looked, when the page has left.
    with django_assert_max_num_queries(10):
        as_aiko.get(address(customer))
