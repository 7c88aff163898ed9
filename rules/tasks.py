"""Celery entry points."""

from __future__ import annotations

from celery import shared_task

from rules import recurring, running


@shared_task
def run_on_occurrences() -> int:
    return running.run_on_occurrences()


@shared_task
def run_on_time() -> int:
    return running.run_on_time()


@shared_task
def open_recurring() -> int:
    return recurring.open_due()
