"""What a third party is asked about a ticket, and what it answers.

None of it is contact with the customer: no promise is kept or moved by it, and the customer never
hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from branding.selectors import brand_name
from customers.models import ContactPoint
from customers.normalizing import normalize_email
from customers.services import is_email
from mail.failures import reason_of
from mail.letters import write_letter
from mail.mailboxes import Mailboxes, writing_mailbox
from mail.models import InboundEmail, OutboundEmail
from mail.services import close_report, queue_email
from sla.models import Status
from sla.selectors import disturb_at
from tickets.attachments import enclosed, keep_mail_files
from tickets.events import EventKind
from tickets.exceptions import CannotForward
from tickets.incoming import Letter
from tickets.models import Attachment, Message, ThirdPartyLetter, Ticket, TicketEvent
from tickets.reply_addresses import answer_address
from tickets.searching.index import index_third_party_letter
from tickets.services.assigning import await_act
from tickets.services.following import tell_followers
from tickets.services.handling import set_status
from tickets.services.recording import (
    holders_of,
    lock_ticket,
    record,
    save_change,
    tell_agents,
)
from tickets.third_parties import doubt_about, thread_of, without_secrets

Direction = ThirdPartyLetter.Direction
LETTER = "third_party"
# Mails as files: one of our letters in them opens the customer's page.
MAILS = (".eml", ".msg", ".mht", ".mhtml", ".mbox", ".emlx", "winmail.dat")


@dataclass(frozen=True, kw_only=True)
class Forward:
    """What goes to whom: the agent's words, what of the ticket is quoted below them, and files of
    the ticket. `hold_reason` is what the ticket then waits for; without one it stays with us."""

    address: str
    body: str
    quoted: Sequence[Message | ThirdPartyLetter] = ()
    files: Sequence[Attachment] = ()
    hold_reason: str = ""
    submission_key: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Quote:
    """One message as the letter quotes it."""

    author: str
    at: datetime
    body: str


@transaction.atomic
def forward(
    ticket: Ticket, words: Forward, *, agent: Agent, now: datetime | None = None
) -> ThirdPartyLetter:
    """Write to a third party about the ticket. The promise to the customer stays as it is.

    Raises CannotForward for an address that is none, the customer's or ours, for too many files and
    for a mail among them, and CannotBeMoved when a resolved ticket would be put on hold. The same submission key sends once.
    """
    ticket = lock_ticket(ticket)
    key = words.submission_key
    if key and (sent := ThirdPartyLetter.objects.filter(submission_key=key).first()):
        return sent
    now = now or timezone.now()
    address = _checked_address(ticket, words.address)
    _check_files(words.files)
    if words.hold_reason:
        ticket = set_status(
            ticket, to=Status.ON_HOLD, agent=agent, reason=words.hold_reason, now=now
        )
    sent = ThirdPartyLetter.objects.create(
        ticket=ticket,
        direction=Direction.OUTBOUND,
        address=address,
        agent=agent,
        body=without_secrets(words.body),
        folded=_quotation(words.quoted, ticket, agent=agent),
        hold_reason=ticket.hold_reason if words.hold_reason else "",
        sent_at=now,
        submission_key=key,
    )
    _send(sent, ticket, files=words.files, agent=agent, now=now)
    index_third_party_letter(sent)
    TicketEvent.objects.create(
        ticket=ticket, kind=EventKind.FORWARDED, at=now, agent=agent, facts={"address": address}
    )
    ticket.entry_count += 1
    save_change(ticket, now=now)
    return sent


def take_answer(sent: ThirdPartyLetter, letter: Letter, *, now: datetime) -> ThirdPartyLetter:
    """What a third party answered to `sent`: kept on the ticket for agents alone. It is our turn
    again when the ticket waited for it; a machine's word and a doubtful one end no waiting."""
    ticket = lock_ticket(sent.ticket)
    doubt = doubt_about(sent, letter)
    at = letter.arrived_at if letter.arrived_at >= ticket.updated_at else now
    told = letter.message_fields
    answer = ThirdPartyLetter.objects.create(
        ticket=ticket,
        direction=Direction.INBOUND,
        address=told.pop("from_email"),
        name=told.pop("from_name"),
        doubt=doubt,
        sent_at=at,
        **told,
    )
    has_files = bool(keep_mail_files(answer, letter, now=at))
    index_third_party_letter(answer, has_files=has_files)
    if not letter.is_auto and not doubt:
        _end_hold(ticket, sent, now=now, facts={"from": answer.who})
    ticket.entry_count += 1
    save_change(ticket, now=now)
    if not letter.is_auto:
        _tell_of_answer(ticket, answer, now=now)
    letter.email.outcome, letter.email.thread = InboundEmail.Outcome.ADDED, thread_of(sent)
    return answer


@transaction.atomic
def take_up_unreached(email: OutboundEmail, *, now: datetime) -> None:
    """A letter to a third party never arrived: nobody waits for its answer, and who wrote it hears
    of it."""
    sent = ThirdPartyLetter.objects.filter(email=email).select_related("ticket").first()
    if sent is None:
        close_report(email)
        return
    ticket = lock_ticket(sent.ticket)
    if not close_report(email):
        return
    _end_hold(ticket, sent, now=now, facts={"address": sent.address})
    TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.UNDELIVERED,
        at=now,
        facts={
            "letter": LETTER,
            "to": sent.address,
            "reason": reason_of(email.last_error),
            "is_open_again": False,
        },
    )
    save_change(ticket, now=now)
    _tell_of_failure(ticket, sent, email, now=now)


def _checked_address(ticket: Ticket, written: str) -> str:
    """The address in its usual spelling. Raises CannotForward."""
    address, mailboxes = normalize_email(written), Mailboxes()
    family = ticket.family()
    of_customer = ContactPoint.objects.filter(
        kind=ContactPoint.Kind.EMAIL, normalized=address, customer__tickets__in=family
    )
    used = {normalize_email(each) for each in family.values_list("reply_address", flat=True)}
    if not is_email(address):
        raise CannotForward(_("This is not an email address."))
    if address in used or of_customer.exists():
        raise CannotForward(
            _("This is the customer. To write to the customer, reply on the ticket.")
        )
    if mailboxes.is_ours(address) or mailboxes.is_reply_address(address):
        raise CannotForward(_("This is an address of ours. A letter there would come back to us."))
    return address


def _check_files(files: Sequence[Attachment]) -> None:
    for file in files:
        if file.name.lower().endswith(MAILS):
            raise CannotForward(
                _(
                    "“%(name)s” is a mail and may hold the customer's own link."
                    " Copy what is needed from it into your text."
                )
                % {"name": file.name},
                field="enclosed",
            )
    if sum(file.size for file in files) > settings.ATTACHMENTS_MAX_TOTAL_BYTES:
        raise CannotForward(
            _("Together the files are larger than %(size)d MB. Choose fewer.")
            % {"size": settings.ATTACHMENTS_MAX_TOTAL_BYTES // 2**20},
            field="enclosed",
        )


def _quotation(
    quoted: Sequence[Message | ThirdPartyLetter], ticket: Ticket, *, agent: Agent
) -> str:
    """What is forwarded, the oldest first, in the language and the zone of whoever forwards it."""
    quotes = [_quote(each, ticket) for each in sorted(quoted, key=lambda each: each.sent_at)]
    with translation.override(agent.language), timezone.override(agent.time_zone):
        template = f"mail/_quotation.{agent.language}.txt"
        return render_to_string(template, {"quotes": quotes}).strip() if quotes else ""


def _quote(said: Message | ThirdPartyLetter, ticket: Ticket) -> Quote:
    if isinstance(said, ThirdPartyLetter):
        author = said.who if said.is_inbound else _name_of(said.agent)
    elif said.is_inbound:
        author = (said.customer or ticket.customer).name if not said.doubt else said.from_name
    else:
        author = _name_of(said.agent)
    return Quote(author=author, at=said.sent_at, body=without_secrets(said.body.strip()))


def _name_of(agent: Agent | None) -> str:
    return agent.name if agent else brand_name()


def _send(
    sent: ThirdPartyLetter,
    ticket: Ticket,
    *,
    files: Sequence[Attachment],
    agent: Agent,
    now: datetime,
) -> None:
    """Queue the letter. It names no letter to the customer, and its answer comes to it alone."""
    mailbox = writing_mailbox(team_id=ticket.team_id, arrival_id=ticket.mailbox_id)
    letter = write_letter(
        LETTER,
        language=agent.language,
        time_zone=agent.time_zone,
        context={
            "subject": without_secrets(ticket.subject),
            "number": ticket.number,
            "body": sent.body.strip(),
            "quotation": sent.folded,
            "agent": agent,
            "brand": brand_name(),
        },
    )
    back = answer_address(sent, mailbox)
    name = mailbox.name if mailbox and mailbox.name else brand_name()
    sent.email = queue_email(
        to=sent.address,
        letter=letter,
        dedupe_key=f"{LETTER}:{sent.pk}",
        language=agent.language,
        now=now,
        headers={"Reply-To": formataddr((name, back))} if back else {},
        mailbox=mailbox,
        thread=thread_of(sent),
        files=enclosed(files),
    )
    sent.save(update_fields=["email"])


def _end_hold(
    ticket: Ticket, sent: ThirdPartyLetter, *, now: datetime, facts: dict[str, str]
) -> None:
    """It is our turn, if the ticket waits for exactly this third party. Save the ticket afterwards."""
    if ticket.status != Status.ON_HOLD:
        return
    asked = ThirdPartyLetter.objects.outbound().filter(
        ticket__in=ticket.family(), address=sent.address, hold_reason=ticket.hold_reason
    )
    if not asked.exists():
        return
    record(ticket, "status", now=now, to=Status.OPEN)
    await_act(ticket, now=now)
    TicketEvent.objects.create(ticket=ticket, kind=EventKind.HOLD_ENDED, at=now, facts=facts)


def _tell_of_answer(ticket: Ticket, answer: ThirdPartyLetter, *, now: datetime) -> None:
    """Whose ticket it is, and who follows it."""
    tell_agents(
        ticket,
        holders_of(ticket),
        kind=Notification.Kind.THIRD_PARTY,
        key=f"{LETTER}:{answer.pk}",
        now=now,
        facts={"from": answer.who},
    )
    tell_followers(ticket, LETTER, key=answer.pk, now=now)


def _tell_of_failure(
    ticket: Ticket, sent: ThirdPartyLetter, email: OutboundEmail, *, now: datetime
) -> None:
    """Whoever wrote it, and whose ticket it is."""
    tell_agents(
        ticket,
        sorted({*holders_of(ticket), *([sent.agent_id] if sent.agent_id else [])}),
        kind=Notification.Kind.UNDELIVERED,
        key=f"undelivered:{email.pk}",
        now=now,
        facts={"letter": LETTER, "to": sent.address},
        mail_after=disturb_at(ticket.clock.policy_version_id, now=now),
    )
