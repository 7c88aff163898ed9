from __future__ import annotations

from celery import shared_task

from reports.exports import working
from reports.facts import keeping
from reports.saved import services


@shared_task
def keep_figures() -> None:
    keeping.keep_figures()


@shared_task
def continue_exports() -> None:
    working.continue_exports()


@shared_task
def delete_expired_exports() -> None:
    working.delete_expired()


@shared_task
def send_due_reports() -> None:
    services.send_due_reports()
