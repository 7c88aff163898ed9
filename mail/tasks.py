from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from mail import delivery, fetching, mailbox_editing, notifying


@shared_task
def deliver_email(email_id: int) -> None:
    delivery.deliver(email_id)


@shared_task
def deliver_waiting() -> None:
    delivery.deliver_due()


@shared_task
def mail_notifications() -> None:
    notifying.mail_notifications(now=timezone.now())


@shared_task
def fetch_waiting() -> None:
    fetching.ring_for_due()


@shared_task
def fetch_mailbox(source_id: int) -> None:
    fetching.fetch(source_id)


@shared_task
def tell_of_silent_mailboxes() -> None:
    mailbox_editing.tell_of_silent_mailboxes()
