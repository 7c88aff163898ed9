"""The only writers of customer records."""

from __future__ import annotations

from django.db import connection, transaction

from customers.models import ContactPoint, Customer, OrganizationDomain
from customers.normalizing import domain_of, normalize_email, normalize_phone

Kind = ContactPoint.Kind


@transaction.atomic
def identify_customer(
    *, email: str, name: str = "", phone: str = "", language: str, time_zone: str = ""
) -> Customer:
    """The one record this address belongs to, made now if the address is new.

    What a stranger types never changes a record that exists: a form proves no identity. A missing
    name is filled in, and a new telephone number is added beside the others.
    """
    address = normalize_email(email)
    _hold_address(address)
    point = (
        ContactPoint.objects.filter(kind=Kind.EMAIL, normalized=address)
        .select_related("customer")
        .first()
    )
    if point is None:
        customer = _create_customer(address, email, name, language, time_zone)
    else:
        customer = point.customer
        _fill_in_name(customer, name)
    if phone:
        add_contact_point(customer, kind=Kind.PHONE, value=phone)
    return customer


def add_contact_point(customer: Customer, *, kind: str, value: str) -> None:
    """Remember one more way to reach the customer; one that is known already changes nothing."""
    normalize = normalize_email if kind == Kind.EMAIL else normalize_phone
    ContactPoint.objects.bulk_create(
        [
            ContactPoint(
                customer=customer, kind=kind, value=value.strip(), normalized=normalize(value)
            )
        ],
        ignore_conflicts=True,
    )


def _hold_address(address: str) -> None:
    """Let two inquiries of one new address take turns, so that both find one record."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [address])


def _create_customer(
    address: str, email: str, name: str, language: str, time_zone: str
) -> Customer:
    domain = OrganizationDomain.objects.filter(domain=domain_of(address)).first()
    customer = Customer(name=name.strip(), language=language)
    if domain is not None:
        customer.organization_id = domain.organization_id
    if time_zone:
        customer.time_zone = time_zone
    customer.save()
    ContactPoint.objects.create(
        customer=customer, kind=Kind.EMAIL, value=email.strip(), normalized=address
    )
    return customer


def _fill_in_name(customer: Customer, name: str) -> None:
    if name.strip() and not customer.name:
        customer.name = name.strip()
        customer.save(update_fields=["name"])
