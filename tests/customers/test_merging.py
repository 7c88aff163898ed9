from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from customers.exceptions import AddressTaken, BadAddress, CannotBeMerged
from customers.merging import remember_different
from customers.models import Customer
from customers.selectors import likely_duplicates
from customers.services import write_customer_note
from tests.factories import a_customer, a_ticket
from tickets.searching.finding import find
from tickets.searching.query import read_query
from tickets.services.customer_records import (
    add_address,
    change_customer,
    merge_customers,
    remove_address,
    separate_customers,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def hana():
    return a_customer("hana@example.com", "山田花子")


@pytest.fixture
def same_hana():
    customer = a_customer("hanako@example.org", "山田 花子")
    customer.contact_points.create(kind="phone", value="03-1234-5678", normalized="+81312345678")
    return customer


def found(words, agent):
    page = find(read_query(words), agent=agent, now=timezone.now())
    return [match.ticket_id for match in page.matches]


def test_a_merge_moves_tickets_addresses_and_notes(hana, same_hana, aiko, monday_at_ten):
    ticket, theirs = a_ticket(customer=hana), a_ticket(customer=same_hana)
    write_customer_note(same_hana, body="お電話は午前中に", agent=aiko, now=timezone.now())

    merge_customers(same_hana, into=hana, agent=aiko)

    assert set(hana.tickets.all()) == {ticket, theirs}
    theirs.refresh_from_db()
    assert theirs.clock.customer == hana
    assert theirs.messages.get().customer == hana
    assert {point.value for point in hana.contact_points.all()} == {
        "hana@example.com",
        "hanako@example.org",
        "03-1234-5678",
    }
    assert hana.notes.get().body == "お電話は午前中に"


def test_whoever_writes_from_the_other_address_is_the_same_person(hana, same_hana, aiko):
    merge_customers(same_hana, into=hana, agent=aiko)

    assert a_customer("hanako@example.org").pk == hana.pk


def test_an_undone_merge_leaves_both_as_they_were(hana, same_hana, aiko):
    ticket, theirs = a_ticket(customer=hana), a_ticket(customer=same_hana)
    merge = merge_customers(same_hana, into=hana, agent=aiko)

    separate_customers(merge)

    assert list(hana.tickets.all()) == [ticket]
    assert list(same_hana.tickets.all()) == [theirs]
    assert [point.value for point in hana.contact_points.all()] == ["hana@example.com"]
    assert same_hana.contact_points.count() == 2


def test_a_record_without_a_name_takes_it_over_and_gives_it_back(same_hana, aiko):
    nameless = a_customer("info@example.com", "")
    merge = merge_customers(same_hana, into=nameless, agent=aiko)
    nameless.refresh_from_db()
    assert nameless.name == "山田 花子"

    separate_customers(merge)

    nameless.refresh_from_db()
    assert nameless.name == ""


def test_a_telephone_of_both_is_not_doubled_and_comes_back(hana, same_hana, aiko):
    hana.contact_points.create(kind="phone", value="0312345678", normalized="+81312345678")
    merge = merge_customers(same_hana, into=hana, agent=aiko)
    assert hana.contact_points.filter(kind="phone").count() == 1

    separate_customers(merge)

    assert same_hana.contact_points.filter(kind="phone").count() == 1


def test_a_chain_of_merges_leads_to_the_last_record(hana, same_hana, aiko):
    third = a_customer("yamada@example.net", "山田")
    first = merge_customers(same_hana, into=hana, agent=aiko)
    second = merge_customers(hana, into=third, agent=aiko)
    same_hana.refresh_from_db()
    assert same_hana.merged_into == third

    with pytest.raises(CannotBeMerged, match="no longer merged"):
        separate_customers(first)
    separate_customers(second)

    same_hana.refresh_from_db()
    assert same_hana.merged_into == hana
    separate_customers(first)
    same_hana.refresh_from_db()
    assert same_hana.merged_into is None


def test_after_thirty_days_a_merge_stands(hana, same_hana, aiko, monday_at_ten):
    merge = merge_customers(same_hana, into=hana, agent=aiko, now=timezone.now())

    with pytest.raises(CannotBeMerged, match="30 days"):
        separate_customers(merge, now=timezone.now() + timedelta(days=30, seconds=1))


def test_one_record_cannot_be_merged_with_itself_or_twice(hana, same_hana, aiko):
    with pytest.raises(CannotBeMerged, match="same record"):
        merge_customers(hana, into=hana, agent=aiko)
    merge_customers(same_hana, into=hana, agent=aiko)
    with pytest.raises(CannotBeMerged, match="already"):
        merge_customers(same_hana, into=hana, agent=aiko)


def test_a_ticket_opened_with_the_old_record_is_the_survivors(hana, same_hana, aiko):
    merge_customers(same_hana, into=hana, agent=aiko)

    assert a_ticket(customer=same_hana, email="hanako@example.org").customer == hana


def test_the_search_finds_the_tickets_by_all_addresses(hana, same_hana, aiko):
    ticket = a_ticket(customer=hana)
    merge_customers(same_hana, into=hana, agent=aiko)

    assert ticket.pk in found("hanako@example.org", aiko)


def test_the_same_name_or_number_is_suggested_until_somebody_says_no(hana, same_hana, aiko):
    a_customer("noise@example.com", "鈴木一郎")
    everybody = Customer.objects.all()
    assert likely_duplicates(hana, among=everybody) == [same_hana]

    remember_different(same_hana, hana, agent=aiko)

    assert likely_duplicates(hana, among=everybody) == []
    assert likely_duplicates(same_hana, among=everybody) == []


def test_a_corrected_name_and_organisation_are_found_at_once(hana, aiko):
    ticket = a_ticket(customer=hana)
    change_customer(
        hana, name="佐藤花子", organization="みなと商事", language="en", time_zone="Europe/Paris"
    )
    change_customer(
        a_customer("b@example.com"),
        name="B",
        organization="みなと商事",
        language="ja",
        time_zone="Asia/Tokyo",
    )

    hana.refresh_from_db()
    assert (hana.organization.name, hana.time_zone) == ("みなと商事", "Europe/Paris")
    assert hana.organization.customers.count() == 2
    assert ticket.pk in found("佐藤", aiko)


def test_an_address_of_somebody_else_is_refused_with_their_name(hana, same_hana):
    with pytest.raises(AddressTaken) as taken:
        add_address(hana, kind="email", value="Hanako@example.org")

    assert taken.value.holder == same_hana.pk


@pytest.mark.parametrize(
    ("kind", "value"), [("email", "nobody"), ("phone", "none"), ("phone", "１２")]
)
def test_what_is_no_address_is_refused(hana, kind, value):
    with pytest.raises(BadAddress):
        add_address(hana, kind=kind, value=value)


def test_the_addresses_of_carriers_are_taken_as_they_are(hana):
    add_address(hana, kind="email", value="taro..yama.@docomo.example.jp")

    assert hana.contact_points.filter(value="taro..yama.@docomo.example.jp").exists()


def test_letters_go_to_the_next_address_when_one_is_removed(hana):
    ticket = a_ticket(customer=hana)
    add_address(hana, kind="email", value="new@example.com")

    remove_address(hana.contact_points.get(value="hana@example.com"))

    ticket.refresh_from_db()
    assert ticket.reply_address == ""
    with pytest.raises(BadAddress, match="only way"):
        remove_address(hana.contact_points.get())
