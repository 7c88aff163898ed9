"""One record per person, whatever the spelling and however many ask at once."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from customers.models import ContactPoint, Customer, Organization, OrganizationDomain
from customers.normalizing import normalize_email, normalize_phone
from customers.services import add_contact_point, identify_customer
from tests.factories import a_customer

EMAIL, PHONE = ContactPoint.Kind.EMAIL, ContactPoint.Kind.PHONE


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spelling",
    [
        "hana@example.com",
        "HANA@Example.COM",
        "  hana@example.com ",
        "ｈａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "\u3000hana@example.com\u3000",
    ],
)
def test_every_spelling_of_an_address_is_the_same_person(spelling: str):
    hana = a_customer("hana@example.com")
    a_customer("jiro@example.com")

    assert a_customer(spelling) == hana
    assert Customer.objects.count() == 2


@pytest.mark.django_db
def test_a_new_address_makes_a_record_that_keeps_what_was_typed():
    customer = identify_customer(email="Hana@Example.com ", name=" 山田花子 ", language="ja")

    point = customer.contact_points.get()
    assert (customer.name, customer.language) == ("山田花子", "ja")
    assert (point.value, point.normalized) == ("Hana@Example.com", "hana@example.com")


@pytest.mark.django_db
def test_what_a_stranger_types_changes_no_record_that_exists():
    hana = a_customer("hana@example.com", name="山田花子", language="ja")

    identify_customer(email="hana@example.com", name="Mallory", language="en", time_zone="UTC")

    hana.refresh_from_db()
    assert (hana.name, hana.language, hana.time_zone) == ("山田花子", "ja", "Asia/Tokyo")


@pytest.mark.django_db
def test_a_name_that_was_missing_is_filled_in():
    nameless = a_customer("hana@example.com", name="")

    a_customer("hana@example.com", name="山田花子")

    nameless.refresh_from_db()
    assert nameless.name == "山田花子"


@pytest.mark.django_db
def test_a_customer_may_have_several_addresses():
    hana = a_customer("hana@example.com")
    add_contact_point(hana, kind=EMAIL, value="Hana@Work.example.com")

    assert a_customer("hana@work.example.com") == hana
    assert a_customer("hana@example.com") == hana


@pytest.mark.django_db
def test_an_address_of_somebody_else_cannot_be_added():
    jiro = a_customer("jiro@example.com")
    hana = a_customer("hana@example.com")

    add_contact_point(hana, kind=EMAIL, value="JIRO@example.com")

    assert a_customer("jiro@example.com") == jiro
    assert hana.contact_points.count() == 1


@pytest.mark.django_db
def test_telephone_numbers_are_kept_once_beside_the_others():
    for phone in ("03-1234-5678", "０３（１２３４）５６７８", "+81 3 1234 5678", "090-1111-2222"):
        customer = a_customer("hana@example.com", phone=phone)

    numbers = customer.contact_points.filter(kind=PHONE).values_list("normalized", flat=True)
    assert list(numbers) == ["+81312345678", "+819011112222"]


@pytest.mark.django_db
def test_a_telephone_of_a_household_belongs_to_each_who_gives_it():
    a_customer("hana@example.com", phone="03-1234-5678")
    a_customer("jiro@example.com", phone="03-1234-5678")

    assert ContactPoint.objects.filter(kind=PHONE, normalized="+81312345678").count() == 2
    assert Customer.objects.count() == 2


@pytest.mark.django_db
def test_whoever_writes_from_an_organizations_domain_belongs_to_it():
    acme = Organization.objects.create(name="Acme")
    OrganizationDomain.objects.create(organization=acme, domain="acme.example")

    assert a_customer("hana@ACME.example").organization == acme
    assert a_customer("hana@sub.acme.example").organization is None
    assert a_customer("hana@notacme.example").organization is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("spelling", ["hana@example.com", "HANA@example.com"])
def test_two_inquiries_of_a_new_address_at_once_find_one_record(spelling: str):
    both_have_looked = Barrier(2, timeout=10)
    found: list[Customer] = []

    def ask(address: str) -> None:
        try:
            with transaction.atomic():
                both_have_looked.wait()
                found.append(identify_customer(email=address, name="Hana", language="ja"))
        finally:
            connection.close()

    threads = [Thread(target=ask, args=[each]) for each in ("hana@example.com", spelling)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(found) == 2
    assert found[0] == found[1]
    assert Customer.objects.count() == ContactPoint.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "normalized"),
    [
        ("03-1234-5678", "+81312345678"),
        ("０３ー１２３４ー５６７８", "+81312345678"),
        ("03−1234−5678", "+81312345678"),
        ("+1 (202) 555-0123", "+12025550123"),
        ("ext. 12345", "12345"),
        ("", ""),
    ],
)
def test_telephone_numbers_have_one_spelling(typed: str, normalized: str):
    assert normalize_phone(typed) == normalized


def test_an_address_normalized_twice_is_the_same():
    once = normalize_email("ＨＡＮＡ＠Ｅxample.com ")

    assert once == normalize_email(once) == "hana@example.com"
