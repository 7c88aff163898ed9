"""The only writers of customer records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import Case, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.prepared import prepared
from customers.exceptions import AddressTaken, BadAddress
from customers.models import (
    ContactPoint,
    Customer,
    CustomerNote,
    Organization,
    OrganizationDomain,
)
from customers.normalizing import domain_of, normalize_email, normalize_phone
from topics.models import Field
from topics.selectors import definitions
from topics.values import merged, read_values

Kind = ContactPoint.Kind
# What weighs more than that letters do not arrive.
WANT_NO_MACHINES = [ContactPoint.State.COMPLAINED, ContactPoint.State.UNSUBSCRIBED]
ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+")
NUMBER = re.compile(r"\+?\d{6,15}")
# ContactPoint.words of all, read with the record, because every inquiry needs them.
ADDRESSES = ArraySubquery(
    ContactPoint.objects.filter(customer=OuterRef("pk"))
    .annotate(
        line=Case(
            When(value=F("normalized"), then=F("value")),
            default=Concat("value", Value(" "), "normalized"),
        )
    )
    .order_by("pk")
    .values("line")
)


@transaction.atomic(savepoint=False)
def identify_customer(
    *, email: str, name: str = "", phone: str = "", language: str, time_zone: str = ""
) -> Customer:
    """The one record this address belongs to, made now (`is_new`) if the address is new.

    Without an address it is a new record: a telephone may be shared, so it identifies nobody.
    What a stranger types never changes a record that exists: a form proves no identity. A missing
    name is filled in, and a new telephone number is added beside the others.
    """
    address = normalize_email(email)
    customer = _find(address) if address else None
    if customer is None:
        customer = _create(address, email, name, language, time_zone)
    else:
        _fill_in_name(customer, name)
    if phone:
        add_contact_point(customer, kind=Kind.PHONE, value=phone)
    return customer


def mark_as_vip(customer: Customer, *, is_vip: bool) -> None:
    """Say whether their tickets come first when tickets wait for somebody to have time."""
    customer.is_vip = is_vip
    customer.save(update_fields=["is_vip"])


def add_contact_point(customer: Customer, *, kind: str, value: str) -> None:
    """Remember one more way to reach the customer; one that is known already changes nothing.

    Whatever else shows the customer's addresses is told by `is_changed` to look again.
    """
    normalize = normalize_email if kind == Kind.EMAIL else normalize_phone
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(
                customer=customer, kind=kind, value=value.strip(), normalized=normalize(value)
            )
        ],
        ignore_conflicts=True,
    )
    customer.is_changed, customer.known_addresses = True, None


@transaction.atomic
def update_customer(
    customer: Customer, *, name: str, organization: str, language: str, time_zone: str
) -> Customer:
    """Correct the record. An organisation is named; one that nobody has named before is made. Who
    comes to another one may not read what its people asked until somebody says so."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    before = customer.organization_id
    customer.name, customer.language, customer.time_zone = name.strip(), language, time_zone
    customer.organization = _organization_named(organization.strip())
    if customer.organization_id != before:
        customer.sees_organization = False
    customer.save(
        update_fields=["name", "language", "time_zone", "organization", "sees_organization"]
    )
    return customer


@transaction.atomic
def let_see_organization(customer: Customer, *, may: bool, by: Agent, now: datetime) -> bool:
    """Say whether they may read what others of their organisation ask; it is kept in their history
    who said so. False when nothing changes, or when they belong to none."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if customer.sees_organization == may or (may and customer.organization is None):
        return False
    customer.sees_organization = may
    customer.save(update_fields=["sees_organization"])
    if may:
        said = _("May read the inquiries of %(organization)s from now on.")
    else:
        said = _("May no longer read the inquiries of %(organization)s.")
    name = customer.organization.name if customer.organization else "–"
    write_customer_note(customer, body=said % {"organization": name}, agent=by, now=now)
    return True


def set_time_zone(customer: Customer, *, time_zone: str) -> None:
    """Promised times are named in it from now on."""
    Customer.objects.filter(pk=customer.pk).update(time_zone=time_zone)


@transaction.atomic
def set_customer_fields(customer: Customer, *, values: Mapping[str, str]) -> Customer:
    """What these fields say, as it was typed, by their keys; the others stay.

    Raises topics.exceptions.BadValues when one of them does not take it.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    new = read_values(definitions().fields_of(Field.Of.CUSTOMER), values)
    customer.fields = merged(customer.fields, new)
    customer.save(update_fields=["fields"])
    return customer


@transaction.atomic
def add_address(customer: Customer, *, kind: str, value: str) -> None:
    """One more way to reach the customer, as an agent knows it.

    Raises BadAddress for what is no address, and AddressTaken when it is another customer's.
    """
    if kind == Kind.PHONE:
        if not NUMBER.fullmatch(normalize_phone(value)):
            raise BadAddress(_("This is not a telephone number."))
        add_contact_point(customer, kind=kind, value=value)
        return
    normalized = normalize_email(value)
    if not is_email(normalized):
        raise BadAddress(_("This is not an email address."))
    add_contact_point(customer, kind=kind, value=value)
    holder = ContactPoint.objects.get(kind=Kind.EMAIL, normalized=normalized).customer_id
    if holder != customer.pk:
        raise AddressTaken(_("This address belongs to another customer."), holder=holder)


def is_email(normalized: str) -> bool:
    """Whether a letter could be sent there. Japanese carriers gave out addresses such as
    taro..yama.@docomo.ne.jp, so no more than this is asked."""
    return ADDRESS.fullmatch(normalized) is not None


@transaction.atomic
def remove_address(point: ContactPoint) -> None:
    """Forget one way to reach the customer. Raises BadAddress for the last one."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=point.customer_id)
    if customer.contact_points.count() == 1:
        raise BadAddress(_("This is the only way to reach the customer. Add another one first."))
    point.delete()


def write_customer_note(
    customer: Customer, *, body: str, agent: Agent, now: datetime
) -> CustomerNote:
    """Tell colleagues what they should know of this person."""
    return CustomerNote.objects.create(
        customer=customer, body=body.strip(), agent=agent, written_at=now
    )


def hold_customer(customer: Customer) -> Customer:
    """The record that stands for this person now, held until the transaction ends: it may have been
    merged a moment ago."""
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    return hold_customer(held.merged_into) if held.merged_into else held


def _organization_named(name: str) -> Organization | None:
    if not name:
        return None
    known = Organization.objects.filter(name__iexact=name).order_by("pk").first()
    return known or Organization.objects.create(name=name)


def flag_address(email: str, *, state: str, now: datetime) -> bool:
    """Note what is known against writing to this address; what weighs more stays. Whether it is
    anybody's."""
    points = ContactPoint.objects.filter(kind=Kind.EMAIL, normalized=normalize_email(email))
    fresh = points.exclude(state__in=WANT_NO_MACHINES).exclude(state=state)
    fresh.update(state=state, state_since=now)
    return points.exists()


def clear_address(email: str) -> bool:
    """Letters arrive there again, or somebody has seen to it; whether anything stood against it.

    Who wants no automatic mail has not changed their mind because a letter arrived: see
    `forgive_address`.
    """
    points = ContactPoint.objects.filter(kind=Kind.EMAIL, normalized=normalize_email(email))
    return bool(points.filter(state=ContactPoint.State.BOUNCED).update(state="", state_since=None))


def forgive_address(point: ContactPoint) -> None:
    """An agent has talked to the customer: the address is as good as any."""
    ContactPoint.objects.filter(pk=point.pk).update(state="", state_since=None)


def wants_no_automatic_mail(email: str) -> bool:
    """Whether machines must not write there."""
    points = ContactPoint.objects.filter(kind=Kind.EMAIL, normalized=normalize_email(email))
    return points.filter(state__in=WANT_NO_MACHINES).exists()


def _find(address: str) -> Customer | None:
    """The record, held until the transaction ends: inquiries of one person take turns, so that
    what is counted per person is counted right."""
    found = next(iter(_held(address)), None)
    if found is None:
        return None
    customer: Customer = found
    customer.known_addresses = found.addresses
    customer.wants_no_automatic_mail = found.address_state in WANT_NO_MACHINES
    return customer


@prepared
def _held(address: str) -> QuerySet[Any, Any]:
    found = Customer.objects.filter(
        contact_points__kind=Kind.EMAIL, contact_points__normalized=address
    )
    found = found.annotate(addresses=ADDRESSES, address_state=F("contact_points__state"))
    return found.select_for_update(of=("self",), no_key=True).order_by("pk")[:1]


@prepared
def _organization_at(domain: str) -> QuerySet[OrganizationDomain, int]:
    return OrganizationDomain.objects.filter(domain=domain).values_list("organization", flat=True)


def _create(address: str, email: str, name: str, language: str, time_zone: str) -> Customer:
    """A new record, unless another inquiry from the same new address was a moment faster."""
    customer = Customer(name=name.strip(), language=language)
    customer.organization_id = next(iter(_organization_at(domain_of(address))), None)
    if time_zone:
        customer.time_zone = time_zone
    customer.save(force_insert=True)
    if not address:
        customer.is_new = True
        return customer
    if _claim_address(customer, address, email):
        customer.is_new = True
        point = ContactPoint(value=email.strip(), normalized=address)
        customer.known_addresses = [point.words]
        return customer
    customer.delete()
    return _find(address) or _create(address, email, name, language, time_zone)


def _claim_address(customer: Customer, address: str, email: str) -> bool:
    """Bind the address to this record; one statement, which waits for whoever is doing the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_contactpoint (customer_id, kind, value, normalized, created_at)"
            " VALUES (%s, 'email', %s, %s, now())"
            " ON CONFLICT (normalized) WHERE kind = 'email' DO NOTHING",
            [customer.pk, email.strip(), address],
        )
        return bool(cursor.rowcount)


def _fill_in_name(customer: Customer, name: str) -> None:
    if name.strip() and not customer.name:
        customer.name = name.strip()
        customer.save(update_fields=["name"])
        customer.is_changed = True
