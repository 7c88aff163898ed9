from __future__ import annotations

from celery import shared_task

from common.models import Heartbeat


@shared_task
def sign_of_life() -> None:
    """Beat sent it and a worker ran it: both are alive."""
    Heartbeat.beat("beat")
    Heartbeat.beat("worker")
