"""What the database has noted becomes what each endpoint is told, in the order in which it happened.

One process at a time does this, so that the order holds; sending is another matter. What was said
to a customer and can still be taken back is not told, nor is what was done together with it or
came after it on the ticket.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from common import doorbell
from integrations.events import OF_OCCURRENCES
from integrations.listening import held_until, is_my_turn, noted_for
from integrations.models import Delivery, Listener, Occurrence, Webhook
from integrations.saying import Matter, Said, body_for, said_of
from sla.models import Status
from tickets.models import Message, Ticket

logger = structlog.get_logger(__name__)
BATCH = 200
DELIVERS = "integrations.tasks.deliver_waiting"
# What cannot be told is looked at again, and forgotten in the end.
NEXT_LOOK = timedelta(minutes=1)
FORGET_AFTER = timedelta(days=3)
OUR_MESSAGE = "message.outbound"
TAKEN_BACK = "event.taken_back"
Group = list[Occurrence]


def tell_waiting(*, now: datetime | None = None) -> int:
    """Make deliveries of what was noted; return of how many things."""
    now = now or timezone.now()
    told = 0
    while taken := _tell_batch(now=now):
        told += taken
    return told


def _tell_batch(*, now: datetime) -> int:
    """One transaction. 0: there is nothing to tell, or somebody else is telling."""
    waiting = _waiting().filter(Q(look_at=None) | Q(look_at__lte=now))
    if not waiting.exists():
        return 0
    with transaction.atomic():
        if not is_my_turn(Listener.Name.WEBHOOKS):
            return 0
        batch = list(waiting.order_by("pk")[:BATCH])
        webhooks = list(Webhook.objects.filter(is_active=True).prefetch_related("teams"))
        for group in _groups(batch):
            _tell_safely(group, webhooks, now=now)
        doorbell.ring(DELIVERS)
        return len(batch)


def _waiting() -> models.QuerySet[Occurrence]:
    return noted_for(Listener.Name.WEBHOOKS)


def _groups(batch: Sequence[Occurrence]) -> Iterator[Group]:
    """All that waits of each ticket that is in the batch, what is put off too; and of customers."""
    clocks = {each.clock for each in batch if each.clock is not None}
    tickets = {each.ticket for each in batch if each.ticket is not None}
    named = Ticket.objects.filter(Q(pk__in=tickets) | Q(clock__in=clocks))
    of_clocks = dict(named.values_list("clock", "pk"))
    all_of_them = Q(ticket__in=list(of_clocks.values())) | Q(clock__in=list(of_clocks))
    rest = Q(pk__in=[each.pk for each in batch])
    groups: dict[str, Group] = defaultdict(list)
    for each in _waiting().filter(all_of_them | rest).order_by("pk"):
        if each.clock is not None:
            each.ticket = of_clocks.get(each.clock)
        groups[_subject(each)].append(each)
    yield from groups.values()


def _subject(occurrence: Occurrence) -> str:
    """Whose order it belongs to."""
    if occurrence.ticket is not None:
        return f"ticket:{occurrence.ticket}"
    # Of a clock whose ticket is gone nothing is told.
    return f"customer:{occurrence.thing}" if occurrence.clock is None else "nobody"


def _tell_safely(group: Group, webhooks: Sequence[Webhook], *, now: datetime) -> None:
    """Trouble with one ticket stops no other."""
    try:
        with transaction.atomic():
            _tell(group, webhooks, now=now)
    except Exception:
        logger.exception("webhooks.not_told", occurrence=group[0].pk)
        keys = [each.pk for each in group]
        _waiting().filter(pk__in=keys, at__lt=now - FORGET_AFTER).delete()
        _waiting().filter(pk__in=keys).update(look_at=now + NEXT_LOOK)


def _tell(group: Group, webhooks: Sequence[Webhook], *, now: datetime) -> None:
    ready, held_until = _ready(group, now=now)
    if held_until is not None:
        held = {each.pk for each in group[len(ready) :]}
        _waiting().filter(pk__in=held).update(look_at=held_until)
    lasting = list(_lasting(ready))
    matter = Matter.of(group[0].ticket) if lasting else None
    deliveries = [
        delivery
        for occurrence in lasting
        if matter is not None and (said := said_of(occurrence, matter)) is not None
        for delivery in _deliveries(said, occurrence, webhooks, now=now)
    ]
    Delivery.objects.bulk_create(deliveries)
    Occurrence.objects.filter(pk__in=[each.pk for each in ready]).delete()


def _ready(group: Group, *, now: datetime) -> tuple[Group, datetime | None]:
    """What comes before a letter that can still be taken back, and until when it can."""
    ours = [each.thing for each in group if each.kind == OUR_MESSAGE]
    held = held_until(ours, now=now)
    for place, each in enumerate(group):
        if each.kind == OUR_MESSAGE and each.thing in held:
            return group[:place], held[each.thing]
    return group, None


def _lasting(group: Group) -> Iterator[Occurrence]:
    """Without what was taken back: the message, what was done with it, and the taking back."""
    ours = [each.thing for each in group if each.kind == OUR_MESSAGE]
    found = Message.objects.filter(pk__in=ours).values_list("pk", flat=True)
    there = set(found) if ours else set()
    undoing = {each.xid for each in group if each.kind == TAKEN_BACK}
    for each in group:
        if each.kind == OUR_MESSAGE and each.thing not in there:
            undoing.add(each.xid)
        if each.xid not in undoing and each.kind in OF_OCCURRENCES:
            yield each


def _deliveries(
    said: Said, occurrence: Occurrence, webhooks: Iterable[Webhook], *, now: datetime
) -> Iterator[Delivery]:
    for webhook in webhooks:
        if not _wants(webhook, said):
            continue
        yield Delivery(
            webhook=webhook,
            event=said.name_for(webhook),
            subject=_subject(occurrence),
            ticket=said.ticket,
            customer=said.customer,
            body=json.dumps(body_for(webhook, said), ensure_ascii=False),
            made_at=now,
            next_try_at=now,
        )


def _wants(webhook: Webhook, said: Said) -> bool:
    """Whether this endpoint is told."""
    if webhook.channel_id is not None:
        return said.is_answer_on(webhook.channel_id)
    if said.name not in webhook.events:
        return False
    teams = {team.pk for team in webhook.teams.all()}
    if said.ticket is None:
        return not teams
    if said.ticket.status == Status.SPAM and said.name != "ticket.status_changed":
        return False
    return not teams or said.ticket.team_id in teams
