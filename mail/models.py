from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class OutboundEmailQuerySet(models.QuerySet["OutboundEmail"]):
    def to_report(self) -> OutboundEmailQuerySet:
        """Letters that failed for good, which whoever leads their conversation does not know yet."""
        return self.filter(report_after__isnull=False)

    def waiting(self) -> OutboundEmailQuerySet:
        """Letters that still have to leave."""
        return self.filter(state__in=[OutboundEmail.State.QUEUED, OutboundEmail.State.SENDING])


class OutboundEmail(models.Model):
    """A letter that must leave: written in the transaction of its cause, delivered after commit.

    `next_try_at` is when somebody may next take it. Taking it sets `next_try_at` to the end of a
    lease and counts `attempts` up, and only the attempt that still holds the number may settle it.
    Letters of one `thread` are one conversation in the receiver's mail program. When one of them
    fails for good, `report_after` stands until whoever leads the conversation has taken that up.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"

    dedupe_key = models.CharField(max_length=120, unique=True)
    message_id = models.CharField(max_length=255, unique=True)
    # The template it was written from.
    letter = models.CharField(max_length=40, blank=True, default="", db_default="")
    thread = models.CharField(max_length=60, blank=True, default="", db_default="")
    to = models.CharField(max_length=320)
    from_email = models.CharField(max_length=400)
    subject = models.CharField(max_length=400)
    text = models.TextField()
    headers = models.JSONField(default=dict)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    report_after = models.DateTimeField(null=True, blank=True)

    objects = OutboundEmailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="sent_letters_have_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending"], next_try_at__isnull=False)
                | Q(state__in=["sent", "failed"], next_try_at__isnull=True),
                name="waiting_letters_have_a_next_try",
            ),
            models.CheckConstraint(
                condition=Q(report_after=None) | (Q(state="failed") & ~Q(thread="")),
                name="only_failed_letters_are_reported",
            ),
        ]
        indexes = [
            models.Index(
                F("next_try_at"),
                condition=Q(next_try_at__isnull=False),
                name="outbound_email_to_send",
            ),
            models.Index(
                fields=["thread", "id"], condition=~Q(thread=""), name="outbound_email_in_thread"
            ),
            models.Index(fields=["-sent_at"], name="outbound_email_sent"),
            models.Index(
                fields=["report_after"],
                condition=Q(report_after__isnull=False),
                name="outbound_email_to_report",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} ({self.state})"
