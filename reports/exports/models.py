"""Exports: who asked for what, how far it is, and who has fetched it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Language


class Export(models.Model):
    """A table that somebody asked for, as a file. It is worked off in the background, some rows at a
    time (reports.exports.working), and kept for a week; this row stays, and says who had it.
    """

    class Kind(models.TextChoices):
        QUEUE = "queue", _("Tickets")
        FACTS = "facts", _("Rows of a report")

    class Encoding(models.TextChoices):
        UTF_8 = "utf-8", _("UTF-8, for Excel and nearly everything else")
        CP932 = "cp932", _("Shift_JIS (CP932), for older Japanese programs")

    class State(models.TextChoices):
        WORKING = "working", _("At work")
        DONE = "done", _("Ready")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Deleted")

    FOLDER: ClassVar = "exports/"

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="exports")
    kind = models.CharField(max_length=10, choices=Kind)
    # Which rows: the address of the list it was asked from, as a query string.
    query = models.CharField(max_length=700, blank=True)
    encoding = models.CharField(max_length=10, choices=Encoding, default=Encoding.UTF_8)
    # Whose words the headings are in, and whose clock its times are by.
    language = models.CharField(max_length=8, choices=Language)
    time_zone = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.WORKING)
    asked_at = models.DateTimeField()
    # Unknown until the work begins.
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    # The key of the last row that is in a piece.
    last_key = models.BigIntegerField(default=0)
    # Letters that the encoding does not have.
    replaced = models.PositiveIntegerField(default=0)
    # How often in a row the work broke off with an error.
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    file = models.FileField(upload_to=FOLDER, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agent", "-asked_at"], name="exports_of_agent"),
            models.Index(
                fields=["rows_done", "id"], condition=Q(state="working"), name="exports_at_work"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="done"), name="exports_to_delete"
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk} ({self.state})"

    @property
    def is_working(self) -> bool:
        return self.state == self.State.WORKING

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.DONE


class ExportPiece(models.Model):
    """Some rows of an unfinished export, compressed. Stored in one transaction with how far it is, so
    that whoever goes on after a crash leaves nothing out and writes nothing twice.
    """

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces")
    # The row it begins after.
    after = models.BigIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "after"], name="one_piece_for_each_place")
        ]

    def __str__(self) -> str:
        return f"rows of export {self.export_id} after {self.after}"


class ExportDownload(models.Model):
    """Somebody fetched the file. Never deleted."""

    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="downloads")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"export {self.export_id} fetched by {self.agent_id}"
