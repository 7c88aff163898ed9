"""Whether a ticket went as it should, and where it fell short (features.md X15).

Clean: no promise broken, nothing asked twice, given on at most once, never asked for news, a first
reply no later than is usual for its topic, not reopened, not rated badly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mail.models import OutboundEmail
from tickets.effort import Parts, parts_of_families
from tickets.events import EventKind
from tickets.models import Message, Rating, Ticket, TicketEvent
from tickets.yardsticks import month_before, yardsticks_of

REASONS = {
    "promise_broken": gettext_lazy("the promise was broken"),
    "asked_twice": gettext_lazy("something was asked again"),
    "handed_over": gettext_lazy("it was handed over more than once"),
    "chased": gettext_lazy("the customer had to ask for news"),
    "waited_long": gettext_lazy("the first reply took long"),
    "reopened": gettext_lazy("it was reopened"),
    "rated_badly": gettext_lazy("the customer was not content"),
}


def in_words(reasons: Collection[str]) -> str:
    """The reasons in one line, in the active language and always in the same order."""
    return _(", ").join(str(words) for reason, words in REASONS.items() if reason in reasons)


def reasons_of(
    ticket_ids: Collection[int], *, now: datetime | None = None
) -> dict[int, frozenset[str]]:
    """Where each of these tickets fell short, by its key; nothing: it is clean."""
    return {pk: reasons for pk, (_parts, reasons) in judged(ticket_ids, now=now).items()}


def judged(
    ticket_ids: Collection[int], *, now: datetime | None = None
) -> dict[int, tuple[Parts, frozenset[str]]]:
    """The parts of the effort of each of these tickets (tickets.effort), and where it fell short.

    As many queries for one ticket as for many, but for the first that asks for a month's
    yardsticks. A ticket that was merged is judged as part of the one it went into, and has no
    reasons of its own.
    """
    now = now or timezone.now()
    members = list(
        Ticket.objects.filter(Q(pk__in=ticket_ids) | Q(merged_into__in=ticket_ids)).only(
            "opened_at", "resolved_at", "topic_id", "merged_into_id"
        )
    )
    families = {each.pk: each.merged_into_id or each.pk for each in members}
    parts = parts_of_families(ticket_ids, families, now=now)
    slow = _slow(members, now=now)
    unhappy = _rated_badly(families)
    return {
        pk: (each, _reasons(each, is_slow=pk in slow, is_unhappy=pk in unhappy))
        for pk, each in parts.items()
    }


def _reasons(parts: Parts, *, is_slow: bool, is_unhappy: bool) -> frozenset[str]:
    found = {
        "promise_broken": parts.broken_promises,
        "asked_twice": parts.asked_again,
        "handed_over": parts.hand_overs > 1,
        "chased": parts.chasers,
        "waited_long": is_slow,
        "reopened": parts.reopens,
        "rated_badly": is_unhappy,
    }
    return frozenset(reason for reason, is_so in found.items() if is_so)


@dataclass(frozen=True)
class _Wait:
    """From the first word until a person's: of one ticket and those merged into it."""

    topic: int | None
    began_at: datetime
    until: datetime

    @property
    def month(self) -> date:
        """The month whose yardstick it is measured by."""
        return month_before(self.began_at)

    def is_longer_than(self, seconds: int | None) -> bool:
        return seconds is not None and self.until - self.began_at > timedelta(seconds=seconds)


def _slow(members: Collection[Ticket], *, now: datetime) -> set[int]:
    """Those whose first reply by a person came later than is usual, or is not there by then."""
    waits = _waits(members, now=now)
    usual = yardsticks_of({wait.month for wait in waits.values()})
    return {
        pk for pk, wait in waits.items() if wait.is_longer_than(usual[wait.month].of(wait.topic))
    }


def _waits(members: Collection[Ticket], *, now: datetime) -> dict[int, _Wait]:
    replies = _first_contacts([each.pk for each in members])
    families: dict[int, list[Ticket]] = defaultdict(list)
    for each in members:
        families[each.merged_into_id or each.pk].append(each)
    waits = {}
    for each in members:
        if each.merged_into_id is None:
            family = families[each.pk]
            answered = [replies[one.pk] for one in family if one.pk in replies]
            waits[each.pk] = _Wait(
                topic=each.topic_id,
                began_at=min(one.opened_at for one in family),
                until=min(answered, default=each.resolved_at or now),
            )
    return waits


def _first_contacts(tickets: Iterable[int]) -> Mapping[int, datetime]:
    """When a person was first in contact: by a letter that was not lost, by telephone, or because
    they opened the ticket for the customer."""
    tickets = list(tickets)
    replies = (
        Message.objects.filter(
            ticket__in=tickets, direction=Message.Direction.OUTBOUND, agent__isnull=False
        )
        .exclude(email__state=OutboundEmail.State.FAILED)
        .order_by()
    )
    opened = TicketEvent.objects.filter(
        ticket__in=tickets, kind=EventKind.OPENED, agent__isnull=False
    )
    answered = dict(replies.values("ticket").values_list("ticket", Min("sent_at")))
    return answered | dict(opened.order_by().values_list("ticket", "at"))


def _rated_badly(families: Mapping[int, int]) -> set[int]:
    rated = Rating.objects.filter(ticket__in=list(families), value__isnull=False)
    return {families[each.ticket_id] for each in rated if each.is_bad}
