from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts import api_tokens, sessions


@shared_task
def forget_old_answers() -> None:
    api_tokens.forget_old_answers(now=timezone.now())


@shared_task
def forget_expired_sessions() -> None:
    sessions.forget_expired(now=timezone.now())
