"""The names of facts on a ticket's timeline, and how each reads."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class EventKind(models.TextChoices):
    OPENED = "opened", gettext_lazy("Opened")
    ACKNOWLEDGED = "acknowledged", gettext_lazy("Acknowledged")
    ASSIGNED = "assigned", gettext_lazy("Assigned")
    RELEASED = "released", gettext_lazy("Returned to the team")
    RESOLVED = "resolved", gettext_lazy("Resolved")
    REOPENED = "reopened", gettext_lazy("Reopened")
    PROMISED = "promised", gettext_lazy("Promised")


def sentence(kind: str, facts: dict[str, Any], who: str) -> str:  # noqa: PLR0911 - one per kind
    """Say the fact as a sentence in the active language; `who` did it (empty: the customer)."""
    actor = who or _("The customer")
    match kind:
        case EventKind.OPENED:
            return _("The inquiry was filed.")
        case EventKind.ACKNOWLEDGED:
            return _("The acknowledgement was sent to the customer.")
        case EventKind.ASSIGNED if facts.get("to_name") == who:
            return _("%(who)s took the ticket.") % {"who": who}
        case EventKind.ASSIGNED:
            return _("%(who)s assigned the ticket to %(to)s.") % {
                "who": actor,
                "to": facts.get("to_name", ""),
            }
        case EventKind.RELEASED:
            return _("%(who)s returned the ticket to the team.") % {"who": actor}
        case EventKind.RESOLVED:
            return _("%(who)s marked the ticket as resolved.") % {"who": actor}
        case EventKind.REOPENED:
            return _("%(who)s reopened the ticket.") % {"who": actor}
        case _:
            return str(EventKind(kind).label)
