"""People whom the customer wants to take part: asked by one letter, and in only when they say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from branding.selectors import brand_name
from common.digests import digest_of
from common.rates import is_within_rate
from customers.exceptions import BadAddress
from customers.normalizing import normalize_email
from customers.services import is_email, wants_no_automatic_mail
from mail.letters import write_letter
from mail.mailboxes import Mailboxes, writing_mailbox
from mail.reading.automatic import is_robot
from mail.services import queue_email
from tickets.events import EventKind
from tickets.exceptions import TooManyPeople
from tickets.models import Participant, Ticket, TicketEvent
from tickets.services.recording import lock_ticket, save_change
from tickets.services.writing import AUTOMATIC

SIGNER = signing.Signer(salt="tickets.invitations", sep=".")
MOST = 10
VALID = timedelta(days=14)
AN_HOUR, A_DAY = 3600, 86400
LETTERS_PER_HOUR = 3
Kind = Participant.Kind


@transaction.atomic
def invite(ticket: Ticket, *, address: str, now: datetime | None = None) -> Participant:
    """The customer names somebody. They get one letter that says nothing of the inquiry, and nothing
    more until they agree.

    Raises BadAddress for what is no address, for the customer's own, ours and a machine's, and for
    somebody whom an agent has put out; and TooManyPeople.
    """
    ticket = lock_ticket(ticket)
    now = now or timezone.now()
    normalized = normalize_email(address)
    _check(ticket, normalized)
    person = ticket.participants.filter(address=normalized).first()
    if person is None:
        if ticket.participants.filter(kind__in=[Kind.CC, Kind.INVITED]).count() >= MOST:
            raise TooManyPeople(_("At most %(most)s people can take part.") % {"most": MOST})
        person = Participant(ticket=ticket, address=normalized)
    if person.kind == Kind.CC:
        return person
    if person.kind == Kind.IGNORED and person.agent_id is not None:
        raise BadAddress(_("Please ask us in a message to add this person."))
    person.kind, person.added_at = Kind.INVITED, now
    person.save()
    TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.PARTICIPANT_INVITED,
        at=now,
        facts={"address": normalized},
    )
    save_change(ticket, now=now)
    _write(ticket, person, now=now)
    return person


@transaction.atomic
def join(person: Participant, *, now: datetime | None = None) -> Ticket:
    """They agree: from now on they get our replies, and what they write counts. A second time
    changes nothing."""
    ticket = lock_ticket(person.ticket)
    now = now or timezone.now()
    invited = Participant.objects.filter(pk=person.pk, kind=Kind.INVITED)
    if invited.update(kind=Kind.CC, agent=None):
        TicketEvent.objects.create(
            ticket=ticket,
            kind=EventKind.PARTICIPANT_JOINED,
            at=now,
            facts={"address": person.address},
        )
        save_change(ticket, now=now)
    return ticket


@transaction.atomic
def leave_out(person: Participant, *, now: datetime | None = None) -> None:
    """The customer takes somebody out again: they get no letter from us any more."""
    ticket = lock_ticket(person.ticket)
    now = now or timezone.now()
    taking_part = Participant.objects.filter(pk=person.pk, kind__in=[Kind.CC, Kind.INVITED])
    if taking_part.update(kind=Kind.IGNORED, agent=None):
        TicketEvent.objects.create(
            ticket=ticket,
            kind=EventKind.PARTICIPANT_REMOVED,
            at=now,
            facts={"address": person.address},
        )
        save_change(ticket, now=now)


def people_of(ticket: Ticket) -> list[Participant]:
    """Who takes part or is invited, as the customer may know."""
    return list(ticket.participants.filter(kind__in=[Kind.CC, Kind.INVITED]))


def find_invited(token: str, *, now: datetime) -> Participant | None:
    """Whom this token lets in: somebody who is invited or has agreed, for two weeks."""
    try:
        pk = int(SIGNER.unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    people = Participant.objects.select_related("ticket__customer")
    return people.filter(pk=pk, kind__in=[Kind.INVITED, Kind.CC], added_at__gt=now - VALID).first()


def token_of(person: Participant) -> str:
    """What stands in the address of their letter."""
    return SIGNER.sign(str(person.pk))


def _check(ticket: Ticket, address: str) -> None:
    if not is_email(address) or len(address) > 254:
        raise BadAddress(_("Enter an email address like name@example.com."))
    own = ticket.customer.contact_points.filter(normalized=address)
    if address == normalize_email(ticket.reply_address) or own.exists():
        raise BadAddress(_("This address gets every reply already."))
    ours = Mailboxes()
    if ours.is_ours(address) or ours.is_reply_address(address) or is_robot(address):
        raise BadAddress(_("Nobody reads mail there. Enter the address of a person."))


def _may_write_again(ticket: Ticket, address: str) -> bool:
    """Once a day about one inquiry, and seldom about all of them together."""
    digest = digest_of(address)
    about_this = f"{ticket.pk}:{digest}"
    return is_within_rate("invitation_to", about_this, limit=1, seconds=A_DAY) and is_within_rate(
        "invitation", digest, limit=LETTERS_PER_HOUR, seconds=AN_HOUR
    )


def _write(ticket: Ticket, person: Participant, *, now: datetime) -> None:
    """Nothing in it was written by whoever asks for it, so it carries nobody's words to a stranger."""
    if wants_no_automatic_mail(person.address) or not _may_write_again(ticket, person.address):
        return
    path = reverse("portal:join", args=[token_of(person)])
    letter = write_letter(
        "invitation",
        language=ticket.language,
        time_zone=ticket.customer.time_zone,
        context={
            "number": ticket.number,
            "link": f"{settings.BASE_URL}{path}",
            "brand": brand_name(ticket.language),
        },
    )
    queue_email(
        to=person.address,
        letter=letter,
        dedupe_key=f"invitation:{uuid4().hex}",
        language=ticket.language,
        now=now,
        headers=AUTOMATIC,
        mailbox=writing_mailbox(team_id=ticket.team_id, arrival_id=ticket.mailbox_id),
    )
