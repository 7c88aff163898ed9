"""Reports under a name, and to whom they go by mail."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from reports.exports.models import Export


class SavedReport(models.Model):
    """A report with its filter, kept under a name by whoever reads reports.

    `query` is a filter as its address has it (reports.filtering); a named period in it moves on with
    the days. `hour` is by the clock of its owner, and `next_at` is when it goes out next.
    """

    class Page(models.TextChoices):
        PROMISES = "promises", _("Promises")
        TIMES = "times", _("Times")
        ARRIVALS = "arrivals", _("Arrivals")
        QUALITY = "quality", _("Quality")
        CUSTOMERS = "customers", _("Customers")
        PEOPLE = "people", _("People")

    class Schedule(models.TextChoices):
        NONE = "", _("Not by mail")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every Monday")
        MONTHLY = "monthly", _("On the first of every month")

    name = models.CharField(max_length=100)
    page = models.CharField(max_length=10, choices=Page)
    query = models.CharField(max_length=500, blank=True)
    owner = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="saved_reports")
    # Whether everybody who reads reports finds it in their list.
    is_shared = models.BooleanField(default=False)
    schedule = models.CharField(max_length=10, choices=Schedule, blank=True, default=Schedule.NONE)
    hour = models.PositiveSmallIntegerField(default=8)
    encoding = models.CharField(
        max_length=10, choices=Export.Encoding, default=Export.Encoding.UTF_8
    )
    recipients = models.ManyToManyField(Agent, related_name="reports_by_mail")
    next_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(hour__lt=24), name="saved_report_hour_of_day"),
            models.CheckConstraint(
                condition=Q(schedule="", next_at=None) | ~Q(schedule=""),
                name="only_scheduled_reports_go_out",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="saved_reports_due"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_due(self, now: datetime) -> bool:
        return self.next_at is not None and self.next_at <= now
