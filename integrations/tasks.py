from __future__ import annotations

from celery import shared_task

from integrations import delivering, telling


@shared_task
def tell_waiting() -> None:
    telling.tell_waiting()
    delivering.deliver_due()


@shared_task
def deliver_waiting() -> None:
    delivering.deliver_due()


@shared_task
def forget_old_deliveries() -> None:
    delivering.forget_old()
