from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from mail import delivery, notifying


@shared_task
def deliver_email(email_id: int) -> None:
    delivery.deliver(email_id)


@shared_task
def deliver_waiting() -> None:
    delivery.deliver_due()


@shared_task
def mail_notifications() -> None:
    notifying.mail_notifications(now=timezone.now())
