from __future__ import annotations

from celery import shared_task

from sla.sweep import sweep_due


@shared_task
def sweep_commitments() -> None:
    sweep_due(sweeper="sweep")
