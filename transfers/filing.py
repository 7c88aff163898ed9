"""Tickets on their way in: their clocks, messages, notes, files, events and tags, and what finds them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import Team
from common.bulk import insert_new, new_keys
from common.tokens import tokens
from customers.models import Customer as OurCustomer
from sla.models import ENDED, UNRESOLVED, Status
from sla.selectors import PolicyTable
from sla.taking_over import EndedMatter, take_over_clock, take_over_ended
from tickets.attachments import keep_imported_file
from tickets.events import EventKind
from tickets.models import Message as OurMessage
from tickets.models import Note as OurNote
from tickets.models import Tag, TicketEvent
from tickets.models import Ticket as OurTicket
from tickets.services.recording import matter_of, preview_of
from tickets.tags import TAG_LENGTH, TAGS_OF_A_TICKET, fold
from transfers.bundles import content_of
from transfers.models import Imported
from transfers.recognizing import spoken_language
from transfers.records import Attachment, Fault, Message, Note, Ticket

if TYPE_CHECKING:
    from transfers.writing import Writer

# What another desk called somebody whom its export does not know.
NOBODY = "-"
SEARCHED = """
    INSERT INTO tickets_searchentry (ticket_id, kind, at, source_id, text, tokens)
    SELECT ticket_id, kind, at, source_id, text, array_to_tsvector(string_to_array(tokens, ' '))
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[])
      AS entry (ticket_id, kind, at, source_id, text, tokens)
"""


@dataclass
class Batch:
    """What one batch came to."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[Fault] = field(default_factory=list)

    def count(self, kind: str, outcome: str, number: int = 1) -> None:
        self.counts[kind][outcome] += number


class Filing:
    """Some tickets on their way in."""

    def __init__(self, writer: Writer, tickets: Sequence[Ticket], batch: Batch) -> None:
        self.writer, self.tickets, self.batch, self.now = writer, tickets, batch, writer.now
        self.team = writer.team
        self.policies = PolicyTable.load()
        people = writer.customers_of(tickets, batch)
        records = OurCustomer.objects.prefetch_related("contact_points")
        records_by_key = records.select_related("merged_into").in_bulk(set(people.values()))
        # Somebody erased or merged since.
        self.people = {
            there: (found.merged_into or found)
            for there, key in people.items()
            if key not in writer.erased and (found := records_by_key.get(key))
        }
        self.searched: list[tuple[Any, ...]] = []

    def file(self) -> None:
        fit = [each for each in self.tickets if self._has_customer(each)]
        keys = dict(zip((each.id for each in fit), new_keys(OurTicket, len(fit)), strict=True))
        numbers = dict(zip(keys, _numbers_for(len(fit)), strict=True))
        clocks, readings = self._clocks(fit, numbers)
        self._ticket_rows(fit, keys, numbers, clocks, readings)
        self._said(fit, keys)
        self._notes(fit, keys)
        self._events(fit, keys)
        self._tags(fit, keys)
        with connection.cursor() as cursor:
            cursor.execute(SEARCHED, [list(each) for each in zip(*self.searched, strict=True)])
        self.writer.remember(Imported.Kind.TICKET, keys)
        self.batch.count("ticket", "new", len(fit))

    def _has_customer(self, each: Ticket) -> bool:
        if (each.customer or NOBODY) in self.people:
            return True
        message = _("Whoever asked was erased here.")
        self.batch.faults.append(Fault(place=each.reference, message=message))
        return False

    def _asker(self, each: Ticket) -> OurCustomer:
        return self.people[each.customer or NOBODY]

    # Clocks

    def _clocks(
        self, fit: Sequence[Ticket], numbers: dict[str, int]
    ) -> tuple[dict[str, int], dict[str, Any]]:
        ended = [each for each in fit if each.status not in UNRESOLVED]
        clocks = dict(
            zip(
                (each.id for each in ended),
                take_over_ended([self._ended(each, numbers[each.id]) for each in ended]),
                strict=True,
            )
        )
        readings = {}
        for each in fit:
            if each.status in UNRESOLVED:
                clock, readings[each.id] = take_over_clock(
                    customer=self._asker(each),
                    team=self.team_,
                    owner=self.writer.agent(each.agent),
                    policy_version=self._policy(each),
                    label=_label(each, numbers[each.id]),
                    path=_path(numbers[each.id]),
                    priority=each.priority,
                    status=each.status,
                    is_waiting=_is_waiting(each),
                    now=self.now,
                )
                clocks[each.id] = clock.pk
        return clocks, readings

    @property
    def team_(self) -> Team:
        assert self.team is not None  # noqa: S101 - there is always a default team
        return self.team

    def _ended(self, each: Ticket, number: int) -> EndedMatter:
        owner = self.writer.agent(each.agent)
        return EndedMatter(
            customer=self._asker(each).pk,
            team=self.team_.pk,
            owner=owner.pk if owner else None,
            policy_version=self._policy(each),
            priority=each.priority,
            status=each.status,
            label=_label(each, number),
            path=_path(number),
            ended_at=_ended_at(each),
        )

    def _policy(self, each: Ticket) -> int:
        return self.policies.version_for(
            matter_of(
                channel=each.channel,
                team_id=self.team_.pk,
                language=self._language(each),
                priority=each.priority,
                organization_id=self._asker(each).organization_id,
            )
        )

    def _language(self, each: Ticket) -> str:
        """What the customer writes; what their record says, where they wrote nothing."""
        said = next((message.body for message in each.messages if message.is_inbound), "")
        return spoken_language(each.subject + said) if said else self._asker(each).language

    # Rows

    def _ticket_rows(
        self,
        fit: Sequence[Ticket],
        keys: dict[str, int],
        numbers: dict[str, int],
        clocks: dict[str, int],
        readings: dict[str, Any],
    ) -> None:
        rows = []
        for each in fit:
            asker, reading = self._asker(each), readings.get(each.id)
            owner = self.writer.agent(each.agent)
            last = each.messages[-1] if each.messages else None
            ended_at = None if reading else _ended_at(each)
            rows.append(
                {
                    "id": keys[each.id],
                    "number": numbers[each.id],
                    "customer": asker.pk,
                    "clock": clocks[each.id],
                    "team": self.team_.pk,
                    "assignee": owner.pk if owner else None,
                    "status": reading.status if reading else each.status,
                    "priority": each.priority,
                    "channel": each.channel,
                    "subject": each.subject[:200] or _("(no subject)"),
                    "language": self._language(each),
                    "next_due_at": reading.next_due_at if reading else None,
                    "next_due_kind": reading.next_due_kind if reading else "",
                    "next_contact_at": reading.next_contact_at if reading else None,
                    "opened_at": each.opened_at,
                    "updated_at": each.updated_at or each.opened_at,
                    "resolved_at": ended_at,
                    "preview": preview_of(last.body) if last else "",
                    "is_last_word_ours": bool(last and not last.is_inbound),
                    "reopen_count": 0,
                    "revision": 1,
                    "entry_count": len(each.messages) + len(each.notes),
                    "external_reference": each.reference[:100],
                }
            )
            self._search_ticket(each, keys[each.id], asker)
        insert_new(OurTicket, _columns(rows))

    def _search_ticket(self, each: Ticket, key: int, asker: OurCustomer) -> None:
        subject = each.subject[:200] or _("(no subject)")
        self._search(key, "subject", each.opened_at, None, subject, subject)
        self._search(key, "customer", each.opened_at, None, asker.words, asker.words)
        self._search(key, "details", each.opened_at, key, each.reference, each.reference)

    def _search(
        self, key: int, kind: str, at: datetime, source: int | None, text: str, kept: str = ""
    ) -> None:
        self.searched.append((key, kind, at, source, kept, " ".join(tokens(text))))

    def _said(self, fit: Sequence[Ticket], keys: dict[str, int]) -> None:
        said = [(each, message) for each in fit for message in each.messages]
        rows = []
        for pk, (each, message) in zip(new_keys(OurMessage, len(said)), said, strict=True):
            agent = None if message.is_inbound else self.writer.agent(message.author)
            writer = self.people.get(message.author) if message.is_inbound else None
            is_strangers = message.is_inbound and writer is None and bool(message.author_email)
            asker = None if is_strangers else writer or self._asker(each)
            rows.append(
                {
                    "id": pk,
                    "ticket": keys[each.id],
                    "direction": "inbound" if message.is_inbound else "outbound",
                    "channel": message.channel or each.channel,
                    "customer": asker.pk if asker and message.is_inbound else None,
                    "agent": agent.pk if agent else None,
                    "body": message.body,
                    "sent_at": message.at,
                    "from_email": message.author_email[:320] if message.is_inbound else "",
                    "from_name": "" if agent else self._name(message)[:200],
                }
            )
            self._search(keys[each.id], "message", message.at, pk, message.body)
            if message.attachments:
                self._files(each, keys[each.id], message, pk)
        insert_new(OurMessage, _columns(rows))

    def _name(self, said: Message | Note) -> str:
        return said.author_name or self.writer.agent_name(said.author)

    def _files(self, each: Ticket, key: int, message: Message, pk: int) -> None:
        """What is there of the files; what is not is named."""
        for file in message.attachments:
            content = self._content(file)
            if content is None:
                self.batch.count("attachment", "missing")
                self.batch.faults.append(
                    Fault(
                        place=each.reference,
                        message=_("The file “%(name)s” is not there, or too large.")
                        % {"name": file.name},
                    )
                )
                continue
            self.batch.count("attachment", "new")
            if self.writer.keeps_files:
                kept = keep_imported_file(
                    SimpleUploadedFile(file.name or "file", content), message_id=pk, now=message.at
                )
                self._search(key, "file", message.at, pk, kept.name, kept.name)

    def _content(self, file: Attachment) -> bytes | None:
        most = settings.ATTACHMENTS_MAX_TOTAL_BYTES
        if file.content is not None:
            return file.content if len(file.content) <= most else None
        return content_of(self.writer.bundle, file.paths, most=most) if self.writer.bundle else None

    def _notes(self, fit: Sequence[Ticket], keys: dict[str, int]) -> None:
        said = [(each, note) for each in fit for note in each.notes]
        rows = []
        for pk, (each, note) in zip(new_keys(OurNote, len(said)), said, strict=True):
            agent = self.writer.agent(note.author)
            words = self._note_words(note, is_ours=agent is not None)
            rows.append(
                {
                    "id": pk,
                    "ticket": keys[each.id],
                    "agent": agent.pk if agent else None,
                    "body": words,
                    "written_at": note.at,
                }
            )
            self._search(keys[each.id], "note", note.at, pk, words)
        insert_new(OurNote, _columns(rows))

    def _note_words(self, note: Note, *, is_ours: bool) -> str:
        """Notes have no files, and no author but an agent of ours: both are said in words."""
        author = "" if is_ours else self._name(note)
        files = ", ".join(file.name for file in note.attachments)
        said = [f"{author}:" if author else "", note.body]
        if files:
            said.append(_("Files there: %(names)s") % {"names": files})
        return "\n".join(filter(None, said))

    def _events(self, fit: Sequence[Ticket], keys: dict[str, int]) -> None:
        rows: list[dict[str, Any]] = []
        for each in fit:
            owner = self.writer.agent(each.agent)
            told: list[tuple[str, datetime, int | None]] = [
                (EventKind.OPENED, each.opened_at, None)
            ]
            if each.status in ENDED:
                told.append((EventKind.RESOLVED, _ended_at(each), owner.pk if owner else None))
            told.append((EventKind.IMPORTED, self.now, None))
            rows += [
                {"ticket": keys[each.id], "kind": kind, "at": at, "agent": by, "facts": "{}"}
                for kind, at, by in told
            ]
        insert_new(TicketEvent, _columns(rows))

    def _tags(self, fit: Sequence[Ticket], keys: dict[str, int]) -> None:
        wanted = {each.id: _tags_of(each) for each in fit if each.tags}
        names = {folded: shown for tags in wanted.values() for folded, shown in tags.items()}
        Tag.objects.bulk_create(
            [Tag(name=shown, normalized=folded) for folded, shown in sorted(names.items())],
            ignore_conflicts=True,
        )
        found = dict(Tag.objects.filter(normalized__in=names).values_list("normalized", "pk"))
        rows = [
            {"ticket": keys[known], "tag": found[folded]}
            for known, tags in wanted.items()
            for folded in tags
            if folded in found
        ]
        insert_new(OurTicket.tags.through, _columns(rows))


def in_order(each: Ticket) -> Ticket:
    """With what was said by its time; a ticket without a word says what it is called."""
    said = sorted(each.messages, key=attrgetter("at"))
    if not said:
        said = [
            Message(
                id=f"{each.id}-0",
                at=each.opened_at,
                body=each.subject,
                is_inbound=True,
                author=each.customer,
            )
        ]
    return replace(each, messages=tuple(said))


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {"id": []}


def _tags_of(each: Ticket) -> dict[str, str]:
    """By their folded names; a long one is cut."""
    shown = (" ".join(name.split())[:TAG_LENGTH].strip() for name in each.tags)
    return {
        fold(name): name for name in list(dict.fromkeys(shown))[:TAGS_OF_A_TICKET] if fold(name)
    }


def _is_waiting(each: Ticket) -> bool:
    """Whether it is our turn and the customer had the last word."""
    is_ours = each.status in {Status.NEW, Status.OPEN}
    return is_ours and (not each.messages or each.messages[-1].is_inbound)


def _ended_at(each: Ticket) -> datetime:
    last = each.ended_at or each.updated_at or each.opened_at
    return max(last, each.opened_at)


def _label(each: Ticket, number: int) -> str:
    return f"#{number} {each.subject}"[:255]


def _path(number: int) -> str:
    return f"/desk/tickets/{number}/"


def _numbers_for(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ticket_number') FROM generate_series(1, %s)", [count])
        return [number for (number,) in cursor.fetchall()]
