"""The only writers of the search index, each in the transaction of what it indexes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from common.tokens import tokens
from customers.models import Customer
from tickets.models import (
    Attachment,
    HandOver,
    Message,
    Note,
    SearchEntry,
    ThirdPartyLetter,
    Ticket,
    TicketQuerySet,
)
from topics.models import Field
from topics.selectors import definitions
from topics.values import words_of

Kind = SearchEntry.Kind
INSERT = """
    INSERT INTO tickets_searchentry (ticket_id, kind, at, source_id, text, tokens)
    SELECT ticket_id, kind, at, source_id, text, array_to_tsvector(string_to_array(tokens, ' '))
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[])
      AS entry (ticket_id, kind, at, source_id, text, tokens)
"""


def index_opened(ticket: Ticket, message: Message, *, has_files: bool = False) -> None:
    """A ticket that has just been opened, in one statement."""
    entries = [*_entries_of_ticket(ticket.pk, ticket), _entry_of_message(ticket.pk, message)]
    _write(entries)
    if has_files:
        index_files(message)


def index_message(message: Message, *, has_files: bool = False) -> None:
    """A message that has just been said, and its files."""
    _write([_entry_of_message(message.ticket_id, message)])
    if has_files:
        index_files(message)


def forget_message(message: Message) -> None:
    """A message that was taken back, and its files, are found no more."""
    told = SearchEntry.objects.filter(ticket__in=[message.ticket_id, message.ticket.merged_into_id])
    told.filter(kind__in=[Kind.MESSAGE, Kind.FILE], source_id=message.pk).delete()


def index_files(message: Message) -> None:
    """The files that have just come to a message."""
    entries = _entries_of_files({message.pk: message.ticket_id}, [message])
    _write(entries)


def index_note(note: Note) -> None:
    """A note that has just been written."""
    _write([_entry_of_note(note.ticket_id, note)])


def index_third_party_letter(letter: ThirdPartyLetter, *, has_files: bool = False) -> None:
    """What has just been written to a third party or by one, and its files."""
    _write([_entry_of_letter(letter.ticket_id, letter)])
    if has_files:
        _write(_entries_of_their_files({letter.pk: letter.ticket_id}, [letter]))


def index_brief(hand_over: HandOver) -> None:
    """The brief that has just been written."""
    _write([_entry_of_brief(hand_over.ticket_id, hand_over)])


def index_details(ticket: Ticket) -> None:
    """Its topic or what its fields say has changed."""
    SearchEntry.objects.filter(kind=Kind.DETAILS, source_id=ticket.pk).delete()
    _write(list(_entries_of_details(ticket.merged_into_id or ticket.pk, ticket)))


def index_customer(customer: Customer) -> None:
    """A customer's name or addresses have changed: bring the entries of their tickets in line."""
    text = customer.words
    entries = SearchEntry.objects.filter(kind=Kind.CUSTOMER, ticket__customer=customer)
    entries.exclude(text=text).update(text=text, tokens=tokens(text))


@transaction.atomic
def index_families(tickets: Iterable[Ticket]) -> None:
    """Write the entries of these tickets, held by the caller, anew, with what is told on their
    pages: a merged ticket has none of its own."""
    tickets = list(tickets)
    SearchEntry.objects.filter(ticket__in=tickets).delete()
    pages = [ticket.pk for ticket in tickets if ticket.merged_into_id is None]
    _write(list(_entries_of_pages(pages)))


def tickets_to_index() -> TicketQuerySet:
    """Tickets that are not in the index."""
    subjects = SearchEntry.objects.filter(ticket=OuterRef("pk"), kind=Kind.SUBJECT)
    return Ticket.objects.filter(~Exists(subjects), merged_into=None)


def is_index_complete() -> bool:
    """Whether nothing is left to index, by one look: it is filled from the newest to the oldest."""
    oldest = Ticket.objects.filter(merged_into=None).order_by("pk").first()
    return oldest is None or oldest.search_entries.filter(kind=Kind.SUBJECT).exists()


def _write(entries: Sequence[SearchEntry]) -> None:
    """One statement, made once: every inquiry waits for it. No token has a space in it."""
    if not entries:
        return
    columns = zip(
        *(
            (each.ticket_id, each.kind, each.at, each.source_id, each.text, " ".join(each.tokens))
            for each in entries
        ),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [list(column) for column in columns])


def _entries_of_pages(pages: list[int]) -> Iterator[SearchEntry]:
    """All that is told on the pages of these tickets, in a few queries."""
    families = Ticket.objects.filter(Q(pk__in=pages) | Q(merged_into__in=pages))
    families = families.select_related("customer").prefetch_related("customer__contact_points")
    shown_on: dict[int, int] = {}
    for ticket in families:
        shown_on[ticket.pk] = ticket.merged_into_id or ticket.pk
        yield from _entries_of_ticket(shown_on[ticket.pk], ticket)
    said_on: dict[int, int] = {}
    for message in (messages := list(Message.objects.filter(ticket__in=list(shown_on)))):
        said_on[message.pk] = shown_on[message.ticket_id]
        yield _entry_of_message(said_on[message.pk], message)
    yield from _entries_of_files(said_on, messages)
    for note in Note.objects.filter(ticket__in=list(shown_on)):
        yield _entry_of_note(shown_on[note.ticket_id], note)
    for hand_over in HandOver.objects.filter(ticket__in=list(shown_on)):
        yield _entry_of_brief(shown_on[hand_over.ticket_id], hand_over)
    written_on: dict[int, int] = {}
    for letter in (letters := list(ThirdPartyLetter.objects.filter(ticket__in=list(shown_on)))):
        written_on[letter.pk] = shown_on[letter.ticket_id]
        yield _entry_of_letter(written_on[letter.pk], letter)
    yield from _entries_of_their_files(written_on, letters)


def _entries_of_ticket(page: int, ticket: Ticket) -> Iterator[SearchEntry]:
    for kind, text in ((Kind.SUBJECT, ticket.subject), (Kind.CUSTOMER, ticket.customer.words)):
        yield SearchEntry(
            ticket_id=page, kind=kind, at=ticket.opened_at, text=text, tokens=tokens(text)
        )
    yield from _entries_of_details(page, ticket)


def _entries_of_details(page: int, ticket: Ticket) -> Iterator[SearchEntry]:
    """The topic and what the fields say, in both languages, and what another desk called it; a
    ticket without has no entry."""
    if ticket.topic_id is None and not (ticket.fields or ticket.external_reference):
        return
    known = definitions()
    topic = known.topic(ticket.topic_id)
    names = dict.fromkeys(topic.names.values()) if topic else {}
    said = words_of(known.fields_of(Field.Of.TICKET), ticket.fields)
    text = "\n".join(filter(None, [*names, *said, ticket.external_reference]))
    yield SearchEntry(
        ticket_id=page,
        kind=Kind.DETAILS,
        at=ticket.opened_at,
        source_id=ticket.pk,
        text=text,
        tokens=tokens(text),
    )


def _entry_of_message(page: int, message: Message) -> SearchEntry:
    return SearchEntry(
        ticket_id=page,
        kind=Kind.MESSAGE,
        at=message.sent_at,
        source_id=message.pk,
        tokens=tokens(message.body),
    )


def _entry_of_note(page: int, note: Note) -> SearchEntry:
    return SearchEntry(
        ticket_id=page,
        kind=Kind.NOTE,
        at=note.written_at,
        source_id=note.pk,
        tokens=tokens(note.body),
    )


def _entry_of_brief(page: int, hand_over: HandOver) -> SearchEntry:
    return SearchEntry(
        ticket_id=page,
        kind=Kind.BRIEF,
        at=hand_over.at,
        source_id=hand_over.pk,
        text=hand_over.words,
        tokens=tokens(hand_over.words),
    )


def _entry_of_letter(page: int, letter: ThirdPartyLetter) -> SearchEntry:
    return SearchEntry(
        ticket_id=page,
        kind=Kind.OUTSIDE,
        at=letter.sent_at,
        source_id=letter.pk,
        tokens=tokens(letter.body),
    )


def _entries_of_their_files(
    written_on: dict[int, int], letters: Iterable[ThirdPartyLetter]
) -> list[SearchEntry]:
    """The files of third parties' letters, which no message knows: nobody takes those back."""
    written_at = {letter.pk: letter.sent_at for letter in letters}
    return [
        SearchEntry(
            ticket_id=written_on[file.third_party_letter_id],
            kind=Kind.FILE,
            at=written_at[file.third_party_letter_id],
            text=file.name,
            tokens=tokens(file.name),
        )
        for file in Attachment.objects.filter(third_party_letter__in=list(written_at))
        if file.third_party_letter_id
    ]


def _entries_of_files(said_on: dict[int, int], messages: Iterable[Message]) -> list[SearchEntry]:
    """The files of messages that are told on the pages `said_on` names."""
    said_at = {message.pk: message.sent_at for message in messages}
    return [
        SearchEntry(
            ticket_id=said_on[file.message_id],
            kind=Kind.FILE,
            at=said_at[file.message_id],
            source_id=file.message_id,
            text=file.name,
            tokens=tokens(file.name),
        )
        for file in Attachment.objects.filter(message__in=list(said_at))
        if file.message_id
    ]
