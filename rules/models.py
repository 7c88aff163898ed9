"""Rules: what the desk does by itself when something happens to a ticket, or after some time."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Agent, Team
from customers.models import Customer
from sla.models import Priority
from tickets.models import Ticket


class Happening(models.TextChoices):
    """What a rule may wait for: see rules.running.HAPPENINGS."""

    OPENED = "opened", _("a ticket is opened")
    WROTE = "wrote", _("a customer writes again")
    ANSWERED = "answered", _("the customer is answered")
    CHASED = "chased", _("a customer asks for news")
    BROKEN = "broken", _("a promise is broken")
    ASSIGNED = "assigned", _("a ticket changes hands")
    MOVED = "moved", _("the state of a ticket changes")
    PRIORITY = "priority", _("the priority changes")
    TAGGED = "tagged", _("the tags change")
    TOPIC = "topic", _("the topic changes")
    RATED = "rated", _("a customer rates us")


class Since(models.TextChoices):
    """From when on a rule of time counts its hours."""

    OPENED = "opened", _("a ticket was opened")
    WAITING = "waiting", _("a customer began to wait for our word")
    UNTOUCHED = "untouched", _("anything changed on a ticket")
    PROMISE = "promise", _("before a promised contact")


class Rule(models.Model):
    """When one of `events` happens, or `after` so much wall time since `since`: if the conditions
    are met, the actions are done, as `keeper`, who saved it last.

    Conditions and actions are lists of what rules.conditions and rules.actions know, checked when
    they are saved. Of a promise `after` is counted backwards from it.
    """

    name = models.CharField(max_length=60, unique=True)
    events = models.JSONField(default=list, blank=True)
    since = models.CharField(max_length=10, choices=Since, blank=True)
    after = models.DurationField(default=timedelta(0))
    # All conditions must be met, or one of them.
    needs_all = models.BooleanField(default=True)
    conditions = models.JSONField(default=list, blank=True)
    actions = models.JSONField(default=list)
    is_active = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    keeper = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    # Of a rule of time: what was so before does not count.
    active_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(since="") | Q(events=[]), name="rule_waits_for_events_or_for_time"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_of_time(self) -> bool:
        return bool(self.since)


class Run(models.Model):
    """What a rule did to a ticket, or why it did nothing."""

    class Outcome(models.TextChoices):
        DONE = "done", pgettext_lazy("run of a rule", "done")
        SAME = "same", pgettext_lazy("run of a rule", "it was so already")
        FAILED = "failed", pgettext_lazy("run of a rule", "not possible")
        STOPPED = "stopped", pgettext_lazy("run of a rule", "stopped: rules set each other off")
        UNDONE = "undone", pgettext_lazy("run of a rule", "undone")
        KEPT = "kept", pgettext_lazy("run of a rule", "not undone: changed again since")

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="runs")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="rule_runs")
    at = models.DateTimeField(default=timezone.now)
    # The happening, "time", or "by hand".
    because = models.CharField(max_length=10)
    # Of a rule of time: the instant it counted from. Once for each.
    anchor = models.DateTimeField(null=True)
    # What was done together can be undone together.
    batch = models.UUIDField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    # What the ticket was like before each action, in the order of the actions.
    before = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    # Right afterwards: with another one somebody has gone on.
    revision = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "ticket", "anchor"],
                condition=Q(anchor__isnull=False),
                name="rule_of_time_runs_once",
            )
        ]
        indexes = [
            models.Index(fields=["ticket", "-id"], name="rule_runs_of_ticket"),
            models.Index(fields=["rule", "-id"], name="rule_runs"),
            models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="rule_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} on {self.ticket_id}: {self.outcome}"


class Recurrence(models.Model):
    """A ticket that is opened again and again, on days of a calendar at a wall time of the desk."""

    class Every(models.TextChoices):
        DAY = "day", _("every day")
        WEEK = "week", _("every week")
        MONTH = "month", _("every month")

    subject = models.CharField(max_length=200)
    body = models.TextField()
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="recurrences")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    assignee = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    every = models.CharField(max_length=10, choices=Every)
    # The first time; the day of the week and of the month are taken from it.
    first_at = models.DateTimeField()
    next_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)
    keeper = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    last_ticket = models.ForeignKey(
        Ticket, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["next_at", "pk"]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_active=True), name="recurrence_due")
        ]

    def __str__(self) -> str:
        return self.subject
