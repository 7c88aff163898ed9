from __future__ import annotations

import pytest

from customers.models import Customer
from customers.selectors import find_customers
from customers.services import identify_customer
from tests.factories import a_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def hana() -> Customer:
    a_customer("jiro@example.com", "鈴木次郎", phone="06-9999-0000")
    return a_customer("Hana.Yamada@example.com", "山田 花子", phone="03-1234-5678")


@pytest.mark.parametrize(
    "text",
    [
        *("山田", "花子", "山田花子", "山田　花子", "hana.yam", "HANA", "ｈａｎａ"),
        *("03-1234-5678", "0312345678", "+81 3 1234 5678", "０３ー１２３４", "5678", "(03) 1234"),
    ],
)
def test_a_customer_is_found_by_any_part_however_it_is_written(hana: Customer, text: str):
    assert find_customers(text, among=Customer.objects.all()) == [hana]


@pytest.mark.parametrize("text", ["", " ", "山", "03", "-", "%", "_", "佐藤", "9876"])
def test_too_little_or_something_else_finds_nobody(hana: Customer, text: str):
    assert find_customers(text, among=Customer.objects.all()) == []


def test_only_those_who_may_be_seen_are_found(hana: Customer):
    assert find_customers("山田", among=Customer.objects.exclude(pk=hana.pk)) == []


def test_somebody_with_a_telephone_only_is_a_record_of_their_own():
    """Two people may share one telephone."""
    first, second = (
        identify_customer(email="", name=name, phone="03-1111-2222", language="ja")
        for name in ("父", "母")
    )

    assert first != second
    assert [point.kind for point in first.contact_points.all()] == ["phone"]
    found = find_customers("0311112222", among=Customer.objects.all())
    assert {customer.name for customer in found} == {"父", "母"}
