from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Replace
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from topics.models import Field
from topics.selectors import definitions
from topics.values import words_of

# 山田 花子 and 山田花子 are one name.
PLAIN_NAME = Replace(Replace("name", Value(" "), Value("")), Value("\u3000"), Value(""))


def default_language() -> str:
    return str(settings.LANGUAGE_CODE)


def default_time_zone() -> str:
    return str(settings.TIME_ZONE)


class Organization(models.Model):
    name = models.CharField(_("name"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class OrganizationDomain(models.Model):
    """Whoever writes from this domain belongs to the organization."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)

    def __str__(self) -> str:
        return self.domain


class Customer(models.Model):
    """The one record of a person who asks, whatever the channel."""

    name = models.CharField(_("name"), max_length=100, blank=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.SET_NULL, related_name="customers"
    )
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, default=default_language
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default=default_time_zone)
    # What its fields say, by their keys; see topics.values.
    fields = models.JSONField(default=dict, blank=True, db_default={})
    # Comes first when tickets wait for somebody to have time.
    is_vip = models.BooleanField(default=False, db_default=False)
    # May read what others of the organization have asked; an agent says so.
    sees_organization = models.BooleanField(default=False, db_default=False)
    # On which matter we let them down when the last one ended, by its key; none: that went well. Its
    # owner keeps it, and this room knows nothing of it.
    let_down_on = models.BigIntegerField(null=True, blank=True)
    # The record that this one was found to be the same person as: always the last of the chain.
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(PLAIN_NAME, name="customer_plain_name")]

    # Set on the object, not stored, by the service that has just made, changed or found the record.
    is_new = False
    is_changed = False
    known_addresses: list[str] | None = None
    wants_no_automatic_mail = False

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"

    @property
    def words(self) -> str:
        """The name, every address and what the fields say, a line each: what a search finds the
        customer by."""
        addresses = self.known_addresses
        if addresses is None:
            addresses = [point.words for point in self.contact_points.all()]
        asked = definitions().fields_of(Field.Of.CUSTOMER) if self.fields else []
        return "\n".join(filter(None, [self.name, *addresses, *words_of(asked, self.fields)]))


class ContactPoint(models.Model):
    """One way to reach a customer: `value` as it was given, `normalized` to recognise it by."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("Email")
        PHONE = "phone", _("Phone")

    class State(models.TextChoices):
        """What is known against writing to it."""

        BOUNCED = "bounced", _("Letters do not arrive")
        COMPLAINED = "complained", _("Called our mail spam")
        UNSUBSCRIBED = "opted_out", _("Wants no automatic mail")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=320)
    normalized = models.CharField(max_length=320)
    state = models.CharField(max_length=10, choices=State, blank=True, default="", db_default="")
    state_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            # A telephone may be shared by a household or an office; a mailbox names one record.
            models.UniqueConstraint(
                fields=["normalized"], condition=Q(kind="email"), name="one_customer_per_email"
            ),
            models.UniqueConstraint(
                fields=["customer", "kind", "normalized"], name="contact_point_once_per_customer"
            ),
        ]
        indexes = [models.Index(fields=["kind", "normalized"], name="contact_point_lookup")]

    def __str__(self) -> str:
        return self.value

    @property
    def words(self) -> str:
        """The address as it was given and, where that is otherwise, as it is recognised."""
        return self.value if self.value == self.normalized else f"{self.value} {self.normalized}"


class CustomerNote(models.Model):
    """What colleagues should know of a person before they write. Customers never read it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    body = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"note {self.pk} on customer {self.customer_id}"


class SignInLink(models.Model):
    """A link that lets one person in once, to all they have asked. Only the token's digest is kept.

    It is made for every address that is typed, known or not, so that nobody can tell which; without
    a customer it opens nothing.
    """

    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.CASCADE, related_name="sign_in_links"
    )
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="sign_in_links_by_age")]

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"


class CustomerSession(models.Model):
    """A browser in which one customer has shown who they are. Only the token's digest is kept."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="sessions")
    digest = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="customer_sessions_by_age")]

    def __str__(self) -> str:
        return f"session {self.pk} of customer {self.customer_id}"


class CustomerMerge(models.Model):
    """Two records were one person. `moved` names every row that was given to the other record, so
    that it can be given back."""

    UNDOABLE = timedelta(days=30)

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges")
    into = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges_in")
    at = models.DateTimeField()
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    # Lists of primary keys by app.model.field; and what the other record took over.
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(undone_at=None), name="customer_merged_once"
            )
        ]

    def __str__(self) -> str:
        return f"customer {self.customer_id} into {self.into_id}"


class DifferentPeople(models.Model):
    """Two records that look like one person and are not; `one` has the smaller key."""

    one = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="different_people_once"),
            models.CheckConstraint(
                condition=Q(one__lt=F("other")), name="different_people_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} is not {self.other_id}"
