"""A customer is forgotten: what was said goes, what figures count stays.

All of it is one transaction. Files go after it, and are tried again until they are gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from audit import services as audit
from audit.models import Change
from common import doorbell
from customers.models import Customer
from customers.services import hold_customer
from integrations.models import ChannelIdentity, ChannelMessage, Delivery
from mail.models import BlockedSender, InboundEmail, OutboundEmail
from privacy import remembering
from privacy.blanking import (
    INBOUND,
    OF_RECORDS,
    OF_TICKETS,
    OUTBOUND,
    Blank,
    without_words,
)
from privacy.elsewhere import take_out
from privacy.exceptions import CannotErase
from privacy.files import DELETE_TASK, doom
from privacy.models import Erasure, HandOut
from privacy.people import Person, person_of
from privacy.redacting import MARK, Redactor
from reports.exports.models import Export, ExportPiece
from sla.models import UNRESOLVED, Clock
from tickets.models import (
    Attachment,
    BulkChange,
    Message,
    Note,
    Ticket,
    TicketEvent,
)
from tickets.searching.index import index_families
from tickets.services.handling import solve
from tickets.services.recording import hold_tickets
from transfers.models import DeskExport, Imported, ImportFault

BATCH = 500


def effect_of(customer: Customer) -> dict[str, int]:
    """What would be erased, in numbers."""
    return _counts(person_of(customer))


@transaction.atomic
def erase_customer(
    customer: Customer, *, by: Agent | None, closes: bool = False, now: datetime | None = None
) -> Erasure:
    """Erase all that is stored of a customer, in all their records. With `closes` what is still open
    is resolved first, without a word.

    Raises CannotErase while tickets are open, and for somebody who has been erased.
    """
    now = now or timezone.now()
    with connection.cursor() as cursor:
        # Where an address stands in a letter no index knows.
        cursor.execute("SET LOCAL statement_timeout = 0")
    customer = hold_customer(customer)
    if Erasure.objects.filter(customer=customer.pk).exists():
        raise CannotErase(_("This customer has been erased already."))
    person = person_of(customer)
    hold_tickets(*person.tickets, *person.elsewhere)
    _end_open(person, closes=closes, by=by, now=now)
    counts = _counts(person)
    _doom_files(person, now=now)
    _erase_mail(person, now=now)
    _erase_telling(person)
    take_out(person, now=now)
    _blank_all(OF_TICKETS, person.tickets)
    _blank_all(OF_RECORDS, person.records)
    _erase_blocks(person)
    _erase_exports(person, now=now)
    _erase_transfers(person, now=now)
    _index_anew((*person.tickets, *person.elsewhere))
    # The last: it takes in what has just been written there about the rest.
    for record in person.records:
        audit.erase_customer(record)
    erasure = Erasure.objects.create(
        customer=customer.pk,
        records=list(person.records),
        digests=person.digests,
        at=now,
        agent=by,
        counts=counts,
    )
    transaction.on_commit(lambda: remembering.note(erasure), robust=True)
    doorbell.ring(DELETE_TASK)
    return erasure


def _counts(person: Person) -> dict[str, int]:
    tickets = Ticket.objects.filter(pk__in=person.tickets)
    return {
        "records": len(person.records),
        "addresses": len(person.emails) + len(person.phones),
        "tickets": len(person.tickets),
        "open": tickets.filter(status__in=UNRESOLVED).count(),
        "messages": Message.objects.filter(ticket__in=person.tickets).count(),
        "notes": Note.objects.filter(ticket__in=person.tickets).count(),
        "letters": _letters(person).count(),
        "mails": _mails(person).count(),
        "files": _files(person).count(),
        "elsewhere": len(person.elsewhere),
        "exports": _exports().count(),
    }


def _end_open(person: Person, *, closes: bool, by: Agent | None, now: datetime) -> None:
    """Somebody would wait for an answer that nobody can give any more."""
    tickets = Ticket.objects.filter(pk__in=person.tickets, status__in=UNRESOLVED)
    if not closes and tickets.exists():
        raise CannotErase(
            _("Tickets of this customer are still open. Resolve them first, or have them resolved.")
        )
    for ticket in tickets.select_related("clock"):
        # As the customer would: what an agent must fill in before is erased with the rest.
        solve(ticket, agent=None, now=now)


def _mails(person: Person) -> QuerySet[InboundEmail]:
    """What is still to be filed is not known to be theirs."""
    found = InboundEmail.objects.filter(person.inbound).exclude(state=InboundEmail.State.NEW)
    return InboundEmail.objects.filter(pk__in=found.values("pk"))


def _letters(person: Person) -> QuerySet[OutboundEmail]:
    found = OutboundEmail.objects.filter(person.outbound)
    return OutboundEmail.objects.filter(pk__in=found.values("pk"))


def _files(person: Person) -> QuerySet[Attachment]:
    on_tickets = Q(message__ticket__in=person.tickets) | Q(
        third_party_letter__ticket__in=person.tickets
    )
    drafts = Q(submission_key__in=_waiting_keys(person))
    theirs = Q(message__in=_written_elsewhere(person))
    return Attachment.objects.filter(on_tickets | drafts | theirs)


def _waiting_keys(person: Person) -> set[Any]:
    """Under which files wait for what has not been sent."""
    tickets = Ticket.objects.filter(pk__in=person.tickets)
    names = ("drafts__submission_key", "scheduled_replies__submission_key")
    return {
        key for name in names for key in tickets.values_list(name, flat=True) if key is not None
    }


def _written_elsewhere(person: Person) -> QuerySet[Message]:
    theirs = Q(customer__in=person.records, direction=Message.Direction.INBOUND)
    return Message.objects.filter(
        theirs | Q(from_email__in=person.emails), ticket__in=person.elsewhere
    )


def _doom_files(person: Person, *, now: datetime) -> None:
    files = _files(person)
    doom(files.values_list("file", flat=True), now=now)
    doom(_mails(person).exclude(raw="").values_list("raw", flat=True), now=now)
    enclosed = _letters(person).values_list("files", flat=True)
    doom((file["path"] for files in enclosed for file in files), now=now)
    files.delete()


def _erase_mail(person: Person, *, now: datetime) -> None:
    """Letters that wait go, whoever would have had them; the others stay as having been there."""
    letters = list(_letters(person).values_list("pk", flat=True))
    mails = list(_mails(person).values_list("pk", flat=True))
    to_look_at = [f"mail_waits:{pk}:" for pk in mails]
    for prefix in to_look_at:
        Notification.objects.filter(dedupe_key__startswith=prefix).delete()
    OutboundEmail.objects.waiting().filter(pk__in=letters).delete()
    # What was never acknowledged as a failure need not be told of any more.
    OutboundEmail.objects.filter(pk__in=letters).update(**OUTBOUND, report_after=None)
    InboundEmail.objects.undecided().filter(pk__in=mails).update(
        state=InboundEmail.State.DONE, outcome=InboundEmail.Outcome.DISCARDED, filed_at=now
    )
    InboundEmail.objects.filter(pk__in=mails).update(**INBOUND)


def _erase_telling(person: Person) -> None:
    """What says of tickets what they are about: clocks, the timeline, and what agents were told."""
    _scrub(TicketEvent.objects.filter(ticket__in=person.tickets))
    labels = {}
    for pk, number, path in Clock.objects.filter(ticket__in=person.tickets).values_list(
        "pk", "ticket__number", "path"
    ):
        labels[path] = f"#{number} {MARK}"
        Clock.objects.filter(pk=pk).update(label=labels[path])
    _scrub(Notification.objects.filter(path__in=labels), labels)
    for first in range(0, len(paths := sorted(labels)), BATCH):
        # Letters to agents name a ticket by its address; several tickets may be in one.
        named = "|".join(map(re.escape, paths[first : first + BATCH]))
        letters = OutboundEmail.objects.filter(thread="", text__regex=named)
        letters.update(subject=MARK, text=MARK, html="")
    _erase_told(person)


def _scrub(rows: QuerySet[Any], labels: Mapping[str, str] | None = None) -> None:
    """Facts lose their words; with labels, each row gets the one of its path."""
    for batch in _batches(rows.order_by("pk")):
        for row in batch:
            row.facts = without_words(row.facts)
            if labels is not None:
                row.label = labels[row.path]
        rows.model.objects.bulk_update(batch, ["facts", *(["label"] if labels else [])])


def _batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk


def _blank_all(blanks: Iterable[Blank], keys: tuple[int, ...]) -> None:
    for blank in blanks:
        for by in blank.by:
            rows: QuerySet[Model] = blank.model._default_manager.filter(**{f"{by}__in": keys})  # noqa: SLF001 - Django's own name
            if blank.says is None:
                rows.delete()
            else:
                rows.update(**blank.says)


def _erase_blocks(person: Person) -> None:
    """That they were blocked, too; and what the log says of it."""
    blocks = BlockedSender.objects.filter(pattern__in=person.emails)
    keys = list(blocks.values_list("pk", flat=True))
    blocks.delete()
    changes = Change.objects.filter(table_name="mail_blockedsender", row_id__in=keys)
    audit.erase_payload(changes.values_list("pk", flat=True))


def _exports() -> QuerySet[Export]:
    return Export.objects.filter(state=Export.State.DONE)


def _erase_exports(person: Person, *, now: datetime) -> None:
    """Nobody knows what is in a file: they all go, and what is at work begins anew."""
    # Whoever works on one has either ended a batch, or finds it empty.
    kept = Export.objects.filter(state__in=[Export.State.WORKING, Export.State.DONE])
    list(kept.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    paths = [path for path in _exports().values_list("file", flat=True) if path]
    doom(paths, now=now)
    for letter in OutboundEmail.objects.waiting().filter(thread="").exclude(files=[]):
        if {file["path"] for file in letter.files} & set(paths):
            OutboundEmail.objects.filter(pk=letter.pk).update(files=[])
    _exports().update(state=Export.State.EXPIRED, file="")
    working = Export.objects.filter(state=Export.State.WORKING)
    ExportPiece.objects.filter(export__in=working).delete()
    working.update(rows_total=None, rows_done=0, last_key=0)
    theirs = HandOut.objects.filter(customer__in=person.records)
    files = theirs.select_for_update(no_key=True).values_list("file", flat=True)
    doom(list(files), now=now)
    theirs.update(state=HandOut.State.EXPIRED, file="")
    _forget_searches(person)


def _erase_told(person: Person) -> None:
    """What other systems were told and called them; what they do with it, they must be asked."""
    deliveries = Delivery.objects
    deliveries.filter(customer__in=person.records).delete()
    deliveries.filter(ticket__in=(*person.tickets, *person.elsewhere)).delete()
    came = ChannelMessage.objects
    came.filter(message__ticket__in=person.tickets).delete()
    identities = ChannelIdentity.objects
    for identity in identities.filter(customer__in=person.records):
        identities.filter(pk=identity.pk).update(value=f"{MARK} {identity.pk}")


def _erase_transfers(person: Person, *, now: datetime) -> None:
    """Exports of the whole desk hold everybody, and lines that could not be imported may hold anybody."""
    exports = DeskExport.objects
    kept = exports.filter(state__in=["working", "done"])
    doom(kept.values_list("file", flat=True), now=now)
    kept.update(state="expired", file="")
    ImportFault.objects.all().delete()
    brought = Imported.objects.filter(kind=Imported.Kind.CUSTOMER, row__in=person.records)
    brought.update(is_erased=True)


def _forget_searches(person: Person) -> None:
    """Lists from which something was done may have been asked for by their name."""
    words = {*person.names, *person.spellings, *person.phones}
    redactor = Redactor({way(word) for word in words for way in (str, quote, quote_plus)})
    for model in (Export, BulkChange):
        for pk, query in model.objects.exclude(query="").values_list("pk", "query"):
            if redactor.names(query):
                model.objects.filter(pk=pk).update(query="")


def _index_anew(tickets: Iterable[int]) -> None:
    """Of what is left; on the pages of tickets of others, too."""
    told = Ticket.objects.filter(pk__in=tuple(tickets))
    pages = {merged or pk for pk, merged in told.values_list("pk", "merged_into")}
    for first in range(0, len(keys := sorted(pages)), BATCH):
        index_families(Ticket.objects.filter(pk__in=keys[first : first + BATCH]))
