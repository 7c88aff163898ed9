"""Organisations: what they are called, and from which domains their people write."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from common.mail_domains import SHARED_DOMAINS
from customers.exceptions import BadOrganization
from customers.models import Organization, OrganizationDomain

MOST_DOMAINS = 50
LONGEST_DOMAIN = 253
LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})+")


def organizations_named(text: str) -> QuerySet[Organization]:
    """Those that have this in their name, or in a domain."""
    of_domain = OrganizationDomain.objects.filter(domain__icontains=text)
    return Organization.objects.filter(
        Q(name__icontains=text) | Q(pk__in=of_domain.values("organization"))
    )


@transaction.atomic
def save_organization(
    organization: Organization, *, name: str, domains: Iterable[str]
) -> Organization:
    """Keep it by this name, with exactly these domains: whoever writes for the first time from one
    of them belongs to it. Who has a record already stays where they are.

    Raises BadOrganization for a name or a domain of another one, for what is no domain, and for one
    where everybody may have an address.
    """
    name, wanted = " ".join(name.split()), {_domain(each) for each in domains}
    if not name:
        raise BadOrganization(_("Enter a name."), field="name")
    others = Organization.objects.exclude(pk=organization.pk)
    is_renamed = name.lower() != organization.name.lower()
    if is_renamed and others.filter(name__iexact=name).exists():
        raise BadOrganization(_("There is an organisation by this name already."), field="name")
    _check_domains(organization, wanted)
    organization.name = name
    organization.save()
    organization.domains.exclude(domain__in=wanted).delete()
    known = set(organization.domains.values_list("domain", flat=True))
    try:
        with transaction.atomic():
            OrganizationDomain.objects.bulk_create(
                OrganizationDomain(organization=organization, domain=each)
                for each in sorted(wanted - known)
            )
    except IntegrityError as error:
        # A colleague was quicker.
        raise BadOrganization(
            _("Somebody changed this just now. Try again."), field="domains"
        ) from error
    return organization


@transaction.atomic
def delete_organization(organization: Organization) -> None:
    """For good. Raises BadOrganization while somebody belongs to it."""
    held = Organization.objects.select_for_update().get(pk=organization.pk)
    if held.customers.exists():
        raise BadOrganization(_("Customers belong to this organisation. Take it from them first."))
    held.delete()


def _check_domains(organization: Organization, wanted: set[str]) -> None:
    if len(wanted) > MOST_DOMAINS:
        raise BadOrganization(
            _("An organisation has at most %(most)s domains.") % {"most": MOST_DOMAINS},
            field="domains",
        )
    for domain in sorted(wanted & SHARED_DOMAINS):
        raise BadOrganization(
            _("%(domain)s: everybody may have an address there.") % {"domain": domain},
            field="domains",
        )
    taken = OrganizationDomain.objects.exclude(organization=organization.pk)
    for each in taken.filter(domain__in=wanted).select_related("organization"):
        raise BadOrganization(
            _("%(domain)s belongs to “%(name)s”.")
            % {"domain": each.domain, "name": each.organization.name},
            field="domains",
        )


def _domain(written: str) -> str:
    """In its usual spelling. Raises BadOrganization."""
    domain = written.strip().removeprefix("@").lower().rstrip(".")
    if len(domain) > LONGEST_DOMAIN or not DOMAIN.fullmatch(domain):
        raise BadOrganization(
            _("“%(domain)s” is no domain such as example.co.jp.") % {"domain": written[:100]},
            field="domains",
        )
    return domain
