"""The names of facts on a ticket's timeline, and how each reads."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from sla.models import Priority


class EventKind(models.TextChoices):
    OPENED = "opened", gettext_lazy("Opened")
    ACKNOWLEDGED = "acknowledged", gettext_lazy("Acknowledged")
    ASSIGNED = "assigned", gettext_lazy("Assigned")
    RELEASED = "released", gettext_lazy("Returned to the team")
    RESOLVED = "resolved", gettext_lazy("Resolved")
    REOPENED = "reopened", gettext_lazy("Reopened")
    REMINDED = "reminded", gettext_lazy("Customer reminded")
    CLOSED = "closed", gettext_lazy("Closed")
    PRIORITY_CHANGED = "priority_changed", gettext_lazy("Priority changed")


TAKEN = "taken"
SENTENCES: dict[str, str] = {
    EventKind.OPENED: gettext_noop("The inquiry was filed."),
    EventKind.ACKNOWLEDGED: gettext_noop("The acknowledgement was sent to the customer."),
    TAKEN: gettext_noop("%(who)s took the ticket."),
    EventKind.ASSIGNED: gettext_noop("%(who)s assigned the ticket to %(to)s."),
    EventKind.RELEASED: gettext_noop("%(who)s returned the ticket to the team."),
    EventKind.RESOLVED: gettext_noop("%(who)s marked the ticket as resolved."),
    EventKind.REOPENED: gettext_noop("%(who)s reopened the ticket."),
    EventKind.REMINDED: gettext_noop("The customer was reminded that we wait for an answer."),
    EventKind.CLOSED: gettext_noop("Closed after the reminders were not answered."),
    EventKind.PRIORITY_CHANGED: gettext_noop(
        "%(who)s changed the priority from %(before)s to %(after)s."
    ),
}


def sentence(kind: str, facts: dict[str, Any], who: str) -> str:
    """Say the fact as a sentence in the active language; `who` did it (empty: the customer)."""
    if kind == EventKind.ASSIGNED and facts.get("to_name") == who:
        kind = TAKEN
    words = {
        "who": who or gettext("The customer"),
        "to": facts.get("to_name", ""),
        "before": _priority(facts.get("from")),
        "after": _priority(facts.get("to")),
    }
    return gettext(SENTENCES[kind]) % words


def _priority(value: object) -> str:
    return str(Priority(value).label) if value in Priority.values else ""
