"""All that is stored about a customer, as one file for them: JSON to read by a program, mails as they
came and went, and every file. docs/privacy.md describes its shape.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import IO, Any

import structlog
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Agent
from audit.models import Access
from common import doorbell
from customers.models import (
    ContactPoint,
    Customer,
    CustomerNote,
    CustomerSession,
    SignInLink,
)
from integrations.models import ChannelIdentity, ChannelMessage
from mail.delivery import build_message
from mail.models import BlockedSender, InboundEmail, OutboundEmail
from privacy.models import HandOut
from privacy.people import Person, person_of
from rules.models import Recurrence
from sla.models import Commitment
from tickets.models import (
    THIRD_PARTY_THREAD,
    Attachment,
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

logger = structlog.get_logger(__name__)
TASK = "privacy.tasks.continue_hand_outs"
FORMAT = 1
KEPT_FOR = timedelta(days=7)
LEASE = timedelta(minutes=15)
MOST_FAILURES = 3

# Of each thing on a ticket: what it is called in the file, its columns, and whether only we see it.
PARTS: tuple[tuple[str, Any, tuple[str, ...], bool], ...] = (
    (
        "messages",
        Message,
        (
            *("id", "sent_at", "direction", "channel", "from_name", "from_email", "agent__name"),
            *("body", "folded", "html", "is_auto", "doubt", "meaning", "invitations"),
        ),
        False,
    ),
    (
        "asked_of_customer",
        CustomerTask,
        ("asked_at", "thing", "needed_on", "ended_at", "ending"),
        False,
    ),
    (
        "rating",
        Rating,
        ("asked_at", "kind", "value", "comment", "answered_at", "recovered_at"),
        False,
    ),
    ("participants", Participant, ("address", "name", "kind", "added_at"), False),
    ("events", TicketEvent, ("at", "kind", "agent__name", "facts"), True),
    ("notes", Note, ("written_at", "agent__name", "body"), True),
    (
        "briefs",
        HandOver,
        ("at", "by__name", "problem", "known", "tried", "promised", "next_step"),
        True,
    ),
    ("drafts", Draft, ("saved_at", "agent__name", "kind", "body", "thing"), True),
    ("scheduled_replies", ScheduledReply, ("leaves_at", "agent__name", "body", "thing"), True),
    ("checklist", ChecklistItem, ("text", "done_at"), True),
    (
        "third_party_letters",
        ThirdPartyLetter,
        ("sent_at", "direction", "address", "name", "body", "folded", "html", "hold_reason"),
        True,
    ),
)
ON_TICKET = (
    *("number", "subject", "status", "priority", "channel", "language", "opened_at", "updated_at"),
    *("resolved_at", "topic__name_en", "team__name", "fields", "reply_address", "hold_reason"),
)
PROMISES = (
    *("kind", "started_at", "due_at", "state", "met_at", "breached_at", "ended_at", "end_reason"),
)
LETTER = (
    *("id", "letter", "to", "cc", "from_email", "subject", "text", "html", "headers", "message_id"),
    *("state", "queued_at", "sent_at", "failed_at"),
)
MAIL = (
    *("id", "received_at", "from_email", "from_name", "subject", "envelope_from", "envelope_to"),
    *("message_id", "state", "outcome", "trust", "is_auto", "is_bounce"),
)
RECORD = (
    *("id", "name", "organization__name", "language", "time_zone", "fields", "is_vip"),
    *("sees_organization", "created_at"),
)


def ask_for_hand_out(
    customer: Customer, *, by: Agent, with_notes: bool, now: datetime | None = None
) -> HandOut:
    """Begin one; whoever asks for the same while it is at work has asked once."""
    now = now or timezone.now()
    with transaction.atomic():
        Agent.objects.select_for_update(no_key=True).get(pk=by.pk)
        same = {"customer": customer, "agent": by, "with_notes": with_notes}
        known = HandOut.objects.filter(state=HandOut.State.WORKING, **same).first()
        if known is not None:
            return known
        asked = HandOut.objects.create(language=by.language, asked_at=now, next_try_at=now, **same)
        doorbell.ring(TASK)
    return asked


def continue_hand_outs(*, now: datetime | None = None) -> int:
    """Make those that nobody works on; return how many. One that somebody died over is begun anew."""
    number = 0
    while (hand_out := _take(now or timezone.now())) is not None:
        try:
            _make(hand_out, now=now or timezone.now())
        # Whatever is wrong with one, the others are owed their turn.
        except Exception:
            logger.exception("hand_out.failed", hand_out=hand_out.pk)
            _fail(hand_out, now=now or timezone.now())
        number += 1
    return number


def delete_expired(*, now: datetime | None = None) -> int:
    """Delete the files whose days are over; who had them stays on record."""
    over = HandOut.objects.filter(state=HandOut.State.DONE, expires_at__lte=now or timezone.now())
    for hand_out in over:
        hand_out.file.delete(save=False)
        HandOut.objects.filter(pk=hand_out.pk).update(state=HandOut.State.EXPIRED, file="")
    return len(over)


def write_file(
    person: Person, target: IO[bytes], *, with_notes: bool, hand_out: HandOut | None = None
) -> None:
    """The whole file. What is missing on the disk is named in it, too, and has no content."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _write_json(archive, "customer.json", _customer(person))
        for done, pk in enumerate(person.tickets, start=1):
            number, told = _ticket(pk, with_notes=with_notes)
            _write_json(archive, f"tickets/{number}.json", told)
            if hand_out is not None:
                HandOut.objects.filter(pk=hand_out.pk).update(tickets_done=done)
        _write_letters(archive, person, with_notes=with_notes)
        for name, path in _files(person, with_notes=with_notes):
            _copy(archive, name, path)


@transaction.atomic
def _take(now: datetime) -> HandOut | None:
    waiting = HandOut.objects.filter(state=HandOut.State.WORKING, next_try_at__lte=now)
    hand_out = waiting.select_for_update(skip_locked=True).order_by("next_try_at").first()
    if hand_out is not None:
        hand_out.next_try_at = now + LEASE
        hand_out.save(update_fields=["next_try_at"])
    return hand_out


def _make(hand_out: HandOut, *, now: datetime) -> None:
    person = person_of(hand_out.customer)
    HandOut.objects.filter(pk=hand_out.pk).update(tickets_total=len(person.tickets), tickets_done=0)
    with tempfile.TemporaryFile() as whole:
        write_file(person, whole, with_notes=hand_out.with_notes, hand_out=hand_out)
        size = whole.tell()
        whole.seek(0)
        hand_out.file.save(f"customer-{hand_out.pk}.zip", File(whole), save=False)
    # The customer may have been erased meanwhile: then nobody gets it.
    done = HandOut.objects.filter(pk=hand_out.pk, state=HandOut.State.WORKING).update(
        state=HandOut.State.DONE,
        file=hand_out.file.name,
        size=size,
        finished_at=now,
        expires_at=now + KEPT_FOR,
    )
    if not done:
        hand_out.file.delete(save=False)


def _fail(hand_out: HandOut, *, now: datetime) -> None:
    failures = hand_out.failures + 1
    is_over = failures >= MOST_FAILURES
    HandOut.objects.filter(pk=hand_out.pk, state=HandOut.State.WORKING).update(
        failures=failures,
        state=HandOut.State.FAILED if is_over else HandOut.State.WORKING,
        next_try_at=now + timedelta(minutes=1),
    )


def _customer(person: Person) -> dict[str, Any]:
    of = {"customer__in": person.records}
    looked = Access.objects.filter(customer__in=person.records).order_by("at")
    return {
        "format": FORMAT,
        "made_at": timezone.now(),
        "records": _rows(Customer.objects.filter(pk__in=person.records), RECORD),
        "addresses": _rows(
            ContactPoint.objects.filter(**of), ("kind", "value", "state", "created_at")
        ),
        # The room that has them stands above this one.
        "channel_identities": _rows(
            ChannelIdentity.objects.filter(**of),
            ("channel__name", "value"),
        ),
        "channel_messages": _rows(
            ChannelMessage.objects.filter(message__ticket__in=person.tickets),
            ("channel__name", "external_id", "message"),
        ),
        "notes": _rows(CustomerNote.objects.filter(**of), ("written_at", "agent__name", "body")),
        "sign_ins": _rows(
            CustomerSession.objects.filter(**of), ("began_at", "expires_at", "ended_at")
        ),
        "sign_in_links": _rows(
            SignInLink.objects.filter(**of), ("created_at", "expires_at", "used_at")
        ),
        "blocked": _rows(
            BlockedSender.objects.filter(pattern__in=person.emails),
            ("pattern", "note", "blocked_at"),
        ),
        "recurring": _rows(
            Recurrence.objects.filter(**of), ("subject", "body", "every", "first_at", "is_active")
        ),
        "who_looked": _rows(looked, ("at", "name", "kind", "ticket")),
        "written_elsewhere": _rows(
            _written_elsewhere(person), ("id", "ticket__number", "sent_at", "body", "folded")
        ),
    }


def _ticket(pk: int, *, with_notes: bool) -> tuple[int, dict[str, Any]]:
    ticket = Ticket.objects.filter(pk=pk)
    [told] = _rows(ticket, ON_TICKET)
    told["tags"] = list(ticket.values_list("tags__name", flat=True).exclude(tags=None))
    told["promises"] = _rows(Commitment.objects.filter(clock__ticket=pk).order_by("pk"), PROMISES)
    for name, model, columns, is_internal in PARTS:
        if not is_internal:
            told[name] = _rows(model.objects.filter(ticket=pk).order_by("pk"), columns)
    told["files"] = [
        {"name": file.name, "size": file.size, "message": file.message_id, "file": _name_of(file)}
        for file in Attachment.objects.filter(message__ticket=pk)
    ]
    if with_notes:
        # What we wrote among ourselves: it stands apart, so that nobody takes it for a letter.
        told["internal"] = {
            name: _rows(model.objects.filter(ticket=pk).order_by("pk"), columns)
            for name, model, columns, is_internal in PARTS
            if is_internal
        }
    return int(told["number"]), told


def _written_elsewhere(person: Person) -> QuerySet[Message]:
    """Their own words on tickets of others; what others said there is not theirs to have."""
    theirs = Q(customer__in=person.records) | Q(from_email__in=person.emails)
    return Message.objects.filter(
        theirs, ticket__in=person.elsewhere, direction=Message.Direction.INBOUND
    )


def _write_letters(archive: zipfile.ZipFile, person: Person, *, with_notes: bool) -> None:
    """What came in and went out by mail: an index of each, and the letters themselves."""
    letters = _letters(person, with_notes=with_notes)
    _write_json(archive, "letters_out.json", _rows(letters, LETTER))
    for letter in letters.iterator(chunk_size=100):
        archive.writestr(f"letters_out/{letter.pk}.eml", _bytes_of(letter))
    mails = _mails(person, with_notes=with_notes)
    _write_json(archive, "letters_in.json", _rows(mails, MAIL))


def _letters(person: Person, *, with_notes: bool) -> QuerySet[OutboundEmail]:
    found = OutboundEmail.objects.filter(person.outbound)
    found = OutboundEmail.objects.filter(pk__in=found.values("pk")).order_by("pk")
    return found if with_notes else found.exclude(thread__startswith=THIRD_PARTY_THREAD)


def _mails(person: Person, *, with_notes: bool) -> QuerySet[InboundEmail]:
    found = InboundEmail.objects.filter(person.inbound)
    found = InboundEmail.objects.filter(pk__in=found.values("pk")).order_by("pk")
    return found if with_notes else found.filter(third_party_letter=None)


def _bytes_of(letter: OutboundEmail) -> bytes:
    try:
        return build_message(letter).message().as_bytes()
    except OSError:
        # Its files are in the archive by themselves, as far as they are there.
        letter.files = []
        return build_message(letter).message().as_bytes()


def _files(person: Person, *, with_notes: bool) -> Iterator[tuple[str, str]]:
    """Names in the archive and paths in the storage."""
    said = Q(message__ticket__in=person.tickets) | Q(message__in=_written_elsewhere(person))
    outside = Q(third_party_letter__ticket__in=person.tickets)
    for file in Attachment.objects.filter(said | outside if with_notes else said):
        yield _name_of(file), str(file.file)
    for mail in _mails(person, with_notes=with_notes).exclude(raw=""):
        yield f"letters_in/{mail.pk}.eml", str(mail.raw)


def _name_of(file: Attachment) -> str:
    return f"files/{file.pk}-{PurePosixPath(file.name.replace(chr(92), '/')).name}"


def _copy(archive: zipfile.ZipFile, name: str, path: str) -> None:
    with archive.open(name, "w", force_zip64=True) as target:
        try:
            with default_storage.open(path) as source:
                for chunk in source.chunks():
                    target.write(chunk)
        except FileNotFoundError:
            logger.warning("hand_out.file_missing")


def _rows(rows: QuerySet[Any], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """With names as people read them: agent__name is the agent."""
    return [
        {name.partition("__")[0]: value for name, value in row.items()}
        for row in rows.values(*columns)
    ]


def _write_json(archive: zipfile.ZipFile, name: str, told: Mapping[str, Any] | list[Any]) -> None:
    text = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    archive.writestr(name, text)
