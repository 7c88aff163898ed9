from __future__ import annotations

from datetime import datetime
from email.utils import formataddr
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Language, Team
from branding.selectors import brand_name
from mail.troubles import Trouble


class MailHold(models.Model):
    """While there is one, no letter leaves and no mailbox is looked into: a desk restored to try it
    out must neither write to customers nor take mail away from the real one."""

    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"held since {self.since:%Y-%m-%d %H:%M}"


def default_language() -> str:
    return str(settings.LANGUAGE_CODE)


def raw_path(_email: InboundEmail, _name: str) -> str:
    """Where a raw mail is kept: nothing that a stranger wrote is ever part of a path."""
    return f"inbound/{timezone.now():%Y/%m/%d}/{uuid4().hex}.eml"


class OutboundEmailQuerySet(models.QuerySet["OutboundEmail"]):
    def to_report(self) -> OutboundEmailQuerySet:
        """Letters that failed for good, which whoever leads their conversation does not know yet."""
        return self.filter(report_after__isnull=False)

    def waiting(self) -> OutboundEmailQuerySet:
        """Letters that still have to leave."""
        return self.filter(state__in=[OutboundEmail.State.QUEUED, OutboundEmail.State.SENDING])

    def due(self, now: datetime) -> OutboundEmailQuerySet:
        """Letters that somebody may take now."""
        return self.filter(~Exists(MailHold.objects.all()), next_try_at__lte=now)

    def held_back(self, now: datetime) -> OutboundEmailQuerySet:
        """Letters that nobody has tried to send and whose first moment is still to come."""
        return self.filter(state=OutboundEmail.State.QUEUED, attempts=0, next_try_at__gt=now)


class OutboundEmail(models.Model):
    """A letter that must leave: written in the transaction of its cause, delivered after commit.

    `next_try_at` is when somebody may next take it. Taking it sets `next_try_at` to the end of a
    lease and counts `attempts` up, and only the attempt that still holds the number may settle it.
    Letters of one `thread` are one conversation in the receiver's mail program. When one of them
    fails for good, `report_after` stands until whoever leads the conversation has taken that up.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"

    dedupe_key = models.CharField(max_length=120, unique=True)
    message_id = models.CharField(max_length=255, unique=True)
    # The template it was written from.
    letter = models.CharField(max_length=40, blank=True, default="", db_default="")
    thread = models.CharField(max_length=60, blank=True, default="", db_default="")
    to = models.CharField(max_length=320)
    cc = models.JSONField(default=list, blank=True, db_default=[])
    from_email = models.CharField(max_length=400)
    subject = models.CharField(max_length=400)
    text = models.TextField()
    # The HTML part, where it says more than the text; empty: it is made from the text.
    html = models.TextField(blank=True, default="", db_default="")
    # What is enclosed: name, content_type and the file's path in the storage. See mail.enclosing.
    files = models.JSONField(default=list, blank=True, db_default=[])
    headers = models.JSONField(default=dict)
    # How the provider that sent it calls it, so that its reports find it.
    provider_id = models.CharField(max_length=255, blank=True, default="", db_default="")
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    report_after = models.DateTimeField(null=True, blank=True)

    objects = OutboundEmailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="sent_letters_have_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending"], next_try_at__isnull=False)
                | Q(state__in=["sent", "failed"], next_try_at__isnull=True),
                name="waiting_letters_have_a_next_try",
            ),
            models.CheckConstraint(
                condition=Q(report_after=None) | (Q(state="failed") & ~Q(thread="")),
                name="only_failed_letters_are_reported",
            ),
        ]
        indexes = [
            models.Index(
                F("next_try_at"),
                condition=Q(next_try_at__isnull=False),
                name="outbound_email_to_send",
            ),
            models.Index(
                fields=["thread", "id"], condition=~Q(thread=""), name="outbound_email_in_thread"
            ),
            models.Index(fields=["-sent_at"], name="outbound_email_sent"),
            models.Index(
                fields=["provider_id"],
                condition=~Q(provider_id=""),
                name="outbound_email_provider_id",
            ),
            models.Index(
                fields=["report_after"],
                condition=Q(report_after__isnull=False),
                name="outbound_email_to_report",
            ),
            models.Index(
                fields=["failed_at"],
                condition=Q(failed_at__isnull=False),
                name="outbound_email_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} ({self.state})"


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def active(self) -> MailboxQuerySet:
        return self.filter(is_active=True)


class Mailbox(models.Model):
    """An address customers write to, and whose mail it is. Where its mail is fetched from and how
    its letters leave is told elsewhere.

    `trusted_servers` are the names (authserv-id, RFC 8601) under which our own receiving servers
    write down whether a sender is who they say; without one nobody is ever verified.
    """

    address = models.CharField(_("address"), max_length=320, unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="mailboxes")
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=default_language
    )
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    trusted_servers = models.JSONField(default=list, blank=True)
    # Whether agents may answer notifications from their own mail program.
    takes_agent_replies = models.BooleanField(default=False)
    # Whether a letter of ours that somebody forwards to us is a new inquiry.
    forwards_open_new = models.BooleanField(default=True)
    # Whether a reply has what was said before below it.
    quotes_history = models.BooleanField(default=False, db_default=False)

    objects = MailboxQuerySet.as_manager()

    class Meta:
        ordering = ["address"]
        verbose_name_plural = "mailboxes"
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_mailbox"
            ),
            models.CheckConstraint(
                condition=Q(address=Lower("address")), name="mailbox_address_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def sender(self) -> str:
        """What stands in From."""
        return formataddr((self.name or brand_name(), self.address))


class LetterText(models.Model):
    """What a letter to customers says in one language, where it is not the text we come with.

    Administrators write it; what may stand in {{ }}, and what must: mail.letter_texts.
    """

    class Name(models.TextChoices):
        ACKNOWLEDGEMENT = "acknowledgement", _("Acknowledgement")
        REPLY = "reply", _("Reply")
        HOLDING = "holding", _("It takes longer")
        REMINDER = "reminder", _("Reminder")
        CLOSING = "closing", _("Closing without an answer")
        RETURNED = "returned", _("Taking it up again without an answer")

    name = models.CharField(max_length=20, choices=Name)
    language = models.CharField(max_length=8, choices=Language)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        Agent, null=True, on_delete=models.SET_NULL, related_name="letter_texts"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "language"], name="one_text_for_a_letter")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


class LetterTextVersion(models.Model):
    """What a letter said from then on. Without a subject: the text we come with."""

    name = models.CharField(max_length=20, choices=LetterText.Name)
    language = models.CharField(max_length=8, choices=Language)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        Agent, null=True, on_delete=models.SET_NULL, related_name="letter_text_versions"
    )

    class Meta:
        indexes = [models.Index(fields=["name", "language", "-id"], name="letter_text_history")]

    def __str__(self) -> str:
        return f"{self.name} ({self.language}) {self.pk}"

    @property
    def is_built_in(self) -> bool:
        return not self.subject


class MailProvider(models.TextChoices):
    """Who keeps mailboxes that one signs in to in the browser."""

    MICROSOFT = "microsoft", "Microsoft 365"
    GOOGLE = "google", "Google"


class OAuthApp(models.Model):
    """As which application the desk is known at a provider; its secret is encrypted.

    `tenant` is the organization at Microsoft; empty: any.
    """

    provider = models.CharField(max_length=12, choices=MailProvider, unique=True)
    app_id = models.CharField(max_length=255)
    app_secret = models.TextField()
    tenant = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return self.provider


class MailboxSourceQuerySet(models.QuerySet["MailboxSource"]):
    def fetched(self) -> MailboxSourceQuerySet:
        """Those that mail is fetched from."""
        return self.filter(
            ~Exists(MailHold.objects.all()), kind=MailboxSource.Kind.IMAP, mailbox__is_active=True
        )

    def listening(self) -> MailboxSourceQuerySet:
        """Those whose server is to tell of new mail, and that can be looked into."""
        return self.fetched().filter(listens=True, last_error="", last_success_at__isnull=False)

    def due(self, now: datetime) -> MailboxSourceQuerySet:
        """Those to look into now."""
        return self.fetched().filter(next_fetch_at__lte=now).order_by("next_fetch_at")


class MailboxSource(models.Model):
    """Where a mailbox's mail is fetched from, and by which server its letters leave.

    What is called secret or token is encrypted (common.secrets). `next_fetch_at` is when somebody
    may next look into it; taking it sets that to the end of a lease and counts `fetches` up, and
    only who still holds the number may write down how far they came. `last_uid` counts within
    `uid_validity` (RFC 3501 2.3.1.1); both are empty until the first look.
    """

    class Kind(models.TextChoices):
        NONE = "none", _("Not fetched")
        IMAP = "imap", _("IMAP")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("None (only for this machine)")

    class Auth(models.TextChoices):
        PASSWORD = "password", _("Password")
        XOAUTH2 = "xoauth2", _("OAuth 2.0: somebody signs in (Microsoft 365, Google)")
        APPLICATION = "client", _("OAuth 2.0: the application by itself (Microsoft 365)")

    class AfterFetch(models.TextChoices):
        LEAVE = "leave", _("Leave it as it is")
        MOVE = "move", _("Move it to a folder")

    class Transport(models.TextChoices):
        DEFAULT = "default", _("The mail server of the desk")
        SMTP = "smtp", _("A mail server of its own (SMTP)")

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="mail_source")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.NONE)
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=8, choices=Security, default=Security.TLS)
    user = models.CharField(max_length=320, blank=True)
    auth = models.CharField(max_length=8, choices=Auth, default=Auth.PASSWORD)
    secret = models.TextField(blank=True)
    # Whose application (OAuthApp) is used; without one, the token address and what follows it are.
    provider = models.CharField(
        max_length=12, choices=MailProvider, blank=True, default="", db_default=""
    )
    # Which account must have signed in; empty: the one with the mailbox's address.
    account = models.CharField(max_length=320, blank=True, default="", db_default="")
    signed_in_as = models.CharField(max_length=320, blank=True, default="", db_default="")
    signed_in_at = models.DateTimeField(null=True, blank=True)
    token_url = models.CharField(max_length=500, blank=True)
    # As which application the desk signs in there: what OAuth calls client id and client secret.
    app_id = models.CharField(max_length=255, blank=True)
    app_secret = models.TextField(blank=True)
    refresh_token = models.TextField(blank=True)
    access_token = models.TextField(blank=True)
    access_token_expires_at = models.DateTimeField(null=True, blank=True)
    folder = models.CharField(max_length=255, default="INBOX")
    after_fetch = models.CharField(max_length=8, choices=AfterFetch, default=AfterFetch.LEAVE)
    moves_to = models.CharField(max_length=255, blank=True)
    # Whether what lay there at the first look is taken in, too.
    takes_what_is_there = models.BooleanField(default=False)
    # Whether the server is to say when there is new mail (IDLE).
    listens = models.BooleanField(default=False, db_default=False)
    transport = models.CharField(max_length=8, choices=Transport, default=Transport.DEFAULT)
    smtp_host = models.CharField(max_length=255, blank=True)
    smtp_port = models.PositiveIntegerField(default=587)
    smtp_security = models.CharField(max_length=8, choices=Security, default=Security.STARTTLS)
    smtp_user = models.CharField(max_length=320, blank=True)
    smtp_secret = models.TextField(blank=True)
    # How far it is read.
    uid_validity = models.PositiveBigIntegerField(null=True, blank=True)
    last_uid = models.PositiveBigIntegerField(default=0)
    # What the server would not hand over; asked for again at every look.
    left_uids = models.JSONField(default=list, blank=True)
    first_look_at = models.DateTimeField(null=True, blank=True)
    next_fetch_at = models.DateTimeField(default=timezone.now)
    fetches = models.PositiveBigIntegerField(default=0)
    # How it is.
    waiting_on_server = models.PositiveIntegerField(default=0)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=16, choices=Trouble, blank=True)
    last_error_said = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    # Silence counts from here when there was no success since; and who must know has been told.
    watched_since = models.DateTimeField(default=timezone.now)
    alerted_at = models.DateTimeField(null=True, blank=True)

    objects = MailboxSourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="imap") | ~Q(host=""), name="a_fetched_mailbox_has_a_host"
            )
        ]

    def __str__(self) -> str:
        return f"source of {self.mailbox_id} ({self.kind})"

    @property
    def takes_tokens(self) -> bool:
        return self.auth != MailboxSource.Auth.PASSWORD

    @property
    def wants_somebody(self) -> bool:
        """Whether a person signs in for it in the browser."""
        return self.auth == MailboxSource.Auth.XOAUTH2 and self.provider != ""

    @property
    def expected_account(self) -> str:
        return (self.account or self.mailbox.address).lower()


class MailboxChange(models.Model):
    """Who changed a mailbox, or an application of the desk at a provider, and what.

    `changes` lists [field, before, after], and of a secret only [field].
    """

    mailbox = models.ForeignKey(
        Mailbox, null=True, blank=True, on_delete=models.CASCADE, related_name="changes"
    )
    provider = models.CharField(max_length=12, choices=MailProvider, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    changes = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mailbox=None) & ~Q(provider="") | ~Q(mailbox=None) & Q(provider=""),
                name="a_change_is_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"change {self.pk}"


class InboundEmailQuerySet(models.QuerySet["InboundEmail"]):
    def waiting(self) -> InboundEmailQuerySet:
        """Mail that is in the house and not filed yet."""
        return self.filter(state=InboundEmail.State.NEW)

    def to_look_at(self) -> InboundEmailQuerySet:
        """Mail that a person must decide on."""
        return self.filter(state__in=NEEDS_A_LOOK)

    def undecided(self) -> InboundEmailQuerySet:
        """Mail that nothing was made of, so that a person can still decide otherwise."""
        return self.filter(state__in=UNDECIDED)


class InboundEmail(models.Model):
    """A mail that came in: first its bytes, before its source hears that we have it, and once it is
    read and filed what became of it.

    `next_try_at` is when somebody may next take it to file it, as with OutboundEmail. `digest` tells
    two mails under one Message-ID apart. `thread` is the conversation it was filed under.
    """

    class State(models.TextChoices):
        NEW = "new", _("waiting")
        DONE = "done", _("filed")
        QUARANTINED = "quarantined", _("held back")
        FAILED = "failed", _("needs a look")
        BLOCKED = "blocked", _("from a blocked sender")

    class Trust(models.TextChoices):
        """Whether it is from whom it says, by the word of our own receiving server."""

        VERIFIED = "verified", _("verified")
        UNKNOWN = "unknown", _("not checked")
        FAILED = "failed", _("failed the check")

    class Outcome(models.TextChoices):
        OPENED = "opened", _("a new ticket")
        ADDED = "added", _("added to a ticket")
        FLOOD = "flood", _("added to a ticket, one of very many")
        DUPLICATE = "duplicate", _("here already")
        OWN = "own", _("our own mail that came back")
        REPORT = "report", _("a report about a letter of ours")
        DISCARDED = "discarded", _("discarded")

    class Reason(models.TextChoices):
        """Why a person must look at it."""

        UNVERIFIED = "unverified", _("It names a ticket, but its sender could not be verified.")
        CONFLICT = "conflict", _("It points at two tickets, and its sender takes part in neither.")
        UNREADABLE = "unreadable", _("It could not be read.")
        TOO_HEAVY = "too_heavy", _("Reading it took too long or too much memory.")
        TROUBLE = "trouble", _("Something went wrong when it was filed.")

    mailbox = models.ForeignKey(
        Mailbox, null=True, blank=True, on_delete=models.PROTECT, related_name="inbound"
    )
    # By which way it came: "imap", "lmtp", "pipe", "webhook:<provider>" …
    source = models.CharField(max_length=40)
    envelope_from = models.CharField(max_length=320, null=True, blank=True)  # noqa: DJ001 - "" is <>
    envelope_to = models.JSONField(default=list, blank=True)
    raw = models.FileField(upload_to=raw_path, max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.NEW)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    reason = models.CharField(max_length=12, choices=Reason, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    filed_at = models.DateTimeField(null=True, blank=True)
    # What it says, once it is read.
    message_id = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    from_email = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=400, blank=True)
    trust = models.CharField(max_length=10, choices=Trust, blank=True)
    is_auto = models.BooleanField(default=False)
    is_bounce = models.BooleanField(default=False)
    thread = models.CharField(max_length=60, blank=True)
    duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="duplicates"
    )
    # Somebody has told the people who look after mail that it waits for too long.
    alerted_at = models.DateTimeField(null=True, blank=True)

    objects = InboundEmailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "message_id", "digest"],
                condition=Q(duplicate_of=None) & ~Q(digest=""),
                name="same_mail_once_in_a_mailbox",
            ),
            models.CheckConstraint(
                condition=Q(state="new", next_try_at__isnull=False)
                | (~Q(state="new") & Q(next_try_at__isnull=True)),
                name="waiting_mail_has_a_next_try",
            ),
        ]
        indexes = [
            models.Index(
                F("next_try_at"),
                condition=Q(next_try_at__isnull=False),
                name="inbound_email_to_file",
            ),
            models.Index(
                fields=["message_id"], condition=~Q(message_id=""), name="inbound_email_message_id"
            ),
            models.Index(fields=["digest"], condition=~Q(digest=""), name="inbound_email_digest"),
            models.Index(
                fields=["thread", "id"], condition=~Q(thread=""), name="inbound_email_in_thread"
            ),
            models.Index(
                fields=["from_email", "filed_at"],
                condition=Q(outcome__in=["opened", "flood"]),
                name="inbound_email_opening",
            ),
            models.Index(
                fields=["received_at"],
                condition=Q(state__in=["quarantined", "failed"]),
                name="inbound_email_to_look_at",
            ),
            models.Index(
                fields=["-received_at"], condition=Q(state="blocked"), name="inbound_email_blocked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.pk} ({self.state})"


NEEDS_A_LOOK = [InboundEmail.State.QUARANTINED, InboundEmail.State.FAILED]
UNDECIDED = [*NEEDS_A_LOOK, InboundEmail.State.BLOCKED]


class BlockedSender(models.Model):
    """An address, or a domain with all below it, whose mail becomes no ticket."""

    pattern = models.CharField(max_length=320, unique=True)
    note = models.CharField(max_length=200, blank=True)
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    blocked_at = models.DateTimeField()

    class Meta:
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern
