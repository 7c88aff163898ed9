"""Facts that figures count, and their sums. Nothing here is known only here: all of it can be made
again from tickets and clocks (manage.py rebuild_figures)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from reports.exports import models as exports  # noqa: F401 - Django looks for tables here
from reports.saved import models as saved  # noqa: F401 - and here
from tickets.models import Channel, Ticket

# Names for machines are compared byte by byte: twice as fast where there are millions of them.
PLAIN = "C"


class Fact(models.Model):
    """One thing that happened and that a figure counts; reports.measures says what each means.

    Who and what it was about is copied from the ticket as it stands, so the keys are no references:
    a fact follows its ticket, and never holds anything else back. `day` and `hour` are the desk's.
    """

    measure = models.CharField(max_length=30, db_collation=PLAIN)
    at = models.DateTimeField()
    day = models.DateField()
    hour = models.PositiveSmallIntegerField()
    ticket = models.ForeignKey(
        Ticket,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="report_facts",
    )
    customer = models.BigIntegerField()
    organization = models.BigIntegerField(null=True)
    team = models.BigIntegerField()
    # Whose ticket it is, or who answered; null: nobody's.
    agent = models.BigIntegerField(null=True)
    topic = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=10, choices=Channel, db_collation=PLAIN)
    # How long, or how much, for measures that say so.
    seconds = models.BigIntegerField(null=True)
    # Which one, where a ticket has several: the key of a commitment, a message, an event.
    key = models.CharField(max_length=40, blank=True, db_collation=PLAIN)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "measure", "key"], name="one_fact_of_a_kind")
        ]
        indexes = [
            models.Index(fields=["measure", "day", "at", "id"], name="facts_of_measure"),
            models.Index(fields=["customer", "measure", "day"], name="facts_of_customer"),
            models.Index(
                fields=["organization", "measure", "day"],
                condition=models.Q(organization__isnull=False),
                name="facts_of_organization",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} of ticket {self.ticket_id} at {self.at:%Y-%m-%d %H:%M}"


class Tally(models.Model):
    """How many facts there are of a kind, and their seconds in all. `grain` says by what they are
    told apart; the columns it does not name are 0 or empty. So is nobody, where it is named.

    `day` is the first of the month where the grain is one of months. `bin` is the range of a timed
    measure (Measure.bin), and -1 where none is kept.
    """

    TOTAL: ClassVar = "total"
    HOUR: ClassVar = "hour"
    TEAM: ClassVar = "team"
    AGENT: ClassVar = "agent"
    TOPIC: ClassVar = "topic"
    CHANNEL: ClassVar = "channel"
    ALL: ClassVar = "all"
    CUSTOMER: ClassVar = "customer"
    ORGANIZATION: ClassVar = "organization"
    NO_BIN: ClassVar = -1

    grain = models.CharField(max_length=12, db_collation=PLAIN)
    measure = models.CharField(max_length=30, db_collation=PLAIN)
    day = models.DateField()
    hour = models.SmallIntegerField(default=0)
    team = models.BigIntegerField(default=0)
    agent = models.BigIntegerField(default=0)
    topic = models.BigIntegerField(default=0)
    channel = models.CharField(max_length=10, blank=True, db_collation=PLAIN)
    customer = models.BigIntegerField(default=0)
    organization = models.BigIntegerField(default=0)
    bin = models.SmallIntegerField(default=NO_BIN)
    count = models.BigIntegerField()
    seconds = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("grain", "measure", "day", "hour", "team", "agent", "topic", "channel"),
                    *("customer", "organization", "bin"),
                ],
                name="one_tally_of_a_kind",
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(count=0), name="tallies_of_nothing"),
            # Who wrote most in a month.
            *(
                models.Index(
                    fields=["day", "-count", grain],
                    condition=models.Q(grain=grain, measure="contact"),
                    name=f"tallies_of_{grain}s",
                )
                for grain in ("customer", "organization")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.measure} ({self.grain}, {self.day})"


class TargetTally(models.Model):
    """How many targets of one kind of one policy were kept and broken on a day, told apart like the
    finest tallies; nobody and no topic are 0."""

    day = models.DateField()
    policy = models.BigIntegerField()
    kind = models.CharField(max_length=20, db_collation=PLAIN)
    team = models.BigIntegerField()
    agent = models.BigIntegerField()
    topic = models.BigIntegerField()
    channel = models.CharField(max_length=10, blank=True, db_collation=PLAIN)
    kept = models.BigIntegerField()
    broken = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "target tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "policy", "kind", "team", "agent", "topic", "channel"],
                name="one_target_tally_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kept} of {self.kept + self.broken} {self.kind} ({self.day})"


class Stale(models.Model):
    """A ticket whose facts may have changed. Triggers write it, any number of times; without a ticket
    it says that all tallies have to be added up again."""

    ticket = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "stale"

    def __str__(self) -> str:
        return f"ticket {self.ticket}"
