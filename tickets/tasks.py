from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tickets import attachments
from tickets.services import bulk, holding, rematching, undelivered, waiting


@shared_task
def discard_abandoned_uploads() -> None:
    attachments.discard_abandoned(now=timezone.now())


@shared_task
def continue_rematch() -> None:
    while rematching.continue_rematch():
        pass


@shared_task
def continue_bulk_changes() -> None:
    while bulk.continue_bulk_changes():
        pass


@shared_task
def fire_due_waits() -> None:
    waiting.fire_due_waits()


@shared_task
def hold_due_promises() -> None:
    holding.hold_due_promises()


@shared_task
def take_up_failures() -> None:
    undelivered.take_up_failures()
