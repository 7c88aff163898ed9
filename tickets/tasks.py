from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tickets import attachments
from tickets.services import rematching


@shared_task
def discard_abandoned_uploads() -> None:
    attachments.discard_abandoned(now=timezone.now())


@shared_task
def continue_rematch() -> None:
    while rematching.continue_rematch():
        pass
