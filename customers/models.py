from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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
    created_at = models.DateTimeField(auto_now_add=True)

    # Set on the object, not stored, by the service that has just made, changed or found the record.
    is_new = False
    is_changed = False
    known_addresses: list[str] | None = None

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"

    @property
    def words(self) -> str:
        """The name and every address, a line each: what a search finds the customer by."""
        addresses = self.known_addresses
        if addresses is None:
            addresses = [point.words for point in self.contact_points.all()]
        return "\n".join(filter(None, [self.name, *addresses]))


class ContactPoint(models.Model):
    """One way to reach a customer: `value` as it was given, `normalized` to recognise it by."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("Email")
        PHONE = "phone", _("Phone")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=320)
    normalized = models.CharField(max_length=320)
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
