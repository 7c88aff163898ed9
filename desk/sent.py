"""What somebody has just sent and can still take back: it lives in their session, for seconds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from desk.forms import read_instant
from tickets.models import Message, Ticket

KEY = "sent"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A reply that has not left: `words` say what was done with it, `until` when it leaves."""

    message: int
    number: int
    words: str
    until: str

    @property
    def url(self) -> str:
        """Where it is taken back."""
        return reverse("desk:reply_undo", args=[self.number, self.message])

    @property
    def leaves_at(self) -> datetime | None:
        return read_instant(self.until)


def tell_sent(request: HttpRequest, message: Message, *, ticket: Ticket, words: str) -> None:
    """Say that it was sent, and offer to take it back as long as its letter waits for that."""
    now = timezone.now()
    leaves_at = message.email.next_try_at if message.email else None
    if leaves_at is None or leaves_at <= now:
        messages.success(request, words)
        return
    sent = Sent(message=message.pk, number=ticket.number, words=words, until=leaves_at.isoformat())
    # The same reply sent twice is one.
    others = [each for each in just_sent(request, now=now) if each.message != message.pk]
    _keep(request, [*others, sent])


def just_sent(request: HttpRequest, *, now: datetime) -> list[Sent]:
    """What can still be taken back."""
    kept: list[dict[str, Any]] = request.session.get(KEY, [])
    sent = [Sent(**each) for each in kept]
    return [each for each in sent if each.leaves_at and each.leaves_at > now]


def forget_sent(request: HttpRequest, pk: int) -> None:
    """It was taken back."""
    now = timezone.now()
    _keep(request, [each for each in just_sent(request, now=now) if each.message != pk])


def _keep(request: HttpRequest, sent: list[Sent]) -> None:
    request.session[KEY] = [asdict(each) for each in sent]
