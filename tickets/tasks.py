from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tickets import attachments
from tickets.services import (
    acknowledging,
    bulk,
    digesting,
    distributing,
    filing,
    holding,
    judging,
    rematching,
    scheduling,
    undelivered,
    waiting,
)


@shared_task
def discard_abandoned_uploads() -> None:
    attachments.discard_abandoned(now=timezone.now())


@shared_task
def continue_rematch() -> None:
    while rematching.continue_rematch():
        pass


@shared_task
def continue_bulk_changes() -> None:
    while bulk.continue_bulk_changes():
        pass


@shared_task
def fire_due_waits() -> None:
    waiting.fire_due_waits()


@shared_task
def hold_due_promises() -> None:
    holding.hold_due_promises()


@shared_task
def send_scheduled() -> None:
    scheduling.send_scheduled()


@shared_task
def take_up_failures() -> None:
    undelivered.take_up_failures()


@shared_task
def hand_out_waiting() -> None:
    distributing.hand_out_waiting()


@shared_task
def take_back_idle() -> None:
    distributing.take_back_idle()


@shared_task
def file_waiting_mail() -> None:
    filing.file_waiting_mail()


@shared_task
def tell_of_waiting_mail() -> None:
    filing.tell_of_waiting_mail()


@shared_task
def note_acknowledgements() -> None:
    acknowledging.note_acknowledgements()


@shared_task
def send_due_digests() -> None:
    digesting.send_due_digests()


@shared_task
def judge_ended() -> None:
    judging.judge_all()
