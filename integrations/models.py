from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from customers.models import Customer
from mail.models import MailHold
from tickets.models import Message, Ticket


def default_language() -> str:
    return str(settings.LANGUAGE_CODE)


class Listener(models.Model):
    """Somebody who wants to hear what happens. While there is no row, nothing is noted."""

    class Name(models.TextChoices):
        WEBHOOKS = "webhooks"
        RULES = "rules"

    name = models.CharField(max_length=10, choices=Name, primary_key=True)

    def __str__(self) -> str:
        return self.name


class Occurrence(models.Model):
    """That something happened, noted by triggers for one listener, who deletes it when it is told.

    Of a promise only the clock is known, because it is made before its ticket. `xid` is the
    transaction: what was done together can be taken back together. `chain` names the rules that
    made it happen, by key, the first of them first; they say so in yakusoku.rules.
    """

    listener = models.CharField(max_length=10, choices=Listener.Name)
    # "event.<kind of a TicketEvent>", "message.outbound", "promise.broken", "customer.created" …
    kind = models.CharField(max_length=40)
    ticket = models.BigIntegerField(null=True)
    clock = models.BigIntegerField(null=True)
    # The key of the event, message, note, promise or customer.
    thing = models.BigIntegerField()
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    xid = models.BigIntegerField()
    chain = models.CharField(max_length=200, blank=True)
    # Nobody looks at it before: a letter can still be taken back.
    look_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["listener", "id"], name="occurrences_to_tell")]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing}"


class Channel(models.Model):
    """A way by which another program brings messages: a chat, a social network, a voice bot."""

    class Kind(models.TextChoices):
        CHAT = "chat", _("Chat")
        SOCIAL = "sns", _("Social network")
        LINE = "line", "LINE"
        VOICE = "voice", _("Voice")
        OTHER = "other", _("Something else")

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CHAT)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="api_channels"
    )
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default=default_language)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ChannelIdentity(models.Model):
    """How a channel calls a customer. One identity is one person; one person may have many."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="identities")
    value = models.CharField(max_length=200)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="channel_identities"
    )

    class Meta:
        verbose_name_plural = "channel identities"
        constraints = [
            models.UniqueConstraint(fields=["channel", "value"], name="one_customer_per_identity")
        ]

    def __str__(self) -> str:
        return f"identity {self.pk} of customer {self.customer_id}"


class ChannelTicket(models.Model):
    """What somebody said by a channel became this ticket."""

    identity = models.ForeignKey(
        ChannelIdentity, on_delete=models.CASCADE, related_name="channel_tickets"
    )
    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="channel_ticket")

    def __str__(self) -> str:
        return f"ticket {self.ticket_id} of identity {self.identity_id}"


class ChannelMessage(models.Model):
    """The message that came by a channel under this name: it comes once."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="channel_messages")
    external_id = models.CharField(max_length=200)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="by_channel")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="channel_message_once")
        ]

    def __str__(self) -> str:
        return f"{self.external_id} by channel {self.channel_id}"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def idle(self, now: datetime) -> WebhookQuerySet:
        """Those that nobody is serving."""
        return self.filter(Q(busy_until=None) | Q(busy_until__lte=now))

    def failing(self) -> WebhookQuerySet:
        """Those to which nothing arrives, and those that were switched off because of it."""
        is_failing = Q(is_active=True, failing_since__isnull=False)
        return self.filter(is_failing | Q(is_active=False, gave_up_at__isnull=False))


class Webhook(models.Model):
    """An address of another system, and what it is told. Its URL is as secret as a password with
    many a chat, so both are encrypted (common.secrets); `host` is for people.

    `old_secret` signs along until `old_secret_until`. After an endpoint did not answer, nobody asks
    it before `rests_until`; `failing_since` is when the trouble began that is not over.
    """

    class Kind(models.TextChoices):
        GENERIC = "generic", _("Any program (signed JSON)")
        SLACK = "slack", "Slack"
        MATTERMOST = "mattermost", "Mattermost"
        TEAMS = "teams", "Microsoft Teams"
        DISCORD = "discord", "Discord"
        LINE_WORKS = "line_works", "LINE WORKS"

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GENERIC)
    url = models.TextField()
    host = models.CharField(max_length=255)
    # Names of integrations.events.EVENTS.
    events = models.JSONField(default=list)
    # Only what happens on their tickets; none: everything.
    teams = models.ManyToManyField(Team, blank=True, related_name="webhooks")
    # The language of sentences in a chat.
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default=default_language)
    tells_notes = models.BooleanField(default=False)
    # It gets the answers on this channel, and nothing else.
    channel = models.OneToOneField(
        Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="webhook"
    )
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    # Somebody serves it; nobody else does before that.
    busy_until = models.DateTimeField(null=True, blank=True)
    # It was switched off because nothing arrived for days.
    gave_up_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


def new_delivery_name() -> str:
    """What the receiver knows a delivery by, however often it is sent."""
    return f"msg_{uuid4().hex}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> DeliveryQuerySet:
        return self.filter(next_try_at__isnull=False)

    def due(self, now: datetime) -> DeliveryQuerySet:
        """Those that somebody may take now: of one subject only the first, and none while mail is
        held, because a desk restored to try it out must not tell others either."""
        earlier = Delivery.objects.waiting().filter(
            webhook=OuterRef("webhook"), subject=OuterRef("subject"), pk__lt=OuterRef("pk")
        )
        return self.filter(
            ~Exists(earlier),
            ~Exists(MailHold.objects.all()),
            Q(webhook__rests_until=None) | Q(webhook__rests_until__lte=now),
            next_try_at__lte=now,
            webhook__is_active=True,
        )


class Delivery(models.Model):
    """One thing that one endpoint must be told; as with letters (mail.models.OutboundEmail) taking
    it sets `next_try_at` to the end of a lease and counts `attempts` up, and only the attempt that
    still holds the number may settle it.

    Deliveries of one `subject` leave in order: a ticket's, or a customer's. What was last answered
    is kept, and `milliseconds` is how long that took.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Delivered")
        FAILED = "failed", _("Given up")

    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    name = models.CharField(max_length=40, unique=True, default=new_delivery_name)
    event = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    ticket = models.ForeignKey(
        Ticket, null=True, blank=True, on_delete=models.CASCADE, related_name="webhook_deliveries"
    )
    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="webhook_deliveries",
    )
    # The bytes that are sent and signed, as text.
    body = models.TextField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", next_try_at__isnull=False)
                | (~Q(state="waiting") & Q(next_try_at__isnull=True)),
                name="waiting_deliveries_have_a_next_try",
            )
        ]
        indexes = [
            models.Index(
                F("next_try_at"),
                condition=Q(next_try_at__isnull=False),
                name="deliveries_to_send",
            ),
            models.Index(
                fields=["webhook", "subject", "id"],
                condition=Q(next_try_at__isnull=False),
                name="deliveries_in_order",
            ),
            models.Index(fields=["webhook", "-id"], name="deliveries_of_webhook"),
            models.Index(fields=["made_at"], name="deliveries_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"
