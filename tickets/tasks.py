from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tickets import attachments
from tickets.services import rematching, waiting


@shared_task
def discard_abandoned_uploads() -> None:
    attachments.discard_abandoned(now=timezone.now())


@shared_task
def continue_rematch() -> None:
    while rematching.continue_rematch():
        pass


@shared_task
def fire_due_waits() -> None:
    waiting.fire_due_waits()
