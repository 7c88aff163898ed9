from __future__ import annotations

from celery import shared_task

from audit import services


@shared_task
def seal_changes() -> None:
    services.seal_changes()


@shared_task
def forget_old() -> None:
    services.forget_old()
