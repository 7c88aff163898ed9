"""Calendars, policies, clocks and the promises they guard. design: sla.md, which is law."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from customers.models import Customer
from sla.engine.commitments import AUTO_HOLD, AUTO_HOLD_FALLBACK, HELD


class Priority(models.TextChoices):
    URGENT = "urgent", _("Urgent")
    HIGH = "high", _("High")
    NORMAL = "normal", _("Normal")
    LOW = "low", _("Low")


class Status(models.TextChoices):
    """The state of the matter a clock runs for; the words on screen are tickets'."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    PENDING_CUSTOMER = "pending_customer", _("Waiting for the customer")
    ON_HOLD = "on_hold", _("On hold")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    SPAM = "spam", _("Spam")
    MERGED = "merged", _("Merged")


UNRESOLVED = [Status.NEW, Status.OPEN, Status.PENDING_CUSTOMER, Status.ON_HOLD]
ENDED = [Status.RESOLVED, Status.CLOSED]


class BusinessCalendar(models.Model):
    """Opening hours by name. An edit adds a CalendarVersion; commitments name the one they used."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_calendar"
            )
        ]

    def __str__(self) -> str:
        return self.name


class CalendarVersion(models.Model):
    """Opening hours as they stood from `created_at` on; `hours` is what working_time.Calendar reads."""

    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField()
    hours = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.calendar_id} v{self.number}"


class Policy(models.Model):
    """What we owe to whom, how fast. The first active policy whose conditions all hold wins.

    What it says stands in its newest PolicyVersion.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    position = models.PositiveIntegerField(unique=True)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    conditions = models.JSONField(default=dict, blank=True)
    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.PROTECT)

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_policy"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True), name="default_policy_is_active"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """A policy and its opening hours as they stood from `created_at` on. Never changed.

    `settings` is what sla.engine.settings.PolicySettings reads, plus an `audience` for each
    escalation level and `notifies_around_the_clock`.
    """

    class Audience(models.TextChoices):
        ASSIGNEE = "assignee", _("Assignee, or the team when there is none")
        LEAD = "lead", _("Team lead")
        MANAGER = "manager", _("Managers")

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    calendar_version = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT)
    settings = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.number}"


class Clock(models.Model):
    """One matter we owe contact on: to whom, by whom, under which policy.

    `label` and `path` say what it is on screen and where it opens, so that this room needs to know
    nothing of tickets. `status`, `priority` and the due instants are what the log says; only
    sla.services writes them.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="clocks")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="clocks")
    owner = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="clocks"
    )
    policy_version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, related_name="clocks"
    )
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    status = models.CharField(max_length=20, choices=Status, default=Status.NEW)
    label = models.CharField(max_length=255)
    path = models.CharField(max_length=255)

    class Meta:
        indexes = [
            models.Index(
                fields=["policy_version"],
                condition=Q(status__in=UNRESOLVED),
                name="clock_unresolved",
            )
        ]

    def __str__(self) -> str:
        return self.label


class ClockEvent(models.Model):
    """The log from which every commitment can be computed again. Append-only."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    type = models.CharField(max_length=20)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["clock", "id"], name="clock_event_log")]

    def __str__(self) -> str:
        return f"{self.type} at {self.at:%Y-%m-%d %H:%M:%S}"


class Kind(models.TextChoices):
    ACK = "ack", _("Acknowledgement")
    FIRST_REPLY = "first_reply", _("First reply")
    NEXT_REPLY = "next_reply", _("Next reply")
    UPDATE = "update", _("Update")
    RESOLUTION = "resolution", _("Resolution")
    PROMISE = "promise", _("Promise")
    NUDGE_1 = "nudge_1", _("First reminder to the customer")
    NUDGE_2 = "nudge_2", _("Second reminder to the customer")
    AUTO_CLOSE = "auto_close", _("Closing after silence")


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    def live(self) -> CommitmentQuerySet:
        return self.filter(ended_at=None)

    def promises(self) -> CommitmentQuerySet:
        return self.filter(kind=Kind.PROMISE)


class Commitment(models.Model):
    """A time we gave, stored with the steps the sweep has still to take.

    `schedule` is the list of future steps `[epoch second, step, value]` in order (see
    sla.engine); `next_check_at` is the first of them, null when nothing is left to watch.
    `hold_at` is from when on the customer may be told that it takes longer (sla.md 2.11).
    """

    # Why a row ended that the log no longer has.
    WITHDRAWN: ClassVar = "withdrawn"

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        MET = "met"
        BREACHED = "breached"
        CANCELLED = "cancelled"

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="commitments")
    kind = models.CharField(max_length=20, choices=Kind)
    cycle = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State)
    source = models.CharField(max_length=20, blank=True)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT)
    target_seconds = models.BigIntegerField(null=True)
    # Working seconds until the end; null while live, when only the log can tell.
    used_seconds = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    detected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=30, blank=True)
    schedule = models.JSONField(default=list)
    next_check_at = models.DateTimeField(null=True)
    hold_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clock", "kind", "cycle"],
                condition=~Q(end_reason__in=["no_target", "withdrawn"]),
                name="one_row_per_cycle",
            ),
            models.UniqueConstraint(
                fields=["clock"],
                condition=Q(kind="promise", ended_at=None),
                name="one_live_promise_per_clock",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "paused", "met", "breached", "cancelled"]),
                name="commitment_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="breached", breached_at=models.F("due_at"))
                | (~Q(state="breached") & Q(breached_at=None)),
                name="breached_at_is_the_due_instant",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(next_check_at=None),
                name="ended_commitments_are_not_watched",
            ),
            models.CheckConstraint(
                condition=Q(hold_at=None) | Q(ended_at=None, breached_at=None),
                name="only_an_unbroken_promise_is_held",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="commitment_to_check",
            ),
            models.Index(
                fields=["hold_at"],
                condition=Q(hold_at__isnull=False),
                name="commitment_to_hold",
            ),
            models.Index(fields=["kind", "ended_at"], name="commitment_ended"),
            models.Index(
                fields=["due_at"],
                condition=Q(ended_at=None, kind="promise"),
                name="commitment_live_promise",
            ),
            models.Index(
                fields=["started_at", "id"],
                condition=Q(ended_at=None, kind__in=["first_reply", "next_reply"]),
                name="commitment_waited_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cycle} ({self.state})"

    @property
    def is_broken(self) -> bool:
        return self.state == self.State.BREACHED

    @property
    def is_held(self) -> bool:
        """Whether the customer was told in time that it takes longer: neither kept nor broken."""
        return self.end_reason == HELD

    @property
    def is_by_holding_note(self) -> bool:
        """Whether the system named this time, in the letter that said that it takes longer."""
        return self.source in {AUTO_HOLD, AUTO_HOLD_FALLBACK}


class CommitmentWarning(models.Model):
    """Somebody was told that a share of the time is used up. Once per threshold, for ever."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="warnings")
    percent = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "percent"], name="one_warning_per_percent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.commitment_id}"


class Escalation(models.Model):
    """People were told of a breach. Exactly once per level, for ever."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="escalations")
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    raised_at = models.DateTimeField()
    # A higher level was reached before this one could act: catching up, or answered first.
    is_skipped = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["commitment", "level"], name="one_escalation_per_level")
        ]

    def __str__(self) -> str:
        return f"level {self.level} of {self.commitment_id}"
