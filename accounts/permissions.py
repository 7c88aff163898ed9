"""What somebody may do beyond the work on tickets of their teams, thing by thing."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    """A thing that not everybody may do."""

    SEE_ALL = "see_all", _("See the tickets and customers of all teams")
    REPORTS = "reports", _("Read reports about all teams")
    EXPORT = "export", _("Export data of all teams")
    HELP = "help", _("Publish articles of the help centre")
    PEOPLE = "people", _("Manage people and teams")
    HOURS = "hours", _("Manage opening hours and policies")
    FORMS = "forms", _("Manage topics, fields, forms and everybody's macros")
    RULES = "rules", _("Manage rules and recurring tickets, which act on all tickets")
    MAIL = "mail", _("Manage mailboxes, letters and blocked senders")
    BRAND = "brand", _("Manage name, colours and notices")
    RATINGS = "ratings", _("Manage ratings and the effort of customers")
    AUDIT = "audit", _("Read who did what")
    PRIVACY = "privacy", _("Hand out and erase what is stored about a customer")
    INTEGRATIONS = "integrations", _("Manage webhooks and channels of other systems")


# What comes with a role, by its name: see accounts.models.Role.
OF_ROLE: Mapping[str, frozenset[Permission]] = {
    "agent": frozenset(),
    "manager": frozenset(
        {Permission.SEE_ALL, Permission.REPORTS, Permission.EXPORT, Permission.HELP}
    ),
    "administrator": frozenset(Permission),
}


# Who has any of these finds something in the settings.
OF_SETTINGS = frozenset(Permission) - {Permission.SEE_ALL, Permission.EXPORT, Permission.HELP}


def holding(permission: Permission) -> models.Q:
    """The condition on agents that they may do this."""
    roles = [role for role, permissions in OF_ROLE.items() if permission in permissions]
    by_role = models.Q(permission_set__isnull=True, role__in=roles)
    return by_role | models.Q(permission_set__permissions__contains=[permission])
