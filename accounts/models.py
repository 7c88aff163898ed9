from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    JAPANESE = "ja", "日本語"
    ENGLISH = "en", "English"


class Role(models.TextChoices):
    """What somebody may do everywhere. Being a lead is a matter of one team: see Membership."""

    AGENT = "agent", _("Agent")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


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
    language = models.CharField(
        _("language"), max_length=8, choices=Language, default=Language.JAPANESE
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Tokyo")
    theme = models.CharField(max_length=8, blank=True, default="")
    # Whether a sent reply leads to the next ticket of the list.
    sends_and_next = models.BooleanField(default=False, db_default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

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
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @property
    def sees_everything(self) -> bool:
        """Managers and administrators are not limited to their teams."""
        return self.role in {Role.MANAGER, Role.ADMINISTRATOR}


class Team(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    members = models.ManyToManyField(Agent, through="Membership", related_name="teams")
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_team"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "agent"], name="one_membership_per_team"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.team_id}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

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
        CUSTOMER_REPLIED = "customer_replied", _("The customer wrote")
        UNDELIVERED = "undelivered", _("A letter did not arrive")

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
