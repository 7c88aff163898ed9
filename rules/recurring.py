"""Tickets that are opened again and again: a check-in, a monthly report that a customer waits for."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from rules.exceptions import BadRule
from rules.models import Recurrence
from sla.models import Priority
from sla.selectors import policy_version_for, suggested_promises
from tickets.exceptions import TicketError
from tickets.models import Channel, Ticket
from tickets.services.handling import may_hold
from tickets.services.opening import Inquiry, open_ticket
from tickets.services.recording import matter_of
from tickets.services.replying import Outcome

logger = structlog.get_logger(__name__)
NAMESPACE = UUID("5d1c0f5e-6f0b-4b0e-9a54-6f2a0b6f7c11")
ERROR_LENGTH = 300
EARLIEST_YEAR, YEARS_AHEAD = 2000, 10
Every = Recurrence.Every


def save_recurrence(recurrence: Recurrence, *, now: datetime | None = None) -> Recurrence:
    """Keep it; it is opened next at the first of its times that has not passed. Raises BadRule when
    the assignee could not see the ticket, and for a first time that is too far away."""
    now, assignee = now or timezone.now(), recurrence.assignee
    if not EARLIEST_YEAR <= recurrence.first_at.year <= now.year + YEARS_AHEAD:
        raise BadRule(_("This is too far away. Choose a time within ten years."), field="first_at")
    if assignee is not None and not may_hold(assignee, team_id=recurrence.team_id):
        raise BadRule(
            _("%(name)s is not in this team.") % {"name": assignee.name}, field="assignee"
        )
    recurrence.next_at = next_time(recurrence, after=now)
    recurrence.error = ""
    recurrence.save()
    return recurrence


def next_time(recurrence: Recurrence, *, after: datetime) -> datetime:
    """The first of its times later than this: at the same wall time of the desk's zone, on the same
    day of the week or of the month (the last day, where that has no such day)."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first = recurrence.first_at.astimezone(zone)
    there = after.astimezone(zone)
    if first > there:
        return first
    if recurrence.every == Every.MONTH:
        months = (there.year - first.year) * 12 + there.month - first.month
        found = _months_later(first, months)
        return found if found > there else _months_later(first, months + 1)
    step = 7 if recurrence.every == Every.WEEK else 1
    days = (there.date() - first.date()).days // step * step
    found = first + timedelta(days=days)
    # Arithmetic on a time with a zone is of the wall: an hour more or fewer does not move it.
    return found if found > there else found + timedelta(days=step)


def _months_later(first: datetime, months: int) -> datetime:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return first.replace(year=year, month=month + 1, day=min(first.day, last))


def open_due(*, now: datetime | None = None) -> int:
    """Open what is due, and say how many. A time that passed while nothing ran is made up for once.

    Any number of processes may do it: each row is held, and each time has its own key.
    """
    now = now or timezone.now()
    due = Recurrence.objects.filter(is_active=True, next_at__lte=now)
    return sum(_open(pk, now=now) for pk in due.values_list("pk", flat=True)[:100])


@transaction.atomic
def _open(pk: int, *, now: datetime) -> bool:
    held = Recurrence.objects.select_for_update(skip_locked=True, of=("self",))
    due = held.filter(pk=pk, is_active=True, next_at__lte=now)
    recurrence = due.select_related("customer", "team", "assignee", "keeper").first()
    if recurrence is None:
        return False
    try:
        with transaction.atomic(), translation.override(recurrence.keeper.language):
            recurrence.last_ticket, recurrence.error = _ticket_of(recurrence, now=now), ""
    except TicketError as refusal:
        recurrence.error = str(refusal)[:ERROR_LENGTH]
    # Whatever is wrong with one, the others are owed their turn.
    except Exception:
        logger.exception("rules.recurrence_failed", recurrence=pk)
        recurrence.error = _("Something went wrong. It is tried again next time.")
    recurrence.next_at = next_time(recurrence, after=now)
    recurrence.save()
    return not recurrence.error


def _ticket_of(recurrence: Recurrence, *, now: datetime) -> Ticket:
    """As if its keeper had opened it for the customer, who is told nothing yet; the first contact is
    promised by policy."""
    customer, team = recurrence.customer, recurrence.team
    matter = matter_of(
        channel=Channel.PHONE,
        team_id=team.pk,
        language=customer.language,
        priority=recurrence.priority,
        organization_id=customer.organization_id,
    )
    promises = suggested_promises(policy_version_for(matter), recurrence.priority, now=now)
    opened = open_ticket(
        Inquiry(
            subject=recurrence.subject,
            body=recurrence.body,
            channel=Channel.PHONE,
            language=customer.language,
            customer=customer,
            priority=Priority(recurrence.priority),
            team=team,
            assignee=recurrence.assignee,
            submission_key=uuid5(NAMESPACE, f"{recurrence.pk}:{recurrence.next_at.isoformat()}"),
            has_uploads=False,
            origin="agent_live",
            agent=recurrence.keeper,
            outcome=Outcome(promise_at=promises[0]),
        ),
        now=now,
    )
    return opened.ticket
