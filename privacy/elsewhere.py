"""Somebody who is erased took part in tickets of others: their own words go, and of what others
wrote their addresses and their name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.db.models import Model, Q, QuerySet

from accounts.models import Notification
from mail.models import InboundEmail, OutboundEmail
from privacy.blanking import SAID, WRITTEN_BY
from privacy.files import doom
from privacy.people import Person
from privacy.redacting import Redactor
from sla.models import Clock
from tickets.models import (
    MAIL_THREAD,
    THIRD_PARTY_THREAD,
    ChecklistItem,
    CustomerTask,
    Draft,
    HandOver,
    Message,
    Note,
    Participant,
    Rating,
    ScheduledReply,
    ThirdPartyLetter,
    Ticket,
    TicketEvent,
)

# By what belongs to a ticket, the columns in which something was written.
WRITTEN: Mapping[type[Model], tuple[str, ...]] = {
    Message: ("body", "folded", "html", "from_name", "invitations"),
    Note: ("body",),
    ThirdPartyLetter: ("body", "folded", "html", "name", "address", "hold_reason"),
    HandOver: ("problem", "known", "tried", "promised", "next_step"),
    CustomerTask: ("thing",),
    ChecklistItem: ("text",),
    Rating: ("comment", "recovery_words"),
    Draft: ("body", "thing"),
    ScheduledReply: ("body", "thing"),
    TicketEvent: ("facts",),
}
ON_TICKET = ("subject", "preview", "fields", "reply_address", "hold_reason")
IN_LETTER = ("to", "cc", "subject", "text", "html", "headers", "last_error")
IN_MAIL = ("from_name", "subject", "envelope_from", "envelope_to", "last_error")


@dataclass(frozen=True)
class _Place:
    rows: QuerySet[Any]
    columns: tuple[str, ...]


def take_out(person: Person, *, now: datetime) -> None:
    """Take them out of all tickets of others on which they took part."""
    if not person.elsewhere:
        return
    _erase_own_words(person)
    redactor = Redactor({*person.names, *person.spellings, *person.phones})
    for place in _places(person):
        _redact(place, redactor)
    for mail in _mails(person).exclude(raw=""):
        _redact_bytes(mail, redactor, now=now)


def _erase_own_words(person: Person) -> None:
    by_them = Q(customer__in=person.records, direction=Message.Direction.INBOUND)
    messages = Message.objects.filter(ticket__in=person.elsewhere)
    messages.filter(by_them | Q(from_email__in=person.emails)).update(**SAID, **WRITTEN_BY)
    letters = ThirdPartyLetter.objects.filter(ticket__in=person.elsewhere)
    inbound = ThirdPartyLetter.Direction.INBOUND
    letters.filter(direction=inbound, address__in=person.emails).update(**SAID)
    Participant.objects.filter(ticket__in=person.elsewhere, address__in=person.emails).delete()
    for ticket in Ticket.objects.filter(
        pk__in=person.elsewhere, reply_address__in=person.spellings
    ):
        # Letters go to the customer whose ticket it is.
        Ticket.objects.filter(pk=ticket.pk).update(reply_address="")
    for letter in OutboundEmail.objects.filter(_letters(person)).exclude(cc=[]):
        cc = [each for each in letter.cc if each not in person.spellings]
        OutboundEmail.objects.filter(pk=letter.pk).update(cc=cc)


def _letters(person: Person) -> Q:
    outside = ThirdPartyLetter.objects.outbound().filter(ticket__in=person.elsewhere)
    threads = {
        *(f"{MAIL_THREAD}{pk}" for pk in person.elsewhere),
        *(f"{THIRD_PARTY_THREAD}{pk}" for pk in outside.values_list("pk", flat=True)),
    }
    return Q(thread__in=threads)


def _mails(person: Person) -> QuerySet[InboundEmail]:
    on_them = Q(message__ticket__in=person.elsewhere)
    return InboundEmail.objects.filter(on_them | _letters(person)).distinct()


def _places(person: Person) -> list[_Place]:
    tickets = Ticket.objects.filter(pk__in=person.elsewhere)
    clocks = Clock.objects.filter(ticket__in=person.elsewhere)
    return [
        *(
            _Place(model._default_manager.filter(ticket__in=person.elsewhere), columns)  # noqa: SLF001 - Django's own name
            for model, columns in WRITTEN.items()
        ),
        _Place(tickets, ON_TICKET),
        _Place(clocks, ("label",)),
        _Place(Notification.objects.filter(path__in=clocks.values("path")), ("label", "facts")),
        _Place(OutboundEmail.objects.filter(_letters(person)), IN_LETTER),
        _Place(_mails(person), IN_MAIL),
    ]


def _redact(place: _Place, redactor: Redactor) -> None:
    for row in place.rows:
        before = {name: getattr(row, name) for name in place.columns}
        after = {name: redactor.json(value) for name, value in before.items()}
        if after != before:
            place.rows.model.objects.filter(pk=row.pk).update(**after)


def _redact_bytes(mail: InboundEmail, redactor: Redactor, *, now: datetime) -> None:
    """Another file takes the place of the one in which they are named."""
    path = str(mail.raw)
    try:
        with mail.raw.open("rb") as file:
            raw = redactor.mail(file.read())
    except FileNotFoundError:
        return
    if raw is None:
        return
    mail.raw.save("", ContentFile(raw), save=False)
    mail.size, mail.sha256 = len(raw), sha256(raw).hexdigest()
    mail.save(update_fields=["raw", "size", "sha256"])
    doom([path], now=now)
