from __future__ import annotations

from celery import shared_task

from transfers import taking_along, working


# A dry run is one transaction, however long it takes.
@shared_task(time_limit=1800, soft_time_limit=1700)
def continue_imports() -> None:
    working.continue_imports()


# A large desk takes its time, and there is one file for all of it.
@shared_task(time_limit=7200, soft_time_limit=7100)
def continue_exports() -> None:
    taking_along.continue_exports()


@shared_task
def delete_expired() -> None:
    taking_along.delete_expired()
    working.forget_waiting()
