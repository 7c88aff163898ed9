from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team
from common.token_fields import TokensField
from customers.models import Customer
from knowledge.models import Article
from mail.models import InboundEmail, Mailbox, OutboundEmail
from sla.models import UNRESOLVED, Clock, Kind, Priority, Status
from topics.models import Topic

MAIL_THREAD = "ticket:"
THIRD_PARTY_THREAD = "third-party:"


class Channel(models.TextChoices):
    WEB = "web", _("Web form")
    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone")
    API = "api", _("API")


class Tag(models.Model):
    """A word that tickets are sorted by. Made when first used; see tickets.tags for its spelling."""

    name = models.CharField(max_length=40, unique=True)
    # By this two spellings are the same tag. Folding can make three letters of one.
    normalized = models.CharField(max_length=120, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def reach_of(agent: Agent) -> int | None:
    """The key of an agent who sees the tickets of their teams; None for those who see all."""
    return None if agent.sees_everything else agent.pk


class TicketQuerySet(models.QuerySet["Ticket"]):
    def unresolved(self) -> TicketQuerySet:
        return self.filter(status__in=UNRESOLVED)

    def visible_to(self, agent: Agent) -> TicketQuerySet:
        """All tickets for managers and administrators; their teams' tickets for everybody else.

        The teams are named by their keys: of a join PostgreSQL cannot tell how few or many tickets
        it leaves, and reads all open ones where an index would give the first fifty.
        """
        return self if agent.sees_everything else self.filter(team__in=agent.team_ids)

    def within_reach_of(self, member: int | None) -> TicketQuerySet:
        """What reach_of() stands for, in a query that is prepared."""
        return self if member is None else self.filter(team__memberships__agent=member)


class Ticket(models.Model):
    """One inquiry from filing to resolved, bound to one customer.

    `status`, `next_due_at`, `next_due_kind` and `next_contact_at` are copies of what the clock
    says, written with it in one transaction, so that the queue reads one table through one index.
    While the customer asks for news, it is due since they first did, and of no kind.
    """

    # From the sequence ticket_number; what people say on the telephone, never a key in a link.
    number = models.BigIntegerField(unique=True, editable=False)
    # Keys without an index of their own begin one of those below.
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    clock = models.OneToOneField(Clock, on_delete=models.PROTECT, related_name="ticket")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    assignee = models.ForeignKey(
        Agent,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="tickets",
        db_index=False,
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.NEW)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    channel = models.CharField(max_length=10, choices=Channel)
    subject = models.CharField(_("subject"), max_length=200)
    tags = models.ManyToManyField(Tag, blank=True, related_name="tickets")
    topic = models.ForeignKey(
        Topic,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tickets",
        db_index=False,
    )
    # What its fields say, by their keys; see topics.values.
    fields = models.JSONField(default=dict, blank=True, db_default={})
    # Where letters about it go; empty: the customer's first email address.
    reply_address = models.CharField(max_length=320, blank=True, default="", db_default="")
    # Where its first mail came in, and so from where letters about it go out.
    mailbox = models.ForeignKey(
        Mailbox, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets"
    )
    # The ticket that its first mail named without showing that it may be added there.
    maybe_belongs_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="maybe_belonging"
    )
    language = models.CharField(max_length=8, choices=settings.LANGUAGES)
    next_due_at = models.DateTimeField(null=True)
    next_due_kind = models.CharField(max_length=20, choices=Kind, blank=True)
    next_contact_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # When it left the queue: resolved, closed, found to be spam or merged.
    resolved_at = models.DateTimeField(null=True, blank=True)
    preview = models.CharField(max_length=200, blank=True)
    is_last_word_ours = models.BooleanField(default=False)
    reopen_count = models.PositiveIntegerField(default=0)
    # How often somebody else came to have it: customers feel each of them.
    hand_over_count = models.PositiveIntegerField(default=0, db_default=0)
    # Why it is on hold, in the agent's words; empty otherwise.
    hold_reason = models.CharField(max_length=100, blank=True, default="", db_default="")
    # Since when the customer has been asking for news without an answer, and how often they asked.
    chased_at = models.DateTimeField(null=True, blank=True)
    chaser_count = models.PositiveIntegerField(default=0, db_default=0)
    # Since when it is ours again because the customer answered no reminder: somebody should call.
    unanswered_since = models.DateTimeField(null=True, blank=True)
    # Where it is told on, when it was merged: always the ticket at the end of the chain.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed"
    )
    # Everybody in the team was full or away: it goes to the first who has time.
    awaits_agent = models.BooleanField(default=False, db_default=False)
    # Since when it is the assignee's turn, and by when they must have acted, or it goes back.
    act_since = models.DateTimeField(null=True, blank=True)
    act_by = models.DateTimeField(null=True, blank=True)
    # Counts every change, for pages that look whether they are still right.
    revision = models.PositiveIntegerField(default=1)
    # Messages, notes and letters to and from third parties so far: a reply written when there
    # were fewer has not read them all.
    entry_count = models.PositiveIntegerField(default=1)
    submission_key = models.UUIDField(null=True, unique=True, editable=False)
    # It has ended, and nobody has looked yet where it fell short: see tickets.services.judging.
    awaits_judgement = models.BooleanField(default=False, db_default=False)
    # Where it fell short, as of its end (tickets.cleanliness); empty: nowhere.
    shortfalls = models.JSONField(default=list, blank=True, db_default=[])
    # The customer's ticket that had ended last, when it fell short: this one is handled with care.
    # No constraint, which every inquiry would pay for.
    let_down_before = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # What another desk called it, from which it was imported: "Zendesk #4711".
    external_reference = models.CharField(max_length=100, blank=True, default="", db_default="")
    # Answers leave as letters; on a channel of another program they leave by that.
    is_answered_by_mail = models.BooleanField(default=True, db_default=True)
    # Locked and read in this transaction, by whoever says so: see tickets.services.recording.
    is_held = False

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
            # What they include is all that is counted of a queue, so that no ticket is fetched for it.
            models.Index(
                fields=["team", "next_due_at", "id"],
                include=["assignee", "next_contact_at"],
                condition=Q(status__in=UNRESOLVED),
                name="queue_by_team",
            ),
            models.Index(
                fields=["next_due_at", "id"],
                include=["team", "assignee", "next_contact_at"],
                condition=Q(status__in=UNRESOLVED),
                name="queue_of_everybody",
            ),
            models.Index(
                fields=["assignee", "next_due_at", "id"],
                include=["team", "next_contact_at"],
                condition=Q(status__in=UNRESOLVED),
                name="queue_by_assignee",
            ),
            models.Index(
                fields=["team", "next_due_at", "id"],
                include=["next_contact_at"],
                condition=Q(status__in=UNRESOLVED, assignee=None),
                name="queue_unassigned",
            ),
            models.Index(
                fields=["opened_at", "id"],
                include=["team", "assignee", "topic", "channel"],
                condition=Q(status__in=UNRESOLVED),
                name="open_by_age",
            ),
            models.Index(
                fields=["topic", "next_due_at", "id"],
                condition=Q(status__in=UNRESOLVED, topic__isnull=False),
                name="queue_by_topic",
            ),
            GinIndex(fields=["fields"], opclasses=["jsonb_path_ops"], name="tickets_by_field"),
            models.Index(
                fields=["team", "-resolved_at", "-id"],
                condition=~Q(status__in=UNRESOLVED),
                name="resolved_by_team",
            ),
            models.Index(F("customer"), F("opened_at").desc(), name="tickets_of_customer"),
            models.Index(
                fields=["act_by"], condition=Q(act_by__isnull=False), name="tickets_to_take_back"
            ),
            models.Index(
                fields=["team"], condition=Q(awaits_agent=True), name="tickets_awaiting_agent"
            ),
            models.Index(
                fields=["team", "next_due_at", "id"],
                condition=Q(chased_at__isnull=False),
                name="queue_of_chasers",
            ),
            models.Index(
                fields=["team", "next_due_at", "id"],
                condition=Q(status__in=UNRESOLVED, let_down_before__isnull=False),
                name="queue_of_care",
            ),
            models.Index(
                fields=["id"], condition=Q(awaits_judgement=True), name="tickets_to_judge"
            ),
            models.Index(
                fields=["-resolved_at", "-id"],
                include=["team", "assignee", "status"],
                condition=~Q(status__in=UNRESOLVED),
                name="resolved_of_everybody",
            ),
            # How many each team and each person has, and how many of them are late, in their order.
            models.Index(
                fields=["team", "assignee"],
                include=["next_due_at", "next_contact_at"],
                condition=Q(status__in=UNRESOLVED),
                name="queue_by_holder",
            ),
            # For programs that keep a copy up to date: what changed since, whatever its state.
            models.Index(fields=["updated_at", "id"], name="tickets_by_change"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def is_unresolved(self) -> bool:
        return self.status in UNRESOLVED

    def family(self) -> TicketQuerySet:
        """This ticket and those merged into it: what is told on its page."""
        return family_of(self.pk)

    @property
    def mail_thread(self) -> str:
        """The conversation to which letters about this ticket belong."""
        return f"{MAIL_THREAD}{self.pk}"

    @property
    def holder(self) -> str:
        """Whose turn it is: "us", "customer", "third_party" or "nobody"."""
        if self.status in {Status.NEW, Status.OPEN}:
            return "us"
        if self.status == Status.PENDING_CUSTOMER:
            return "customer"
        return "third_party" if self.status == Status.ON_HOLD else "nobody"


def family_of(ticket: int) -> TicketQuerySet:
    """The ticket of this key and those merged into it."""
    return Ticket.objects.filter(Q(pk=ticket) | Q(merged_into=ticket))


class Merge(models.Model):
    """One ticket went on as another. Nothing was moved, so both can be separated again."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="merges")
    into = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="merges_in")
    at = models.DateTimeField()
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(undone_at=None), name="merged_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} into {self.into_id}"

    @property
    def event_id(self) -> str:
        """What the two clocks call it, so that it can be undone there."""
        return f"merge:{self.pk}"


class Follower(models.Model):
    """Somebody who wants to hear of a ticket that is not theirs."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="followers")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "agent"], name="follows_a_ticket_once")
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} follows {self.ticket_id}"


class TicketLink(models.Model):
    """Two tickets that have to do with each other and stay two. `ticket` is the duplicate, or the
    part of the `other`; for what is merely related either may be first."""

    class Kind(models.TextChoices):
        RELATED = "related", _("Related")
        DUPLICATE = "duplicate", _("Duplicate of")
        PART = "part", _("Part of")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links_from")
    other = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links_to")
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "other"], name="tickets_linked_once"),
            models.CheckConstraint(condition=~Q(ticket=F("other")), name="no_link_to_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind} {self.other_id}"


class ChecklistItem(models.Model):
    """One step of the work on a ticket. Customers never see it."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="checklist")
    text = models.CharField(max_length=200)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


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

    class Doubt(models.TextChoices):
        """Why a mail on a ticket may not be the customer's word."""

        UNVERIFIED = "unverified"  # the sender's mail server says that it is forged
        STRANGER = "stranger"  # whoever wrote it is no participant
        AGENT = "agent"  # it says it is from one of us

    class Meaning(models.TextChoices):
        """What a further message of the customer is about: see tickets.understanding."""

        CHASER = "chaser"  # they ask for news
        THANKS = "thanks"  # they say thanks, and nothing else

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
    # The mail it came with, and who wrote that by its own account.
    inbound = models.OneToOneField(
        InboundEmail, null=True, blank=True, on_delete=models.SET_NULL, related_name="message"
    )
    from_email = models.CharField(max_length=320, blank=True, default="", db_default="")
    from_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    # What stood below: the signature and the quoted letter.
    folded = models.TextField(blank=True, default="", db_default="")
    # How it looked to the sender, made safe; pictures of the mail have "cid:" addresses.
    html = models.TextField(blank=True, default="", db_default="")
    # What was left out of it (mail.reading.limits.Cut).
    cuts = models.JSONField(default=list, blank=True, db_default=[])
    # The meetings it invites to (mail.reading.invitations.Invitation).
    invitations = models.JSONField(default=list, blank=True, db_default=[])
    is_auto = models.BooleanField(default=False, db_default=False)
    doubt = models.CharField(max_length=10, choices=Doubt, blank=True, default="", db_default="")
    meaning = models.CharField(
        max_length=10, choices=Meaning, blank=True, default="", db_default=""
    )
    # For agents only: the customer's page does not show it.
    is_hidden = models.BooleanField(default=False, db_default=False)

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


class Participant(models.Model):
    """Somebody beside the customer whom a mail named: an agent says whether they take part.

    Those in CC get our replies too, and what they write counts as the customer's.
    """

    class Kind(models.TextChoices):
        SUGGESTED = "suggested", _("suggested")
        # By the customer; they have not said yet that they want our letters.
        INVITED = "invited", _("invited")
        CC = "cc", _("in Cc")
        IGNORED = "ignored", _("ignored")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="participants")
    # As mails name it, in its usual spelling (customers.normalizing).
    address = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    added_at = models.DateTimeField()
    # Who decided; nobody, when the rule for the requester's own domain did.
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "address"], name="participant_once_per_ticket"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.kind})"


class CustomerTask(models.Model):
    """The one thing a customer was asked to do, and how that ended. It is named in the letters and
    on their page; a ticket waits for one at a time."""

    class Ending(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        DONE = "done", _("Marked as done")
        REPLACED = "replaced", _("Something else was asked")
        WITHDRAWN = "withdrawn", _("No longer needed")
        RETURNED = "returned", _("Came back to us without an answer")
        CLOSED = "closed", _("Closed without an answer")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="customer_tasks")
    # What was said with it: when that is taken back, nothing was asked.
    message = models.OneToOneField(
        Message, null=True, on_delete=models.CASCADE, related_name="customer_task"
    )
    thing = models.CharField(max_length=200)
    # By which day it would help, if that was said; the reminders go their own way.
    needed_on = models.DateField(null=True, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # How many reminders named it.
    reminders = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(ended_at=None), name="one_thing_asked_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="")
                | Q(ended_at__isnull=False) & ~Q(ending=""),
                name="customer_task_says_how_it_ended",
            ),
            models.CheckConstraint(condition=~Q(thing=""), name="customer_task_names_a_thing"),
        ]
        indexes = [models.Index(fields=["asked_at"], name="tasks_by_day")]

    def __str__(self) -> str:
        return self.thing


class Rating(models.Model):
    """What a customer was asked after a ticket was solved, and what they said.

    Satisfaction is 0 (not good) or 1 (good); effort is 1 (very hard) to 5 (very easy). A bad one
    gives the team's leads something to do: the `recovery`.
    """

    class Kind(models.TextChoices):
        SATISFACTION = "csat", _("Satisfaction")
        EFFORT = "effort", _("Effort")

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="rating")
    # The letter that asked: when that is taken back, nothing was asked.
    message = models.OneToOneField(
        Message, null=True, on_delete=models.CASCADE, related_name="rating"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.PositiveSmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    # By when somebody should have made up for it; none: it was not bad.
    recovery_due_at = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)
    recovered_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    recovery_words = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value__isnull=True, answered_at__isnull=True)
                | Q(kind="csat", value__in=[0, 1], answered_at__isnull=False)
                | Q(kind="effort", value__gte=1, value__lte=5, answered_at__isnull=False),
                name="rating_is_on_its_scale",
            )
        ]
        indexes = [
            models.Index(
                fields=["-answered_at"],
                condition=Q(answered_at__isnull=False),
                name="ratings_given",
            ),
            models.Index(
                fields=["recovery_due_at"],
                condition=Q(recovery_due_at__isnull=False, recovered_at=None),
                name="recoveries_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of ticket {self.ticket_id}: {self.value}"

    @property
    def is_bad(self) -> bool:
        """Whether something went wrong for them: not good, or hard."""
        worst = 0 if self.kind == self.Kind.SATISFACTION else 2
        return self.value is not None and self.value <= worst

    @property
    def needs_recovery(self) -> bool:
        return self.recovery_due_at is not None and self.recovered_at is None


class RatingSettings(models.Model):
    """Whether customers are asked, and how seldom; one row. Without it: as it stands here."""

    is_on = models.BooleanField(default=True)
    days_between = models.PositiveSmallIntegerField(default=30)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name_plural = "rating settings"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_row_of_rating_settings")]

    def __str__(self) -> str:
        return f"ratings {'on' if self.is_on else 'off'}"


class EffortWeights(models.Model):
    """What each thing that is work for a customer counts, in points (tickets.effort); one row.
    Without it: as it stands here.

    One more message is often needed, and so counts little; a hand-over alone costs the customer no
    more than that. To be asked again, or to have to ask for news, is work that we have made; a
    ticket that was reopened had not been solved at all. Each hour beyond a promise counts like one
    more message, so a working day late is more than half of everything.
    """

    contact = models.PositiveSmallIntegerField(default=5)
    hand_over = models.PositiveSmallIntegerField(default=5)
    asked_again = models.PositiveSmallIntegerField(default=10)
    channel_change = models.PositiveSmallIntegerField(default=5)
    chaser = models.PositiveSmallIntegerField(default=10)
    reopen = models.PositiveSmallIntegerField(default=20)
    # For each hour that has begun.
    hour_late = models.PositiveSmallIntegerField(default=5)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name_plural = "effort weights"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_row_of_effort_weights")]

    def __str__(self) -> str:
        return f"weights of effort as of {self.changed_at}"


class StateWording(models.Model):
    """How each state of an inquiry is called where its customer reads it, from then on: the newest
    row holds. An empty word is the one we come with (tickets.state_words)."""

    LONGEST = 30

    new_ja = models.CharField(max_length=LONGEST, blank=True)
    new_en = models.CharField(max_length=LONGEST, blank=True)
    open_ja = models.CharField(max_length=LONGEST, blank=True)
    open_en = models.CharField(max_length=LONGEST, blank=True)
    on_hold_ja = models.CharField(max_length=LONGEST, blank=True)
    on_hold_en = models.CharField(max_length=LONGEST, blank=True)
    pending_customer_ja = models.CharField(max_length=LONGEST, blank=True)
    pending_customer_en = models.CharField(max_length=LONGEST, blank=True)
    # Of closed ones, too.
    resolved_ja = models.CharField(max_length=LONGEST, blank=True)
    resolved_en = models.CharField(max_length=LONGEST, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"words for states as of {self.changed_at}"


class Yardstick(models.Model):
    """Within how many seconds nine in ten of a month's tickets had their first reply by a person, by
    topic; no topic: all of them. Computed once and never again, so that what was judged by it stays.

    A month has a row for all, without `seconds` when it had too few, and one for each topic that
    had enough.
    """

    # Its first day, in the desk's zone.
    month = models.DateField()
    topic = models.ForeignKey(
        Topic, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    seconds = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "topic"], nulls_distinct=False, name="one_yardstick_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.seconds} s in {self.month:%Y-%m}"


class Note(models.Model):
    """What we tell each other. Nothing that serves customers ever reads this table."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="notes")
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="notes")
    body = models.TextField()
    # The names of those it speaks to, as they are written in it after an @.
    mentions = models.JSONField(default=list, blank=True, db_default=[])
    written_at = models.DateTimeField()
    submission_key = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        ordering = ["written_at", "pk"]
        indexes = [models.Index(fields=["ticket", "written_at"], name="notes_of_ticket")]

    def __str__(self) -> str:
        return f"note {self.pk}"


class ThirdPartyLetterQuerySet(models.QuerySet["ThirdPartyLetter"]):
    def outbound(self) -> ThirdPartyLetterQuerySet:
        return self.filter(direction=ThirdPartyLetter.Direction.OUTBOUND)


class ThirdPartyLetter(models.Model):
    """What we and a third party write to each other about a ticket: a maker, a carrier, a colleague
    elsewhere. Nothing that serves customers ever reads this table, and none of it is contact with
    the customer.

    `address` and `name` are the third party's: whom we wrote to, or who wrote to us.
    """

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    class Doubt(models.TextChoices):
        """Why an answer may not be from whom we asked."""

        UNVERIFIED = "unverified"  # the sender's mail server says that it is forged
        STRANGER = "stranger"  # somebody else answered

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="third_party_letters")
    direction = models.CharField(max_length=10, choices=Direction)
    address = models.CharField(max_length=320)
    name = models.CharField(max_length=200, blank=True)
    agent = models.ForeignKey(
        Agent,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="third_party_letters",
    )
    body = models.TextField()
    # What stood below: of an answer the signature and the quoted letter, of ours what it forwards.
    folded = models.TextField(blank=True)
    # How an answer looked to its sender, made safe.
    html = models.TextField(blank=True)
    # What was left out of an answer (mail.reading.limits.Cut).
    cuts = models.JSONField(default=list, blank=True)
    is_auto = models.BooleanField(default=False)
    doubt = models.CharField(max_length=10, choices=Doubt, blank=True)
    # Why the ticket was put on hold with it; empty: it was not.
    hold_reason = models.CharField(max_length=100, blank=True)
    email = models.OneToOneField(
        OutboundEmail,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="third_party_letter",
    )
    inbound = models.OneToOneField(
        InboundEmail,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="third_party_letter",
    )
    sent_at = models.DateTimeField()
    submission_key = models.UUIDField(null=True, unique=True, editable=False)

    objects = ThirdPartyLetterQuerySet.as_manager()

    class Meta:
        ordering = ["sent_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="outbound", inbound=None, doubt="", is_auto=False)
                | Q(
                    direction="inbound",
                    agent=None,
                    email=None,
                    hold_reason="",
                    submission_key=None,
                ),
                name="third_party_letter_goes_one_way",
            ),
            models.CheckConstraint(
                condition=~Q(direction="outbound") | ~Q(address=""),
                name="third_party_letter_goes_somewhere",
            ),
        ]
        indexes = [models.Index(fields=["ticket", "sent_at"], name="third_party_of_ticket")]

    def __str__(self) -> str:
        return f"{self.direction} third-party letter {self.pk}"

    @property
    def is_inbound(self) -> bool:
        return self.direction == self.Direction.INBOUND

    @property
    def who(self) -> str:
        """The third party, as people call it."""
        return self.name or self.address


class HandOver(models.Model):
    """A ticket given on, with what the next one must know so that the customer repeats nothing.

    No agent means the team. `by` wrote the brief; `from_agent` had the ticket until then.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="hand_overs")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    from_agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    to_agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    to_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    problem = models.TextField()
    known = models.TextField(blank=True)
    tried = models.TextField(blank=True)
    promised = models.TextField(blank=True)
    next_step = models.TextField()
    at = models.DateTimeField()
    # When the new holder said that they have read it, or answered the customer.
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(problem="") & ~Q(next_step=""), name="brief_says_problem_and_next_step"
            )
        ]
        indexes = [models.Index(fields=["ticket", "at"], name="hand_overs_of_ticket")]

    def __str__(self) -> str:
        return f"hand-over {self.pk} of ticket {self.ticket_id}"

    @property
    def words(self) -> str:
        """All it says, a paragraph each: what a search finds it by."""
        told = (self.problem, self.known, self.tried, self.promised, self.next_step)
        return "\n\n".join(filter(None, told))


class Ending(models.TextChoices):
    """How a contact with the customer ends."""

    PROMISE = "promise"
    ASK = "ask"
    SOLVE = "solve"


class Draft(models.Model):
    """What an agent is writing and has not sent. Colleagues see it; customers never do.

    `submission_key` is that of the form: what was sent under it is no draft any more. What was taken
    back remembers how it ended: `ending` is empty otherwise.
    """

    class Kind(models.TextChoices):
        REPLY = "reply"
        NOTE = "note"

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=5, choices=Kind)
    body = models.TextField()
    submission_key = models.UUIDField()
    saved_at = models.DateTimeField()
    ending = models.CharField(max_length=10, choices=Ending, blank=True, default="", db_default="")
    promise_at = models.DateTimeField(null=True, blank=True)
    leaves_at = models.DateTimeField(null=True, blank=True)
    # What the customer is asked to do, and by when.
    thing = models.CharField(max_length=200, blank=True, default="", db_default="")
    needed_on = models.DateField(null=True, blank=True)
    # The keys of the macros whose changes go with it.
    macros = models.JSONField(default=list, blank=True, db_default=[])

    class Meta:
        ordering = ["saved_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "agent", "kind"], name="one_draft_of_a_kind_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.agent_id}"


class ScheduledReply(models.Model):
    """A reply that leaves later. Until then it is no contact: colleagues see it, no clock knows it.

    It is sent and deleted in one transaction. Its files wait under `submission_key`, and the message
    that comes of it bears that key. `newest_inbound` is the newest message of the customer that its
    writer had seen (0: none): after another one it is not sent.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="scheduled_replies")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="scheduled_replies")
    body = models.TextField()
    ending = models.CharField(max_length=10, choices=Ending)
    promise_at = models.DateTimeField(null=True, blank=True)
    thing = models.CharField(max_length=200, blank=True, default="", db_default="")
    needed_on = models.DateField(null=True, blank=True)
    leaves_at = models.DateTimeField()
    written_at = models.DateTimeField()
    newest_inbound = models.BigIntegerField()
    submission_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        ordering = ["leaves_at", "pk"]
        verbose_name_plural = "scheduled replies"
        constraints = [
            models.CheckConstraint(
                condition=~Q(ending="promise")
                | Q(promise_at__isnull=False, promise_at__gt=F("leaves_at")),
                name="scheduled_reply_promises_what_comes_after",
            )
        ]
        indexes = [models.Index(fields=["leaves_at"], name="scheduled_replies_to_send")]

    def __str__(self) -> str:
        return f"reply by {self.agent_id} at {self.leaves_at:%Y-%m-%d %H:%M}"


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
    """A file that came with a message or with a third party's letter, or one uploaded on a form that
    is not sent yet.

    An upload waits under the form's `submission_key` until the form is sent; what waits longer
    than a day is discarded. `content_type` is what the bytes are, not what the sender said.
    """

    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments"
    )
    third_party_letter = models.ForeignKey(
        ThirdPartyLetter,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="attachments",
        # By the index below: nearly all files are a message's.
        db_index=False,
    )
    submission_key = models.UUIDField(null=True, editable=False)
    public_id = models.UUIDField(unique=True, editable=False)
    file = models.FileField(upload_to="attachments/", max_length=200)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    # By this the mail that it came with shows it in its text (RFC 2392).
    cid = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(third_party_letter__isnull=True)
                & (Q(message__isnull=False) | Q(submission_key__isnull=False))
                | Q(
                    third_party_letter__isnull=False,
                    message__isnull=True,
                    submission_key__isnull=True,
                ),
                name="attachment_has_one_place",
            )
        ]
        indexes = [
            models.Index(
                fields=["submission_key"], condition=Q(message=None), name="attachment_waiting"
            ),
            models.Index(
                fields=["third_party_letter"],
                condition=Q(third_party_letter__isnull=False),
                name="attachment_of_third_party",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A queue under a name: an address (`QueueFilter.query`), for one agent, a team or everybody."""

    name = models.CharField(max_length=40)
    query = models.CharField(max_length=600)
    owner = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="views"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="views"
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(owner=None) | Q(team=None), name="view_is_ones_own_or_the_teams"
            ),
            models.UniqueConstraint(
                fields=["owner", "team", "name"], nulls_distinct=False, name="view_names_differ"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """The view with which an agent's queue opens."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="default_view")
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="defaults")

    def __str__(self) -> str:
        return f"{self.view_id} for {self.agent_id}"


class Macro(models.Model):
    """A text kept for many replies, with what it changes; for one agent, a team or everybody.

    `body` may hold placeholders: see tickets.macros. `promise_after` is working time.
    """

    class Language(models.TextChoices):
        ANY = "", _("Any language")
        JAPANESE = "ja", "日本語"
        ENGLISH = "en", "English"

    name = models.CharField(max_length=60)
    # How the name is said, in kana; empty when it is written so.
    reading = models.CharField(max_length=60, blank=True)
    body = models.TextField()
    owner = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="macros"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="macros"
    )
    # Of the customers it is for.
    language = models.CharField(max_length=8, choices=Language, blank=True, default=Language.ANY)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    promise_after = models.DurationField(null=True, blank=True)
    tags = models.JSONField(default=list, blank=True)
    priority = models.CharField(max_length=10, choices=Priority, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(owner=None) | Q(team=None), name="macro_is_ones_own_or_the_teams"
            ),
            models.UniqueConstraint(
                fields=["owner", "team", "name"], nulls_distinct=False, name="macro_names_differ"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def changes(self) -> str:
        """What it changes beside the text, in words; empty: nothing."""
        parts = []
        if self.tags:
            parts.append(gettext("tags: %(tags)s") % {"tags": ", ".join(self.tags)})
        if self.priority:
            label = self.get_priority_display()
            parts.append(gettext("priority: %(priority)s") % {"priority": label})
        return " · ".join(parts)


class ReadMark(models.Model):
    """How many of a ticket's entries an agent has seen: with more than these it is unread."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="read_marks")
    entry_count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "agent"], name="one_read_mark_per_agent")
        ]

    def __str__(self) -> str:
        return f"{self.entry_count} of {self.ticket_id} by {self.agent_id}"


class BulkChange(models.Model):
    """One thing done to many tickets, each by itself; for a short time it can be undone.

    Unfinished: it is at work, or, with `undone_at`, it is being taken back.
    """

    class Action(models.TextChoices):
        ASSIGN = "assign"
        STATUS = "status"
        PRIORITY = "priority"
        TAG = "tag"
        UNTAG = "untag"
        RESOLVE = "resolve"
        REPLY = "reply"
        MERGE = "merge"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="bulk_changes")
    action = models.CharField(max_length=10, choices=Action)
    # What the action needs: see tickets.services.bulk_ways.
    facts = models.JSONField(default=dict)
    # The list from which it was done.
    query = models.CharField(max_length=700, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    submission_key = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["agent", "-started_at"], name="bulk_changes_of_agent"),
            models.Index(
                fields=["started_at"], condition=Q(finished_at=None), name="bulk_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.agent_id}"


class BulkItem(models.Model):
    """One ticket of a bulk change: what it was like before, and what became of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        SAME = "same"  # it was so already, or is resolved, and stays as it is
        FAILED = "failed"
        UNDONE = "undone"
        KEPT = "kept"  # somebody went on with it: not undone

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="items")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    before = models.JSONField(default=dict)
    # The ticket's revision right after the change: when it has another one, somebody went on.
    revision = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["change", "ticket"], name="ticket_once_in_a_bulk_change"
            )
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.ticket_id}"


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


class SearchEntry(models.Model):
    """What one thing says, for the search of agents: a message, a note, the names of a message's
    files; and of each ticket its subject, its customer, and its topic and fields.

    `ticket` is the one on whose page it is told, so a merge moves entries. Tickets are in the
    index when they have the entry of their subject.
    """

    class Kind(models.TextChoices):
        SUBJECT = "subject", _("Subject")
        CUSTOMER = "customer", _("Customer")
        MESSAGE = "message", _("Message")
        NOTE = "note", _("Note")
        BRIEF = "brief", _("Brief")
        DETAILS = "details", _("Topic and details")
        FILE = "file", _("File")
        OUTSIDE = "outside", _("Third party")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="search_entries")
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField()
    # The message, note or letter that says it. No foreign key, which every message would pay for with two
    # more indexes: an entry whose source is gone finds nothing.
    source_id = models.BigIntegerField(null=True)
    # What is short is repeated here; what messages and notes say is read from them.
    text = models.TextField(blank=True)
    tokens = TokensField()

    class Meta:
        verbose_name_plural = "search entries"
        indexes = [
            GinIndex(fields=["tokens"], name="search_tokens"),
            models.Index(fields=["at", "id"], name="search_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of ticket {self.ticket_id}"


class TicketArticle(models.Model):
    """An article that has to do with a ticket: it answers it, or was made of it. Customers never see
    the tie."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="ticket_articles")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="ticket_articles")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "article"], name="article_linked_once")
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} and {self.article_id}"
