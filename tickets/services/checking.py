"""The steps of the work on a ticket, ticked off one by one."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from tickets.exceptions import TooManySteps
from tickets.models import ChecklistItem, Ticket
from tickets.services.recording import lock_ticket, save_change

MOST_STEPS = 50
STEP_LENGTH = 200


@transaction.atomic
def add_steps(ticket: Ticket, *, text: str) -> None:
    """One step for each line. Raises TooManySteps above fifty."""
    ticket = lock_ticket(ticket)
    steps = [line.strip()[:STEP_LENGTH] for line in text.splitlines() if line.strip()]
    if ticket.checklist.count() + len(steps) > MOST_STEPS:
        raise TooManySteps(_("A checklist has at most %(most)s steps.") % {"most": MOST_STEPS})
    ChecklistItem.objects.bulk_create([ChecklistItem(ticket=ticket, text=step) for step in steps])
    save_change(ticket, now=timezone.now())


@transaction.atomic
def tick(item: ChecklistItem, *, is_done: bool, by: Agent) -> None:
    """Say that a step is done, or that it is not."""
    now = timezone.now()
    item.done_at, item.done_by = (now, by) if is_done else (None, None)
    item.save(update_fields=["done_at", "done_by"])
    save_change(lock_ticket(item.ticket), now=now)


@transaction.atomic
def remove_step(item: ChecklistItem) -> None:
    """Take a step off the list."""
    item.delete()
    save_change(lock_ticket(item.ticket), now=timezone.now())
