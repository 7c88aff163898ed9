from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from customers.models import Customer
from mail.models import OutboundEmail
from sla.models import UNRESOLVED, Clock, Kind, Priority, Status


class Channel(models.TextChoices):
    WEB = "web", _("Web form")
    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone")
    API = "api", _("API")


class TicketQuerySet(models.QuerySet["Ticket"]):
    def unresolved(self) -> TicketQuerySet:
        return self.filter(status__in=UNRESOLVED)

    def visible_to(self, agent: Agent) -> TicketQuerySet:
        """All tickets for managers and administrators; their teams' tickets for everybody else."""
        if agent.sees_everything:
            return self
        return self.filter(team__memberships__agent=agent)


class Ticket(models.Model):
    """One inquiry from filing to resolved, bound to one customer.

    `status`, `next_due_at`, `next_due_kind` and `next_contact_at` are copies of what the clock
    says, written with it in one transaction, so that the queue reads one table through one index.
    """

    # From the sequence ticket_number; what people say on the telephone, never a key in a link.
    number = models.BigIntegerField(unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="tickets")
    clock = models.OneToOneField(Clock, on_delete=models.PROTECT, related_name="ticket")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="tickets")
    assignee = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets"
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.NEW)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    channel = models.CharField(max_length=10, choices=Channel)
    subject = models.CharField(_("subject"), max_length=200)
    language = models.CharField(max_length=8, choices=settings.LANGUAGES)
    next_due_at = models.DateTimeField(null=True)
    next_due_kind = models.CharField(max_length=20, choices=Kind, blank=True)
    next_contact_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    preview = models.CharField(max_length=200, blank=True)
    is_last_word_ours = models.BooleanField(default=False)
    reopen_count = models.PositiveIntegerField(default=0)
    # Counts every change, for pages that look whether they are still right.
    revision = models.PositiveIntegerField(default=1)
    # Messages and notes so far: a reply written when there were fewer has not read them all.
    entry_count = models.PositiveIntegerField(default=1)
    submission_key = models.UUIDField(null=True, unique=True, editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=UNRESOLVED) | Q(next_contact_at__isnull=False),
                name="unresolved_ticket_has_a_next_contact",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="ticket_status_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "next_due_at", "id"],
                condition=Q(status__in=UNRESOLVED),
                name="queue_by_team",
            ),
            models.Index(
                fields=["next_due_at", "id"],
                condition=Q(status__in=UNRESOLVED),
                name="queue_of_everybody",
            ),
            models.Index(
                fields=["assignee", "next_due_at", "id"],
                condition=Q(status__in=UNRESOLVED),
                name="queue_by_assignee",
            ),
            models.Index(
                fields=["team", "-resolved_at", "-id"],
                condition=~Q(status__in=UNRESOLVED),
                name="resolved_by_team",
            ),
            models.Index(F("customer"), F("opened_at").desc(), name="tickets_of_customer"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def is_unresolved(self) -> bool:
        return self.status in UNRESOLVED

    @property
    def holder(self) -> str:
        """Whose turn it is: "us", "customer", "third_party" or "nobody"."""
        if self.status in {Status.NEW, Status.OPEN}:
            return "us"
        if self.status == Status.PENDING_CUSTOMER:
            return "customer"
        return "third_party" if self.status == Status.ON_HOLD else "nobody"


class CustomerLink(models.Model):
    """A secret link to the customer's page of one ticket.

    Only the token's digest is stored. The token itself is computed from `nonce` and the secret
    key when a letter needs it (see tickets.links), so a copied database opens nothing.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links")
    nonce = models.CharField(max_length=32, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link {self.pk} to ticket {self.ticket_id}"


class Message(models.Model):
    """What the customer and we said to each other. Internal text is a Note, another table."""

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    direction = models.CharField(max_length=10, choices=Direction)
    channel = models.CharField(max_length=10, choices=Channel)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    body = models.TextField()
    sent_at = models.DateTimeField()
    email = models.ForeignKey(
        OutboundEmail, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    submission_key = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        ordering = ["sent_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="outbound") | Q(agent=None),
                name="customers_words_have_no_agent",
            )
        ]
        indexes = [models.Index(fields=["ticket", "sent_at", "id"], name="thread_of_ticket")]

    def __str__(self) -> str:
        return f"{self.direction} {self.pk}"

    @property
    def is_inbound(self) -> bool:
        return self.direction == self.Direction.INBOUND


class Note(models.Model):
    """What we tell each other. Nothing that serves customers ever reads this table."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="notes")
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="notes")
    body = models.TextField()
    written_at = models.DateTimeField()
    submission_key = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        ordering = ["written_at", "pk"]
        indexes = [models.Index(fields=["ticket", "written_at"], name="notes_of_ticket")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class TicketEvent(models.Model):
    """A fact on the timeline. Append-only; tickets.events says how each kind reads."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)
    at = models.DateTimeField()
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="timeline_of_ticket")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"


class Attachment(models.Model):
    """A file that came with a message, or one uploaded on a form that is not sent yet.

    An upload waits under the form's `submission_key` until the form is sent; what waits longer
    than a day is discarded. `content_type` is what the bytes are, not what the sender said.
    """

    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments"
    )
    submission_key = models.UUIDField(null=True, editable=False)
    public_id = models.UUIDField(unique=True, editable=False)
    file = models.FileField(upload_to="attachments/", max_length=200)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(message__isnull=False) | Q(submission_key__isnull=False),
                name="attachment_belongs_somewhere",
            )
        ]
        indexes = [
            models.Index(
                fields=["submission_key"], condition=Q(message=None), name="attachment_waiting"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Rematch(models.Model):
    """Bringing an edit of policies or calendars to all open tickets, in batches, with progress."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    last_ticket = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "rematches"
        indexes = [
            models.Index(
                fields=["started_at"], condition=Q(finished_at=None), name="rematch_unfinished"
            )
        ]

    def __str__(self) -> str:
        return f"{self.done} of {self.total}"
