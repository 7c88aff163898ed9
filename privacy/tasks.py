from __future__ import annotations

from celery import shared_task

from privacy import files, handing_out, retention


@shared_task
def delete_doomed_files() -> None:
    files.delete_doomed_files()


@shared_task
def continue_hand_outs() -> None:
    handing_out.continue_hand_outs()


@shared_task
def delete_expired_hand_outs() -> None:
    handing_out.delete_expired()


@shared_task
def forget_due() -> None:
    retention.forget_due()
