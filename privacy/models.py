"""What was erased and by whom, and what was handed out. Of the person themselves nothing is here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Language
from customers.models import Customer


class Erasure(models.Model):
    """A customer was erased. It says what it was in numbers, so that a backup from before can be
    brought in line, and whoever asks can be told that it was done.

    `records` are the keys of all records of the person, merged ones too. `digests` are those of
    their addresses under the secret key: they answer "was it this one?", and nothing else.
    """

    customer = models.BigIntegerField(unique=True)
    records = models.JSONField()
    digests = models.JSONField(default=list)
    at = models.DateTimeField()
    # Nobody: a command did it.
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"customer {self.customer} erased at {self.at:%Y-%m-%d %H:%M}"


class DoomedFile(models.Model):
    """A file of somebody who was erased. The row goes when the file is gone."""

    path = models.CharField(max_length=400, unique=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"file {self.pk}"


class HandOut(models.Model):
    """All that is stored about a customer, as a file for them. Kept for a few days; this row stays,
    and says who had it."""

    class State(models.TextChoices):
        WORKING = "working", _("At work")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Deleted")

    FOLDER: ClassVar = "exports/"

    # When the record is merged, this stays with the one it was asked for.
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="hand_outs")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    # Whether what we wrote among ourselves is in it.
    with_notes = models.BooleanField(default=True)
    language = models.CharField(max_length=8, choices=Language)
    state = models.CharField(max_length=8, choices=State, default=State.WORKING)
    asked_at = models.DateTimeField()
    tickets_total = models.PositiveIntegerField(null=True)
    tickets_done = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    # Whoever works on it has it until then.
    next_try_at = models.DateTimeField()
    file = models.FileField(upload_to=FOLDER, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state="working"), name="hand_outs_at_work"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="done"), name="hand_outs_to_delete"
            ),
        ]

    def __str__(self) -> str:
        return f"hand-out {self.pk} of customer {self.customer_id} ({self.state})"

    @property
    def is_working(self) -> bool:
        return self.state == self.State.WORKING

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.DONE


class Retention(models.Model):
    """After how many months without anything happening customers are erased; one row. Without a
    number, or a row: never."""

    months = models.PositiveSmallIntegerField(null=True, blank=True)
    changed_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_retention")]

    def __str__(self) -> str:
        return f"{self.months} months"
