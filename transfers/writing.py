"""The one writer of what comes from elsewhere, a batch of records in one transaction.

Each thing is known by its source, its kind and its id there, and comes once. Nobody is told of it:
no letter, no notification, no webhook. Rows go in by the hundred, which is why this writes tables
that otherwise only their own services write; clocks are those of `sla.taking_over`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Agent as OurAgent
from accounts.models import Team
from accounts.selectors import default_team
from common.bulk import insert_new, new_keys
from customers.models import ContactPoint, CustomerNote, OrganizationDomain
from customers.models import Customer as OurCustomer
from customers.models import Organization as OurOrganization
from customers.normalizing import domain_of
from topics.exceptions import BadValues
from topics.models import Field
from topics.selectors import definitions
from topics.values import merged, read_values
from transfers.bundles import Bundle
from transfers.filing import NOBODY, Batch, Filing, in_order
from transfers.models import Imported, Source
from transfers.recognizing import (
    emails_of,
    first_known,
    holders_of,
    numbers_of,
    organizations_at,
    our_language,
    spoken_language,
    ways_of,
    who_has,
)
from transfers.records import (
    Agent,
    Customer,
    Fault,
    Organization,
    Record,
    Ticket,
)

Kind = Imported.Kind
# Any number that no other lock of the desk has.
LOCK = 7_240_331


class Duplicates:
    """What becomes of a customer who is there already."""

    SKIP, UPDATE, NEW = "skip", "update", "new"


def keep_quiet() -> None:
    """Nobody outside is told what this transaction does: see integrations.migrations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('yakusoku.is_quiet', 'on', true)")


@dataclass
class Writer:
    """Takes records in batches. Agents are remembered as they come by, the rest is in the tables."""

    source: str
    bundle: Bundle | None
    now: datetime
    team: Team | None = None
    duplicates: str = Duplicates.SKIP
    keeps_files: bool = True
    agents: dict[str, Agent] = field(default_factory=dict)
    known_agents: dict[str, OurAgent] = field(default_factory=dict)
    # Keys of records of those who were erased here: nothing of them comes again.
    erased: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.team = self.team or default_team()
        erased = Imported.objects.filter(kind=Imported.Kind.CUSTOMER, is_erased=True)
        self.erased = set(erased.values_list("row", flat=True))
        self.known_agents = {each.email.lower(): each for each in OurAgent.objects.all()}

    def meet(self, record: Record | Fault) -> None:
        """Remember who it is; agents are not stored."""
        if isinstance(record, Agent):
            self.agents[record.id] = record

    @transaction.atomic
    def write(self, records: Sequence[Record | Fault]) -> Batch:
        """Store these, in their order; what is there already stays as it is."""
        keep_quiet()
        self._take_turns()
        batch = Batch()
        for of, group in groupby(records, key=type):
            found: Any = list(group)
            if of is Fault:
                batch.faults.extend(found)
            elif of is Organization:
                self._organizations(found, batch)
            elif of is Customer:
                self._customers(found, batch)
            elif of is Ticket:
                self._tickets(found, batch)
            else:
                for agent in found:
                    is_here = agent.email.lower() in self.known_agents
                    batch.count("agent", "known" if is_here else "unknown")
        return batch

    def _take_turns(self) -> None:
        """Two imports from one source may have the same things: one batch at a time, so that each
        sees what the other has taken."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, self.source])

    # Organizations

    def _organizations(self, found: Sequence[Organization], batch: Batch) -> None:
        known = self._known(Kind.ORGANIZATION, (each.id for each in found))
        fresh = {each.id: each for each in found if each.id not in known}
        batch.count("organization", "known", len(found) - len(fresh))
        rows = {}
        for each in fresh.values():
            name = each.name or (each.domains[0] if each.domains else each.id)
            rows[each.id] = self._organization(name, each.domains)
            batch.count("organization", "new")
        self.remember(Kind.ORGANIZATION, rows)

    def _organization(self, name: str, domains: Iterable[str] = ()) -> int:
        """The organisation of this name, or of one of these domains; a new one otherwise."""
        known = OurOrganization.objects.filter(name__iexact=name[:200]).order_by("pk").first()
        plain = {each.strip().lower().lstrip("@")[:253] for each in domains} - {""}
        of_domain = OrganizationDomain.objects.filter(domain__in=plain).order_by("pk").first()
        if known is None and of_domain is not None:
            return of_domain.organization_id
        organization = known or OurOrganization.objects.create(name=name[:200])
        OrganizationDomain.objects.bulk_create(
            [OrganizationDomain(organization=organization, domain=each) for each in sorted(plain)],
            ignore_conflicts=True,
        )
        return organization.pk

    # Customers

    def _customers(self, found: Sequence[Customer], batch: Batch) -> None:
        """Those of a new address get a record, in one go; the others have one already."""
        known = self._known(Kind.CUSTOMER, (each.id for each in found))
        fresh = {each.id: each for each in found if each.id not in known}
        for each in found:
            if each.id in known:
                self._met_again(each, known[each.id], batch)
        rows, new = self._sorted(fresh.values(), batch)
        rows |= self._new_customers(new, batch)
        twins = who_has(new)
        for each in fresh.values():
            if each.id not in rows:
                rows[each.id] = next(
                    rows[twins[email]] for email in emails_of(each) if email in twins
                )
        self.remember(Kind.CUSTOMER, rows)

    def _sorted(
        self, found: Iterable[Customer], batch: Batch
    ) -> tuple[dict[str, int], list[Customer]]:
        """The records of those who have one, and who needs one. Whoever shares an address with
        somebody of these is in neither."""
        found = list(found)
        addresses = holders_of({each.id: emails_of(each) for each in found})
        phones = self._phones(found) if self.duplicates != Duplicates.NEW else {}
        rows, new, claimed = dict[str, int](), list[Customer](), set[str]()
        for each in found:
            emails = emails_of(each)
            holder = first_known(addresses, emails)
            holder = holder or (None if emails else first_known(phones, numbers_of(each)))
            if holder is not None:
                rows[each.id] = holder
                self._met_again(each, holder, batch)
            elif claimed.intersection(emails):
                batch.count("customer", "same")
            else:
                new.append(each)
                claimed.update(emails)
        return rows, new

    def _phones(self, found: Iterable[Customer]) -> dict[str, int]:
        """Whose telephone it is; only lists of customers know anybody by that."""
        if self.source != Source.CUSTOMERS:
            return {}
        numbers = {number for each in found for number in numbers_of(each)}
        points = ContactPoint.objects.filter(kind=ContactPoint.Kind.PHONE, normalized__in=numbers)
        return dict(points.order_by("-customer").values_list("normalized", "customer"))

    def _met_again(self, each: Customer, pk: int, batch: Batch) -> None:
        """Somebody who has a record: left alone, or brought up to date."""
        if pk in self.erased:
            batch.faults.append(Fault(place=each.id, message=_("This customer was erased here.")))
            return
        if self.duplicates != Duplicates.UPDATE or self.source != Source.CUSTOMERS:
            batch.count("customer", "known")
            return
        customer = OurCustomer.objects.select_for_update(no_key=True).filter(pk=pk).first()
        if customer is None:
            batch.count("customer", "known")
            return
        customer.name = each.name[:100] or customer.name
        customer.language = our_language(each.language) or customer.language
        if each.time_zone in available_timezones():
            customer.time_zone = each.time_zone
        if each.organization_name:
            organization = self._organization(each.organization_name)
            if organization != customer.organization_id:
                customer.sees_organization = False
                customer.organization_id = organization
        customer.fields = merged(customer.fields, self._fields(each, batch))
        customer.save()
        self._points({pk: each})
        batch.count("customer", "updated")

    def _new_customers(self, new: Sequence[Customer], batch: Batch) -> dict[str, int]:
        keys = new_keys(OurCustomer, len(new))
        by_domain = organizations_at(
            {domain_of(email) for each in new for email in emails_of(each)}
        )
        named = self._known(Kind.ORGANIZATION, (each.organization for each in new))
        organizations = [
            named.get(each.organization)
            or (self._organization(each.organization_name) if each.organization_name else None)
            or next(
                (
                    by_domain[at]
                    for email in emails_of(each)
                    if (at := domain_of(email)) in by_domain
                ),
                None,
            )
            for each in new
        ]
        zones = available_timezones()
        insert_new(
            OurCustomer,
            {
                "id": keys,
                "name": [each.name[:100] for each in new],
                "organization": organizations,
                "language": [
                    our_language(each.language) or spoken_language(each.name) for each in new
                ],
                "time_zone": [
                    each.time_zone if each.time_zone in zones else settings.TIME_ZONE
                    for each in new
                ],
                "fields": [json.dumps(self._fields(each, batch)) for each in new],
                "created_at": [each.created_at or self.now for each in new],
            },
        )
        made = dict(zip(keys, new, strict=True))
        self._points(made)
        notes = [
            CustomerNote(customer_id=key, body=each.note, written_at=self.now)
            for key, each in made.items()
            if each.note
        ]
        CustomerNote.objects.bulk_create(notes)
        batch.count("customer", "new", len(new))
        return {each.id: key for key, each in made.items()}

    def _points(self, made: dict[int, Customer]) -> None:
        rows = [
            (key, kind, value, normalized)
            for key, each in made.items()
            for kind, value, normalized in ways_of(each)
        ]
        columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
        names = ("customer", "kind", "value", "normalized")
        insert_new(
            ContactPoint,
            {
                **dict(zip(names, columns, strict=True)),
                "created_at": [self.now] * len(rows),
            },
        )

    def _fields(self, each: Customer, batch: Batch) -> dict[str, Any]:
        if not each.fields:
            return {}
        try:
            return merged({}, read_values(definitions().fields_of(Field.Of.CUSTOMER), each.fields))
        except BadValues as error:
            batch.faults.append(Fault(place=each.id, message=str(error), original=str(each.fields)))
            return {}

    # Tickets

    def _tickets(self, found: Sequence[Ticket], batch: Batch) -> None:
        known = self._known(Kind.TICKET, (each.id for each in found))
        fresh = [
            in_order(each)
            for each in {each.id: each for each in found if each.id not in known}.values()
        ]
        batch.count("ticket", "known", len(found) - len(fresh))
        if fresh:
            Filing(self, fresh, batch).file()

    def customers_of(self, found: Sequence[Ticket], batch: Batch) -> dict[str, int]:
        """The records of those who asked and wrote; one for each agent who asked, and one for
        those whom the export does not know."""
        askers = {each.customer or NOBODY for each in found}
        writers = {said.author for each in found for said in each.messages if said.is_inbound}
        known = self._known(Kind.CUSTOMER, askers | writers - {""})
        missing = [
            Customer(
                id=asker,
                name=self.agents[asker].name if asker in self.agents else "",
                emails=(self.agents[asker].email,) if asker in self.agents else (),
            )
            for asker in sorted(askers - set(known))
        ]
        self._customers(missing, batch)
        return known | self._known(Kind.CUSTOMER, (each.id for each in missing))

    def agent(self, known: str) -> OurAgent | None:
        """Our agent of the same address."""
        there = self.agents.get(known)
        return self.known_agents.get(there.email.lower()) if there and there.email else None

    def agent_name(self, known: str) -> str:
        """What an agent was called there."""
        there = self.agents.get(known)
        return (there.name or there.email) if there else ""

    def _known(self, kind: str, ids: Iterable[str]) -> dict[str, int]:
        rows = Imported.objects.filter(
            source=self.source, kind=kind, external_id__in=set(ids) - {""}
        )
        return dict(rows.values_list("external_id", "row"))

    def remember(self, kind: str, rows: dict[str, int]) -> None:
        """These have come, and are these rows here."""
        insert_new(
            Imported,
            {
                "source": [self.source] * len(rows),
                "kind": [kind] * len(rows),
                "external_id": list(rows),
                "row": list(rows.values()),
            },
        )
