"""Who may send a letter now, and what happens when the sender or PostgreSQL is away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from mail import delivery
from mail.delivery import LEASE, deliver, deliver_due
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN

pytestmark = pytest.mark.django_db
NOW = MONDAY_AT_TEN


def a_letter(number: int = 0, *, next_try_at: datetime = NOW) -> OutboundEmail:
    return OutboundEmail.objects.create(
        dedupe_key=f"test:{number}",
        message_id=f"<{number}@example.com>",
        to=f"customer{number}@example.com",
        from_email="support@example.com",
        subject="Printer",
        text="Hello",
        language="en",
        queued_at=NOW,
        next_try_at=next_try_at,
    )


def test_a_letter_of_a_sender_that_died_leaves_after_its_lease(monday_at_ten):
    letter = a_letter()
    assert delivery._claim(letter.pk, now=NOW)

    assert not deliver(letter.pk, now=NOW + LEASE - timedelta(seconds=1))
    assert deliver(letter.pk, now=NOW + LEASE)
    assert [each.extra_headers["Message-ID"] for each in mail.outbox] == [letter.message_id]


def test_a_lease_is_longer_than_one_answer_of_a_slow_server_and_shorter_than_a_minute(settings):
    assert 2 * settings.EMAIL_TIMEOUT < LEASE.total_seconds() < 60


def test_who_comes_back_after_the_lease_does_not_overwrite_what_another_did(monday_at_ten):
    letter = a_letter()
    slow = delivery._claim(letter.pk, now=NOW)
    assert slow
    deliver(letter.pk, now=NOW + LEASE)
    sent = OutboundEmail.objects.values().get()

    assert not delivery._settle(slow, state="queued", next_try_at=NOW, last_error="late")
    assert OutboundEmail.objects.values().get() == sent


def test_every_letter_of_a_pass_gets_a_whole_lease(monday_at_ten, monkeypatch):
    """With a slow server the last of many letters is taken long after the pass began."""
    for number in range(5):
        a_letter(number)
    leases = []

    def send(message: Any) -> None:
        letter = OutboundEmail.objects.get(to=message.to[0])
        leases.append(letter.next_try_at - timezone.now())
        monday_at_ten.shift(20)

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", send)
    deliver_due()

    assert leases == [LEASE] * 5


def test_a_pass_over_a_hanging_server_ends_in_time(monday_at_ten, monkeypatch):
    for number in range(5):
        a_letter(number)
    monotonic = iter(range(0, 1000, 20))
    monkeypatch.setattr(delivery.time, "monotonic", lambda: next(monotonic))

    assert deliver_due() == 1
    assert OutboundEmail.objects.waiting().count() == 4


@pytest.mark.usefixtures("transactional_db")
def test_a_letter_that_left_while_postgresql_restarted_is_written_down_and_not_sent_again(
    monday_at_ten, monkeypatch
):
    letter = a_letter()
    update, refusals = QuerySet.update, [OperationalError("starting up")] * 3

    def restarting(self: Any, **fields: Any) -> int:
        if fields.get("state") == "sent" and refusals:
            raise refusals.pop()
        return int(update(self, **fields))

    monkeypatch.setattr(QuerySet, "update", restarting)
    monkeypatch.setattr(delivery.time, "sleep", lambda seconds: None)

    assert deliver(letter.pk)
    letter.refresh_from_db()
    assert letter.state == "sent"
    assert not deliver(letter.pk, now=NOW + timedelta(days=1))
    assert len(mail.outbox) == 1
