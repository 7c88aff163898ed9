from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tickets import attachments


@shared_task
def discard_abandoned_uploads() -> None:
    attachments.discard_abandoned(now=timezone.now())
