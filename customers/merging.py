"""Two records of one person become one, and can be taken apart again for thirty days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Agent
from customers.exceptions import CannotBeMerged
from customers.models import (
    ContactPoint,
    Customer,
    CustomerMerge,
    DifferentPeople,
)

# These tell of the merging itself and stay where they are.
OWN = (Customer, CustomerMerge, DifferentPeople)
OF_FIELDS = "fields."


@transaction.atomic
def merge_records(
    customer: Customer, *, into: Customer, agent: Agent, now: datetime
) -> CustomerMerge:
    """Give all that refers to `customer` to `into`, which takes over a name and an organisation
    where it has none.

    Raises CannotBeMerged for one record twice and for a record that was merged before.
    """
    customer, into = _hold(customer, into)
    if customer.pk == into.pk:
        raise CannotBeMerged(_("This is the same record. Choose another one."))
    if customer.merged_into_id or into.merged_into_id:
        raise CannotBeMerged(_("One of these records has been merged already."))
    moved = {_name(field): _move(field, customer, into) for field in _references()}
    taken = _take_over(into, customer)
    Customer.objects.filter(merged_into=customer).update(merged_into=into)
    customer.merged_into = into
    customer.save(update_fields=["merged_into"])
    return CustomerMerge.objects.create(
        customer=customer, into=into, at=now, agent=agent, moved=moved | {"taken": taken}
    )


@transaction.atomic
def undo_merge(merge: CustomerMerge, *, now: datetime) -> Customer:
    """Give back what was moved, as far as it is still there, and return the record that stands
    again. What came since stays where it is.

    Raises CannotBeMerged after thirty days, a second time, and when the other record has itself
    been merged since.
    """
    customer, into = _hold(merge.customer, merge.into)
    merge = CustomerMerge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at or into.merged_into_id:
        raise CannotBeMerged(_("These records are no longer merged like this."))
    if now - merge.at > CustomerMerge.UNDOABLE:
        raise CannotBeMerged(_("A merge can be taken back for 30 days. Those are over."))
    for field in _references():
        rows = field.model._default_manager.filter(  # noqa: SLF001 - Django's own name
            pk__in=merge.moved.get(_name(field), []), **{field.name: into}
        )
        rows.update(**{field.name: customer})
    _give_back(into, merge.moved["taken"])
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])
    customer.merged_into = None
    customer.save(update_fields=["merged_into"])
    Customer.objects.filter(pk__in=_absorbed_through(customer)).update(merged_into=customer)
    return customer


def remember_different(one: Customer, other: Customer, *, agent: Agent) -> None:
    """These two look alike and are two people; they are not suggested again."""
    first, second = sorted((one, other), key=lambda each: each.pk)
    DifferentPeople.objects.get_or_create(one=first, other=second, defaults={"agent": agent})


def _hold(*customers: Customer) -> list[Customer]:
    """The records, held in one order so that two merges never wait for each other, as given."""
    held = Customer.objects.select_for_update(no_key=True).order_by("pk")
    found = {each.pk: each for each in held.filter(pk__in=[each.pk for each in customers])}
    return [found[each.pk] for each in customers]


def _references() -> Iterator[models.ForeignKey[Customer, Customer]]:
    """Every foreign key to a customer in the whole product, found in the models themselves: this
    room must not know the rooms above it, and none may be forgotten."""
    for relation in Customer._meta.related_objects:  # noqa: SLF001 - Django's documented way
        if relation.related_model not in OWN and isinstance(relation.field, models.ForeignKey):
            yield relation.field


def _name(field: models.ForeignKey[Customer, Customer]) -> str:
    return f"{field.model._meta.label_lower}.{field.name}"  # noqa: SLF001 - Django's documented way


def _move(
    field: models.ForeignKey[Customer, Customer], customer: Customer, into: Customer
) -> list[int]:
    rows = field.model._default_manager.filter(**{field.name: customer})  # noqa: SLF001
    if field.model is ContactPoint:
        # A telephone that both have stays with the record that is left.
        known = ContactPoint.objects.filter(customer=into)
        rows = rows.exclude(
            Q(kind=ContactPoint.Kind.PHONE)
            & Q(normalized__in=known.filter(kind=ContactPoint.Kind.PHONE).values("normalized"))
        )
    keys = list(rows.values_list("pk", flat=True))
    field.model._default_manager.filter(pk__in=keys).update(**{field.name: into})  # noqa: SLF001
    return keys


def _take_over(into: Customer, customer: Customer) -> list[str]:
    """What the surviving record did not know; the names of those columns, and "fields." and the
    keys of those fields."""
    taken = [
        name
        for name in ("name", "organization_id")
        if getattr(customer, name) and not getattr(into, name)
    ]
    for name in taken:
        setattr(into, name, getattr(customer, name))
    said = [key for key in customer.fields if key not in into.fields]
    into.fields = {**customer.fields, **into.fields}
    if taken or said:
        into.save(update_fields=["fields", *(name.removesuffix("_id") for name in taken)])
    return [*taken, *(f"{OF_FIELDS}{key}" for key in said)]


def _give_back(into: Customer, taken: list[str]) -> None:
    columns = [name for name in taken if not name.startswith(OF_FIELDS)]
    for name in columns:
        setattr(into, name, None if name.endswith("_id") else "")
    kept = {key: said for key, said in into.fields.items() if f"{OF_FIELDS}{key}" not in taken}
    into.fields = kept
    if taken:
        into.save(update_fields=["fields", *(name.removesuffix("_id") for name in columns)])


def _absorbed_through(customer: Customer) -> set[int]:
    """The records that were merged into this one, directly or by way of others."""
    found: set[int] = set()
    around = {customer.pk}
    while around:
        merges = CustomerMerge.objects.filter(into__in=around, undone_at=None)
        around = set(merges.exclude(customer__in=found).values_list("customer", flat=True))
        found |= around
    return found
