"""Customers are forgotten when their time is over, and nobody else is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from customers.models import Customer
from privacy.models import Erasure
from privacy.retention import forget_due, retention, save_retention
from tests.conftest import signed_in
from tests.factories import a_customer, a_ticket
from tickets.services.customer_records import merge_customers
from tickets.services.handling import solve
from tickets.services.replying import receive_reply

RETENTION = "/desk/settings/retention/"
YEAR = timedelta(days=366)


@pytest.fixture
def old(support, aiko, monday_at_ten):
    """A customer whose ticket was resolved more than a year ago, and one whose is open."""
    solved = a_ticket(email="old@example.com")
    solve(solved, agent=aiko)
    a_ticket(email="open@example.com")
    monday_at_ten.shift(YEAR)
    return solved.customer


def erased():
    return set(Erasure.objects.values_list("customer", flat=True))


def test_nobody_goes_as_long_as_nobody_has_set_it(old):
    assert retention().months is None
    assert forget_due() == 0


def test_whose_time_is_over_goes_and_whose_ticket_is_open_stays(old, admin):
    save_retention(months=12, by=admin)
    assert (forget_due(), forget_due()) == (1, 0)
    assert erased() == {old.pk}
    old.refresh_from_db()
    assert old.name == ""


def test_who_wrote_lately_stays_and_so_does_a_new_record(old, admin):
    other = a_ticket(email="old@example.com", customer=old)
    solve(other, agent=admin)
    a_customer("new@example.com")
    save_retention(months=12, by=admin)
    assert forget_due() == 0


def test_what_happens_in_a_merged_record_counts(old, admin, aiko):
    lively = a_ticket(email="lively@example.com")
    solve(lively, agent=aiko)
    merge_customers(lively.customer, into=old, agent=aiko)
    save_retention(months=12, by=admin)
    assert forget_due() == 0


def test_a_word_in_a_resolved_ticket_is_a_sign_of_life(old, admin):
    receive_reply(old.tickets.get(), body="ありがとうございました。", channel="web")
    save_retention(months=12, by=admin)
    assert forget_due() == 0


def test_it_is_shown_first_and_asked_for_twice(old, admin):
    browser = signed_in(admin)
    page = browser.get(RETENTION, {"months": "12"}).text
    assert "The time of 1 customer is over." in page
    assert f"/desk/customers/{old.pk}/" in page
    assert f"/desk/customers/{Customer.objects.exclude(pk=old.pk).get().pk}/" not in page

    answer = browser.post(f"{RETENTION}update/", {"months": "12"})
    assert answer.status_code == 422
    assert "Tick this to have customers erased." in answer.text
    assert retention().months is None

    browser.post(f"{RETENTION}update/", {"months": "12", "is_known": "on"})
    assert retention().months == 12
    browser.post(f"{RETENTION}update/", {"months": ""})
    assert retention().months is None


@pytest.mark.parametrize("months", ["0", "2", "-5", "9999", "x", "１２x"])
def test_a_time_that_makes_no_sense_is_refused(admin, months):
    answer = signed_in(admin).post(f"{RETENTION}update/", {"months": months, "is_known": "on"})
    assert answer.status_code == 422
    assert retention().months is None
