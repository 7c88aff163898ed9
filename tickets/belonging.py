"""To which ticket a mail belongs: by evidence, the strongest first, and by who sends it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import Notification
from customers.models import ContactPoint
from customers.normalizing import domain_of, normalize_email
from mail.message_ids import is_ours
from mail.models import InboundEmail, OutboundEmail
from tickets.incoming import Letter
from tickets.models import MAIL_THREAD, Participant, Ticket
from tickets.reply_addresses import ticket_number

TAG = re.compile(r"\[#?(?P<plain>\d{1,15})\]|【受付\s*(?P<japanese>\d{1,15})】")
MOST_ANSWERED = 50
NOTIFICATION = "notification"


class Evidence(StrEnum):
    """What a mail shows: a letter of ours, the address of a ticket, a mail that is on the ticket
    already, or only the number in its subject, which everybody can write."""

    LETTER = "letter"
    ADDRESS = "address"
    KNOWN_MAIL = "known_mail"
    TAG = "tag"
    NONE = ""


@dataclass(frozen=True)
class Place:
    """Where a mail belongs. Without a `ticket` it is new, and may have to do with `maybe`.

    `agent_letter` is the letter to an agent that it answers; `is_contradictory` says that two kinds
    of evidence name two tickets and the sender takes part in neither.
    """

    ticket: Ticket | None = None
    evidence: Evidence = Evidence.NONE
    maybe: Ticket | None = None
    agent_letter: OutboundEmail | None = None
    is_contradictory: bool = False


def place_of(letter: Letter) -> Place:
    """The ticket this mail belongs to, or that it belongs to none yet."""
    answered = letter.answers[:MOST_ANSWERED]
    by_letter, agent_letter = _ticket_of_letter(answered)
    by_address = _numbered(ticket_number(letter.addressed_to))
    if by_letter and by_address and by_letter != by_address:
        return _weighed(letter, by_letter, by_address)
    if by_address:
        return Place(by_address, Evidence.ADDRESS)
    if by_letter and letter.is_forward and letter.mailbox.forwards_open_new:
        return Place(maybe=by_letter)
    if by_letter:
        return Place(by_letter, Evidence.LETTER, agent_letter=agent_letter)
    return _place_by_weak_evidence(letter, answered)


def is_participant(ticket: Ticket, address: str) -> bool:
    """Whether this address is the customer's, or an agent has let it take part."""
    if address == normalize_email(ticket.reply_address):
        return True
    points = ContactPoint.objects.filter(customer=ticket.customer_id, kind=ContactPoint.Kind.EMAIL)
    if points.filter(normalized=address).exists():
        return True
    return ticket.participants.filter(address=address, kind=Participant.Kind.CC).exists()


def _weighed(letter: Letter, by_letter: Ticket, by_address: Ticket) -> Place:
    """Where one belongs who shows two tickets: the address counts for those who take part."""
    if is_participant(by_address, letter.sender):
        return Place(by_address, Evidence.ADDRESS)
    if is_participant(by_letter, letter.sender):
        return Place(by_letter, Evidence.LETTER)
    return Place(maybe=by_address, is_contradictory=True)


def _place_by_weak_evidence(letter: Letter, answered: list[str]) -> Place:
    """What others know too counts only for those who take part."""
    maybe = _ticket_of_known_mail(answered)
    if maybe is not None and _is_known_there(maybe, letter):
        return Place(maybe, Evidence.KNOWN_MAIL)
    tagged = _tagged(letter.mail.subject)
    if tagged is not None and (letter.is_forged or _may_name(tagged, letter)):
        return Place(tagged, Evidence.TAG)
    return Place(maybe=maybe or tagged)


def _may_name(ticket: Ticket, letter: Letter) -> bool:
    """Only somebody who takes part and is surely who they say is taken by their word."""
    return letter.is_verified and is_participant(ticket, letter.sender)


def _is_known_there(ticket: Ticket, letter: Letter) -> bool:
    if is_participant(ticket, letter.sender):
        return True
    own_domain = domain_of(normalize_email(ticket.reply_address))
    return letter.is_verified and bool(own_domain) and domain_of(letter.sender) == own_domain


def _ticket_of_letter(answered: list[str]) -> tuple[Ticket | None, OutboundEmail | None]:
    """The ticket of the nearest letter of ours, and that letter when it was one to an agent."""
    ours = [each for each in answered if is_ours(each)]
    if not ours:
        return None, None
    letters = {each.message_id: each for each in OutboundEmail.objects.filter(message_id__in=ours)}
    for message_id in ours:
        letter = letters.get(message_id)
        if letter is None:
            continue
        if (ticket := _of_thread(letter.thread)) is not None:
            return ticket, None
        if letter.letter == NOTIFICATION and (ticket := _told_of(letter)) is not None:
            return ticket, letter
    return None, None


def _told_of(letter: OutboundEmail) -> Ticket | None:
    """The ticket that a notification was about."""
    number = letter.dedupe_key.partition(":")[2]
    notification = Notification.objects.filter(pk=int(number)).first() if number.isdigit() else None
    return _first(Ticket.objects.filter(clock__path=notification.path)) if notification else None


def _ticket_of_known_mail(answered: list[str]) -> Ticket | None:
    if not answered:
        return None
    known = InboundEmail.objects.filter(
        message_id__in=answered, thread__startswith=MAIL_THREAD
    ).exclude(trust=InboundEmail.Trust.FAILED)
    threads = dict(known.values_list("message_id", "thread"))
    nearest = next((threads[each] for each in answered if each in threads), "")
    return _of_thread(nearest)


def _of_thread(thread: str) -> Ticket | None:
    number = thread.removeprefix(MAIL_THREAD)
    return _first(Ticket.objects.filter(pk=int(number))) if number.isdigit() else None


def _numbered(number: int | None) -> Ticket | None:
    return _first(Ticket.objects.filter(number=number)) if number else None


def _tagged(subject: str) -> Ticket | None:
    found = TAG.search(subject)
    return _numbered(int(found["plain"] or found["japanese"])) if found else None


def _first(tickets: Iterable[Ticket]) -> Ticket | None:
    """The ticket, or the one it goes on as."""
    ticket = next(iter(tickets), None)
    if ticket is not None and ticket.merged_into_id is not None:
        return Ticket.objects.get(pk=ticket.merged_into_id)
    return ticket
