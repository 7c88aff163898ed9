from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from reports import usual_times


@shared_task
def measure_usual_times() -> None:
    usual_times.measure_usual_times(now=timezone.now())
