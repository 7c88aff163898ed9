"""What a program may do for an agent: never more than the agent, and often less."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """One kind of thing, to read or to change; to change it is not to read it."""

    ALL = "all", _("Everything its owner may do")
    READ_TICKETS = "tickets:read", _("Read tickets")
    WRITE_TICKETS = "tickets:write", _("Open, answer and change tickets")
    READ_CUSTOMERS = "customers:read", _("Read customers")
    WRITE_CUSTOMERS = "customers:write", _("Change customers")
    READ_KNOWLEDGE = "knowledge:read", _("Read articles and macros")
    WRITE_KNOWLEDGE = "knowledge:write", _("Write articles")
    READ_REPORTS = "reports:read", _("Read reports")
    READ_SETTINGS = "settings:read", _("Read settings")
    WRITE_SETTINGS = "settings:write", _("Change settings")
    WRITE_CHANNELS = "channels:write", _("Pass on messages of other channels")
