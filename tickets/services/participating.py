"""Who takes part in a ticket beside its customer. Mails only suggest; people decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from customers.exceptions import BadAddress
from customers.normalizing import domain_of, normalize_email
from customers.services import is_email
from mail.mailboxes import Mailboxes
from mail.reading.addresses import Address
from mail.reading.automatic import is_robot
from tickets.events import EventKind
from tickets.incoming import Letter
from tickets.models import Message, Participant, Ticket, TicketEvent
from tickets.services.recording import lock_ticket, save_change

MOST = 50
Kind = Participant.Kind


def suggest_participants(ticket: Ticket, letter: Letter, *, doubt: str, now: datetime) -> None:
    """Remember whom a mail names. A colleague whom the customer surely put in Cc takes part at once;
    a stranger who wrote is suggested, and whom strangers name is not even that."""
    if letter.is_auto:
        return
    if doubt == Message.Doubt.STRANGER:
        named = [Address(letter.mail.from_email, letter.mail.from_name)]
    elif doubt:
        return
    else:
        named = list(_named_beside_us(ticket, letter))
    Participant.objects.bulk_create(
        [
            Participant(
                ticket=ticket,
                address=normalize_email(each.email)[:320],
                name=each.name[:200],
                kind=Kind.CC
                if not doubt and _is_colleague(ticket, letter, each)
                else Kind.SUGGESTED,
                added_at=now,
            )
            for each in named[:MOST]
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def accept_participant(
    participant: Participant, *, by: Agent, now: datetime | None = None
) -> Participant:
    """From now on they get our replies too, and what they wrote before is part of the ticket."""
    ticket = lock_ticket(participant.ticket)
    now = now or timezone.now()
    _decide(participant, Kind.CC, by=by)
    strange = Message.objects.filter(
        ticket__in=ticket.family(),
        from_email__iexact=participant.address,
        doubt=Message.Doubt.STRANGER,
    )
    strange.update(doubt="", is_hidden=False)
    TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.PARTICIPANT_ADDED,
        at=now,
        agent=by,
        facts={"address": participant.address},
    )
    save_change(ticket, now=now)
    return participant


@transaction.atomic
def add_to_cc(
    ticket: Ticket, *, address: str, by: Agent, now: datetime | None = None
) -> Participant:
    """Somebody an agent knows gets our replies too.

    Raises BadAddress for what is no email address, for the customer's own and for ours.
    """
    now = now or timezone.now()
    normalized = normalize_email(address)
    own = ticket.customer.contact_points.filter(normalized=normalized).exists()
    if not is_email(normalized):
        raise BadAddress(_("This is not an email address."))
    if own or normalized == normalize_email(ticket.reply_address):
        raise BadAddress(_("This is the customer, who gets every reply anyway."))
    if Mailboxes().is_ours(normalized):
        raise BadAddress(_("This is an address of ours. A reply there would come back to us."))
    participant, _is_new = ticket.participants.get_or_create(
        address=normalized, defaults={"kind": Kind.SUGGESTED, "added_at": now}
    )
    return accept_participant(participant, by=by, now=now)


@transaction.atomic
def ignore_participant(
    participant: Participant, *, by: Agent, now: datetime | None = None
) -> Participant:
    """They get nothing, and are not suggested again."""
    ticket = lock_ticket(participant.ticket)
    now = now or timezone.now()
    if participant.kind == Kind.CC:
        TicketEvent.objects.create(
            ticket=ticket,
            kind=EventKind.PARTICIPANT_REMOVED,
            at=now,
            agent=by,
            facts={"address": participant.address},
        )
    _decide(participant, Kind.IGNORED, by=by)
    save_change(ticket, now=now)
    return participant


def addresses_in_cc(ticket: Ticket) -> list[str]:
    """Who gets our replies beside the customer."""
    return list(ticket.participants.filter(kind=Kind.CC).values_list("address", flat=True))


def _decide(participant: Participant, kind: str, *, by: Agent) -> None:
    participant.kind, participant.agent = kind, by
    participant.save(update_fields=["kind", "agent"])


def _named_beside_us(ticket: Ticket, letter: Letter) -> Iterator[Address]:
    known = {letter.sender, normalize_email(ticket.reply_address)}
    for each in (*letter.mail.to, *letter.mail.cc):
        address = normalize_email(each.email)
        if address in known or "@" not in address or is_robot(address):
            continue
        known.add(address)
        if not (letter.mailboxes.is_ours(address) or letter.mailboxes.is_reply_address(address)):
            yield each


def _is_colleague(ticket: Ticket, letter: Letter, named: Address) -> bool:
    """The customer named them, surely, and they have an address like the customer's own."""
    own = domain_of(normalize_email(ticket.reply_address))
    is_customer = letter.sender == normalize_email(ticket.reply_address)
    return letter.is_verified and is_customer and domain_of(normalize_email(named.email)) == own
