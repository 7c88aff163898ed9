"""Who a customer is, over all their records, addresses and tickets."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.crypto import salted_hmac

from customers.models import ContactPoint, Customer
from mail.models import InboundEmail, OutboundEmail
from tickets.models import (
    MAIL_THREAD,
    THIRD_PARTY_THREAD,
    Message,
    Participant,
    ThirdPartyLetter,
    Ticket,
)

# A shorter name stands in too many words that are not about its bearer.
SHORTEST_NAME = 4


@dataclass(frozen=True, kw_only=True)
class Person:
    """One customer: `records` with all that were merged in, `tickets` of theirs, and `elsewhere`,
    those of others on which they took part."""

    customer: Customer
    records: tuple[int, ...]
    emails: frozenset[str]
    typed: frozenset[str]
    phones: frozenset[str]
    names: frozenset[str]
    tickets: tuple[int, ...]
    elsewhere: tuple[int, ...]

    @property
    def digests(self) -> list[str]:
        """Of the addresses; see privacy.models.Erasure."""
        return sorted(map(digest_of_address, (*self.emails, *self.phones)))

    @property
    def threads(self) -> list[str]:
        """The conversations by mail about their tickets, ours with third parties too."""
        letters = ThirdPartyLetter.objects.outbound().filter(ticket__in=self.tickets)
        outside = letters.values_list("pk", flat=True)
        return [
            *(f"{MAIL_THREAD}{pk}" for pk in self.tickets),
            *(f"{THIRD_PARTY_THREAD}{pk}" for pk in outside),
        ]

    @property
    def inbound(self) -> Q:
        """The condition on mails that came in, that they are theirs or about their tickets."""
        own = Q(message__ticket__in=self.tickets) | Q(third_party_letter__ticket__in=self.tickets)
        named = Q(thread__in=self.threads) | Q(from_email__in=self.emails)
        return own | named | Q(duplicate_of__from_email__in=self.emails)

    @property
    def outbound(self) -> Q:
        """The condition on letters of ours, that they are to them or about their tickets."""
        lone = Q(thread="", to__in=self.spellings)
        return Q(thread__in=self.threads) | Q(messages__ticket__in=self.tickets) | lone

    @property
    def spellings(self) -> frozenset[str]:
        """The addresses for mail also as they were typed."""
        return self.emails | self.typed


def digest_of_address(normalized: str) -> str:
    """What tells later whether it was this address, and only to this desk."""
    return salted_hmac("privacy.address", normalized, algorithm="sha256").hexdigest()


def person_of(customer: Customer) -> Person:
    """The customer as all records, addresses and tickets tell."""
    records = (customer.pk, *customer.absorbed.order_by("pk").values_list("pk", flat=True))
    points = list(ContactPoint.objects.filter(customer__in=records))
    mail = [point for point in points if point.kind == ContactPoint.Kind.EMAIL]
    emails = {point.normalized for point in mail}
    tickets = tuple(
        Ticket.objects.filter(customer__in=records).order_by("pk").values_list("pk", flat=True)
    )
    return Person(
        customer=customer,
        records=records,
        emails=frozenset(emails),
        typed=frozenset(point.value for point in mail),
        phones=frozenset(
            spelling
            for point in points
            if point.kind == ContactPoint.Kind.PHONE
            for spelling in (point.value, point.normalized)
        ),
        names=frozenset(_names(records, emails)),
        tickets=tickets,
        elsewhere=tuple(sorted(_elsewhere(records, emails) - set(tickets))),
    )


def _names(records: tuple[int, ...], emails: set[str]) -> set[str]:
    sources = (
        Customer.objects.filter(pk__in=records).values_list("name", flat=True),
        Participant.objects.filter(address__in=emails).values_list("name", flat=True),
        Message.objects.filter(from_email__in=emails).values_list("from_name", flat=True),
        InboundEmail.objects.filter(from_email__in=emails).values_list("from_name", flat=True),
    )
    return {name for source in sources for name in source if len(name) >= SHORTEST_NAME}


def _elsewhere(records: tuple[int, ...], emails: set[str]) -> set[int]:
    """The keys of all tickets on which one of these addresses appears."""
    found = {
        *Participant.objects.filter(address__in=emails).values_list("ticket", flat=True),
        *Message.objects.filter(Q(customer__in=records) | Q(from_email__in=emails)).values_list(
            "ticket", flat=True
        ),
        *ThirdPartyLetter.objects.filter(address__in=emails).values_list("ticket", flat=True),
        *Ticket.objects.filter(reply_address__in=emails).values_list("pk", flat=True),
    }
    copied = Q(to__in=emails)
    for email in emails:
        copied |= Q(cc__contains=[email])
    threads = OutboundEmail.objects.filter(copied, thread__startswith=MAIL_THREAD)
    named = {
        int(each.removeprefix(MAIL_THREAD)) for each in threads.values_list("thread", flat=True)
    }
    # A conversation may outlive its ticket.
    return found | set(Ticket.objects.filter(pk__in=named).values_list("pk", flat=True))
