"""The only writers of customer records."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import Case, F, OuterRef, Value, When
from django.db.models.functions import Concat

from customers.models import ContactPoint, Customer, OrganizationDomain
from customers.normalizing import domain_of, normalize_email, normalize_phone

Kind = ContactPoint.Kind
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


def _find(address: str) -> Customer | None:
    """The record, held until the transaction ends: inquiries of one person take turns, so that
    what is counted per person is counted right."""
    found = Customer.objects.filter(
        contact_points__kind=Kind.EMAIL, contact_points__normalized=address
    )
    found = found.annotate(addresses=ADDRESSES)
    customer = found.select_for_update(of=("self",), no_key=True).first()
    if customer is not None:
        customer.known_addresses = customer.addresses
    return customer


def _create(address: str, email: str, name: str, language: str, time_zone: str) -> Customer:
    """A new record, unless another inquiry from the same new address was a moment faster."""
    customer = Customer(name=name.strip(), language=language)
    domain = OrganizationDomain.objects.filter(domain=domain_of(address)).first()
    customer.organization_id = domain.organization_id if domain else None
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
