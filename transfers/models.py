"""What came from elsewhere, the work on it, and what was taken along as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Language


class Source(models.TextChoices):
    """Where it comes from. What it is called is not translated, but for what has no name."""

    CUSTOMERS = "customers", _("Customers, as CSV")
    ZENDESK = "zendesk", "Zendesk"
    ZAMMAD = "zammad", "Zammad"
    FRESHDESK = "freshdesk", "Freshdesk"
    FREESCOUT = "freescout", "FreeScout"
    OSTICKET = "osticket", "osTicket"
    MBOX = "mbox", "mbox"


class State(models.TextChoices):
    ASKED = "asked", _("Not begun")
    WORKING = "working", _("At work")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Deleted")


class Imported(models.Model):
    """What a thing of another desk became here: so that it comes once, however often it is handed
    in. `row` is the key of a customer, organisation or ticket, which may be gone by now. Of a customer
    who was erased nothing comes again."""

    class Kind(models.TextChoices):
        ORGANIZATION = "organization"
        CUSTOMER = "customer"
        TICKET = "ticket"

    source = models.CharField(max_length=20, choices=Source)
    kind = models.CharField(max_length=20, choices=Kind)
    external_id = models.CharField(max_length=200)
    row = models.BigIntegerField()
    is_erased = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name_plural = "imported"
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "external_id"], name="imported_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.external_id}"


class ImportJob(models.Model):
    """Something that somebody handed in, and how far it has come in.

    It is worked off in batches, each in one transaction with `seen`: how many records, good and
    bad ones, are done. Whoever goes on after a crash passes over so many.
    """

    FOLDER: ClassVar = "imports/"

    agent = models.ForeignKey(Agent, null=True, on_delete=models.PROTECT, related_name="imports")
    source = models.CharField(max_length=20, choices=Source)
    # What was uploaded; or where it lies on the server, when a command named it.
    file = models.FileField(upload_to=FOLDER, blank=True)
    path = models.CharField(max_length=1000, blank=True)
    name = models.CharField(max_length=200)
    # How it is to be read; see transfers.working.
    options = models.JSONField(default=dict)
    is_dry_run = models.BooleanField(default=False)
    language = models.CharField(max_length=8, choices=Language)
    state = models.CharField(max_length=10, choices=State, default=State.WORKING)
    seen = models.PositiveBigIntegerField(default=0)
    # How many of what: "ticket": {"new": 3, "known": 1}.
    counts = models.JSONField(default=dict)
    fault_count = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    # Whoever works on it has it until then.
    next_try_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state="working"), name="imports_at_work"
            )
        ]

    def __str__(self) -> str:
        return f"import {self.pk} from {self.source} ({self.state})"

    @property
    def is_working(self) -> bool:
        return self.state == State.WORKING


class ImportFault(models.Model):
    """A line that could not be taken, as it was written."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="faults")
    place = models.CharField(max_length=300)
    message = models.CharField(max_length=500)
    original = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class DeskExport(models.Model):
    """The whole desk as a zip, for whoever asked. Kept for a few days; this row stays."""

    FOLDER: ClassVar = "exports/"
    KEPT_FOR: ClassVar = timedelta(days=7)

    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WORKING)
    asked_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    file = models.FileField(upload_to=FOLDER, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state="working"), name="desk_exports_at_work"
            )
        ]

    def __str__(self) -> str:
        return f"export {self.pk} of the desk ({self.state})"

    @property
    def is_working(self) -> bool:
        return self.state == State.WORKING

    @property
    def is_ready(self) -> bool:
        return self.state == State.DONE
