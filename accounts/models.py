from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.permissions import OF_ROLE, Permission
from accounts.scopes import Scope

# How long somebody stays signed in: without doing anything, and at all.
LONGEST_IDLE = timedelta(hours=8)
LONGEST_SESSION = timedelta(hours=24)


class Language(models.TextChoices):
    JAPANESE = "ja", "日本語"
    ENGLISH = "en", "English"


class Role(models.TextChoices):
    """Who somebody is everywhere, and what they may do unless a permission set says otherwise.

    Being a lead is a matter of one team: see Membership.
    """

    AGENT = "agent", _("Agent")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


class PermissionSet(models.Model):
    """What those may do who have it, in place of what their role gives them."""

    name = models.CharField(_("name"), max_length=60)
    permissions = ArrayField(models.CharField(max_length=20, choices=Permission), default=list)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="one_permission_set_per_name"),
            models.CheckConstraint(
                condition=Q(permissions__contained_by=Permission.values),
                name="permission_set_is_of_known_permissions",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AgentManager(BaseUserManager["Agent"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Agent:
        agent = self.model(email=email.strip().lower(), **fields)
        agent.set_password(password)
        agent.save()
        return agent

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Agent:
        """An administrator, as `manage.py createsuperuser` makes one."""
        return self.create_user(email, password, role=Role.ADMINISTRATOR, **fields)

    def get_by_natural_key(self, username: str | None) -> Agent:
        return self.get(email__iexact=username)


class Agent(AbstractBaseUser):
    """A person who works here."""

    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.AGENT)
    # What they may do; without one, what comes with the role.
    permission_set = models.ForeignKey(
        PermissionSet, null=True, blank=True, on_delete=models.PROTECT, related_name="agents"
    )
    language = models.CharField(
        _("language"), max_length=8, choices=Language, default=Language.JAPANESE
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Tokyo")
    theme = models.CharField(max_length=8, blank=True, default="")
    # Whether a sent reply leads to the next ticket of the list.
    sends_and_next = models.BooleanField(default=False, db_default=False)
    # Whether single letters are commands to this person's pages, or never.
    keys_off = models.BooleanField(default=False, db_default=False)
    is_active = models.BooleanField(default=True)
    # Sessions of an earlier round are over, whatever their cookie says.
    session_round = models.PositiveIntegerField(default=0, db_default=0)
    # Away: until a time, or until they say that they are back. Somebody may stand in meanwhile.
    is_away = models.BooleanField(default=False, db_default=False)
    away_until = models.DateTimeField(null=True, blank=True)
    substitute = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="stands_in_for"
    )
    # What they are good at, in words: topics may ask for one. See accounts.skills.
    skills = models.JSONField(default=list, blank=True, db_default=[])
    # What stands below their replies; see accounts.signatures.
    signature = models.TextField(blank=True, default="", db_default="")
    joined_at = models.DateTimeField(auto_now_add=True)
    # Whether they have to set up a second factor before anything else; accounts.backends says so of
    # whoever is signed in.
    is_held_back = False

    objects = AgentManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_agent_per_email"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="agent_role_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def permissions(self) -> frozenset[str]:
        """What they may do, whether by their role or by their permission set."""
        if self.permission_set is None:
            return OF_ROLE[self.role]
        return frozenset(self.permission_set.permissions)

    def may(self, permission: Permission) -> bool:
        """Whether they may do this."""
        return permission in self.permissions

    @property
    def sees_everything(self) -> bool:
        """Whether they are not limited to their teams."""
        return self.may(Permission.SEE_ALL)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What ties a session to its agent: Django's, and the round."""
        digest: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        return f"{self.session_round}{digest}" if self.session_round else digest

    @cached_property
    def team_ids(self) -> tuple[int, ...]:
        """The teams they are a member of; read once by each object."""
        return tuple(self.memberships.order_by("team").values_list("team", flat=True))

    def is_away_at(self, now: datetime) -> bool:
        """Whether they are away then: when their time is over, they are back by themselves."""
        return self.is_away and (self.away_until is None or self.away_until > now)

    @property
    def is_absent(self) -> bool:
        return self.is_away_at(timezone.now())


class Assignment(models.TextChoices):
    """Who gets a team's new tickets."""

    MANUAL = "manual", _("Nobody: people take them, or are given them")
    ROUND_ROBIN = "round_robin", _("Everybody in turn")
    LEAST_LOADED = "least_loaded", _("Whoever has the fewest open tickets")
    KNOWS_CUSTOMER = (
        "knows_customer",
        _("Whoever knows the customer, otherwise whoever has the fewest open tickets"),
    )


class Team(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    members = models.ManyToManyField(Agent, through="Membership", related_name="teams")
    is_default = models.BooleanField(default=False)
    assignment = models.CharField(
        max_length=20,
        choices=Assignment,
        default=Assignment.MANUAL,
        db_default=Assignment.MANUAL,
    )
    # In working time; a ticket whose holder does nothing for so long goes back to the team.
    takes_back_after = models.DurationField(null=True, blank=True)
    # What stands below replies of members without a signature of their own.
    signature = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment__in=Assignment.values), name="team_assignment_is_known"
            ),
            models.CheckConstraint(
                condition=Q(takes_back_after__isnull=True) | Q(takes_back_after__gt=timedelta()),
                name="team_takes_back_after_a_while",
            ),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_team"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(default=False)
    # How many open tickets they may have, of whatever team, to be given another; null: any number.
    capacity = models.PositiveIntegerField(null=True, blank=True)
    last_given_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "agent"], name="one_membership_per_team"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.team_id}"


class OnCall(models.Model):
    """When somebody hears, outside opening hours, of the team's broken promises, so that its leads
    need not."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="on_call")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="on_call")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "on call"
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="on_call_ends_after_it_starts"
            )
        ]
        indexes = [models.Index(fields=["team", "ends_at"], name="on_call_of_team")]

    def __str__(self) -> str:
        return f"{self.agent_id} for {self.team_id}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> InvitationQuerySet:
        """Neither accepted nor withdrawn; the time to accept may be over."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def standing(self, now: datetime) -> InvitationQuerySet:
        """Those that can be accepted now."""
        return self.open().filter(expires_at__gt=now)


class Invitation(models.Model):
    """Somebody is asked to work here. Only the digest of the link's token is kept."""

    email = models.EmailField()
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=20, choices=Role, default=Role.AGENT)
    permission_set = models.ForeignKey(
        PermissionSet, null=True, blank=True, on_delete=models.SET_NULL, related_name="invitations"
    )
    teams = models.ManyToManyField(Team, related_name="invitations")
    language = models.CharField(max_length=8, choices=Language, default=Language.JAPANESE)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_per_address",
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="invitation_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class AgentSessionQuerySet(models.QuerySet["AgentSession"]):
    def live(self, now: datetime) -> AgentSessionQuerySet:
        """Those whose time is not over."""
        return self.filter(
            started_at__gt=now - LONGEST_SESSION, last_used_at__gt=now - LONGEST_IDLE
        )


class AgentSession(models.Model):
    """A browser in which an agent is signed in, as they recognise it; see accounts.sessions."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="sessions")
    # Of Django's session, which is what lets in.
    key = models.CharField(max_length=40, unique=True)
    # As they call themselves: "Firefox", "Windows"; empty: nobody knows.
    browser = models.CharField(max_length=40, blank=True)
    system = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    objects = AgentSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-last_used_at", "-pk"]

    def __str__(self) -> str:
        return f"session {self.pk} of {self.agent_id}"


class SignInRules(models.Model):
    """What signing in takes; one row. Without it: as it stands here."""

    # Who has one of these roles does nothing without a second factor.
    second_factor_roles = ArrayField(
        models.CharField(max_length=20, choices=Role), default=list, blank=True
    )

    class Meta:
        verbose_name_plural = "sign-in rules"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_row_of_sign_in_rules"),
            models.CheckConstraint(
                condition=Q(second_factor_roles__contained_by=Role.values),
                name="second_factor_roles_are_known",
            ),
        ]

    def __str__(self) -> str:
        return "sign-in rules"


class FirstRun(models.Model):
    """The setting up of a desk that had no administrator; one row, see accounts.first_run.

    Only the digest of the link's token is kept.
    """

    digest = models.CharField(max_length=64)
    # Who came by the link; they alone go on.
    administrator = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    # What was typed but not saved yet, by step and field; never a password.
    typed = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When the list of what is left to do was put away.
    put_away_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_first_run")]

    def __str__(self) -> str:
        return "first run"


class ApiToken(models.Model):
    """Lets another program act for one agent; see accounts.api_tokens. Only its digest is kept, and
    its last characters, by which people tell their tokens apart."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    ends_in = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    # To the minute.
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values), name="api_token_is_of_known_scopes"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ApiAnswer(models.Model):
    """What a program was answered, so that asking again under the same key does nothing twice.

    The body is encrypted: it may hold a customer's secret link. Forgotten after a day.
    """

    token = models.ForeignKey(
        ApiToken, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    key = models.CharField(max_length=255)
    # Of method, address and body of the request.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="api_answers_by_age")]

    def __str__(self) -> str:
        return f"answer {self.pk} to token {self.token_id}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None, is_in_desk=True)

    def to_mail(self) -> NotificationQuerySet:
        return self.filter(mailed_at=None)


class Notification(models.Model):
    """One thing one agent should know; also the row from which the mail to them is made."""

    class Kind(models.TextChoices):
        WARNING = "warning", _("A promise is running out")
        BREACH = "breach", _("A promise is broken")
        SETTLED = "settled", _("Settled")
        HELD = "held", _("The customer was told that it takes longer")
        ASSIGNED = "assigned", _("Assigned to you")
        HANDED_OVER = "handed_over", _("Handed over")
        CUSTOMER_REPLIED = "customer_replied", _("The customer wrote")
        WENT_BACK = "went_back", _("Went back to the team")
        MENTIONED = "mentioned", _("You were mentioned")
        FOLLOWED = "followed", _("News on a ticket you follow")
        UNDELIVERED = "undelivered", _("A letter did not arrive")
        NOT_SENT = "not_sent", _("A scheduled reply was not sent")
        THIRD_PARTY = "third_party", _("A third party answered")
        RETURNED = "returned", _("The customer did not answer: call")
        BAD_RATING = "bad_rating", _("A bad rating")
        FLOODED = "flooded", _("Very many mails from one sender")
        MAIL_WAITS = "mail_waits", _("Mail needs a look")
        MAILBOX_SILENT = "mailbox_silent", _("A mailbox cannot be read")
        WEBHOOK_OFF = "webhook_off", _("A webhook was switched off")
        RULE = "rule", _("A rule tells you")

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    label = models.CharField(max_length=255)
    path = models.CharField(max_length=255)
    facts = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()
    mail_after = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # Somebody may want a kind of news by mail alone.
    is_in_desk = models.BooleanField(default=True, db_default=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["agent", "-created_at"], name="notification_inbox"),
            models.Index(fields=["agent"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(
                fields=["mail_after"],
                condition=Q(mailed_at=None, mail_after__isnull=False),
                name="notification_to_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.label}"


class NotificationSettings(models.Model):
    """How one agent wants to be told. Without a row: as each notice proposes, at any hour.

    Times of day are of the agent's own zone; quiet hours may pass midnight.
    """

    agent = models.OneToOneField(
        Agent, on_delete=models.CASCADE, related_name="notification_settings"
    )
    # By kind: the ways that are on, of "desk" and "mail". A kind that is missing is as proposed.
    ways = models.JSONField(default=dict)
    # Mail waits from one to the other, unless it tells of a broken promise and that may not wait.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    breaks_quiet_for_breaches = models.BooleanField(default=False)
    # When a letter says each day what waits, and when the next one goes out.
    digest_at = models.TimeField(null=True, blank=True)
    next_digest_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "notification settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_begin_and_end",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_digest_at"],
                condition=Q(next_digest_at__isnull=False),
                name="digest_next",
            )
        ]

    def __str__(self) -> str:
        return f"notification settings of {self.agent_id}"
