from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.db.models import QuerySet

from accounts.models import Agent
from common.prepared import prepared
from customers.models import Customer

pytestmark = pytest.mark.django_db
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def customers() -> list[Customer]:
    made = [
        Customer.objects.create(name=name, language="en", time_zone="UTC")
        for name in ["Ada", "Bo", "Cy"]
    ]
    for day, customer in enumerate(made):
        at = NEW_YEAR + timedelta(days=day)
        Customer.objects.filter(pk=customer.pk).update(created_at=at)
    return made


@prepared
def since(moment: datetime, without: str) -> QuerySet[Customer]:
    found = Customer.objects.filter(created_at__gte=moment).exclude(name=without)
    return found.select_related("organization").order_by("pk")


def test_each_call_gets_the_rows_of_its_own_arguments(customers: list[Customer]) -> None:
    assert [row.name for row in since(NEW_YEAR, "Bo")] == ["Ada", "Cy"]
    assert [row.name for row in since(NEW_YEAR + timedelta(days=1), "Cy")] == ["Bo"]
    assert since(NEW_YEAR, "Bo") == [customers[0], customers[2]]


def test_a_row_is_read_anew_each_time(customers: list[Customer]) -> None:
    since(NEW_YEAR, "Bo")
    Customer.objects.filter(name="Ada").update(name="Ida")
    assert [row.name for row in since(NEW_YEAR, "Bo")] == ["Ida", "Cy"]


def test_the_query_is_built_once(customers: list[Customer]) -> None:
    built: list[int] = []

    @prepared
    def of_key(pk: int) -> QuerySet[Customer]:
        built.append(pk)
        return Customer.objects.filter(pk=pk)

    found = [of_key(customer.pk) for customer in customers]
    assert found == [[customer] for customer in customers]
    assert len(built) == 1


def test_none_and_flags_and_ranges_are_part_of_the_query(customers: list[Customer]) -> None:
    @prepared
    def some(pk: int | None, backwards: bool, window: range) -> QuerySet[Customer]:
        found = Customer.objects.all() if pk is None else Customer.objects.filter(pk=pk)
        ordered: QuerySet[Customer] = found.order_by("-pk" if backwards else "pk")
        return ordered[window.start : window.stop]

    ada, bo, cy = customers
    assert some(None, False, range(2)) == [ada, bo]
    assert some(None, True, range(2)) == [cy, bo]
    assert some(bo.pk, True, range(2)) == [bo]
    assert some(None, False, range(1, 3)) == [bo, cy]


def test_arguments_may_be_named(customers: list[Customer]) -> None:
    @prepared
    def named(*, name: str, pk: int) -> QuerySet[Customer, Any]:
        return Customer.objects.filter(name=name, pk=pk).values("name")

    ada, bo, _cy = customers
    assert named(name="Ada", pk=ada.pk) == [{"name": "Ada"}]
    assert named(pk=bo.pk, name="Bo") == [{"name": "Bo"}]
    assert named(pk=bo.pk, name="Ada") == []


def test_an_argument_that_is_no_parameter_as_it_is_is_refused() -> None:
    @prepared
    def beginning_with(name: str) -> QuerySet[Agent]:
        return Agent.objects.filter(name__startswith=name)

    with pytest.raises(ValueError, match="no parameters"):
        beginning_with("A")


@pytest.mark.django_db(transaction=True)
def test_threads_use_connections_of_their_own(customers: list[Customer]) -> None:
    since(NEW_YEAR, "Bo")
    found: list[list[Customer]] = []

    def ask() -> None:
        found.append(since(NEW_YEAR, "Ada"))
        connections.close_all()

    threads = [Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [customers[1:]] * 4
