"""What those who hear of what happens share: their notes, taking turns at them, and what is not
certain yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from integrations.models import Listener, Occurrence
from mail.models import OutboundEmail
from tickets.models import Message

LOCK = 7240417


def noted_for(listener: str) -> QuerySet[Occurrence]:
    """What has happened and this one has not heard of yet."""
    return Occurrence.objects.filter(listener=listener)


def listen(listener: str, *, is_wanted: bool) -> None:
    """What happens is noted exactly while somebody wants to hear of it."""
    if is_wanted:
        Listener.objects.get_or_create(name=listener)
    else:
        Listener.objects.filter(name=listener).delete()


def is_my_turn(listener: str) -> bool:
    """Whether this transaction alone works on the notes of this one, until it ends: so they are
    worked on in the order in which they were made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK, listener])
        return bool(cursor.fetchone()[0])


def held_until(messages: Collection[int], *, now: datetime) -> dict[int, datetime | None]:
    """Those of these messages of ours that can still be taken back, and until when."""
    if not messages:
        return {}
    held = Message.objects.filter(pk__in=messages, email__in=OutboundEmail.objects.held_back(now))
    return dict(held.values_list("pk", "email__next_try_at"))
