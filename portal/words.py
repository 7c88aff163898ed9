"""The state of an inquiry in customers' words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sla.models import Status

STATES: dict[str, str | Promise] = {
    Status.NEW: _("Received"),
    Status.OPEN: _("We are on it"),
    Status.ON_HOLD: _("We are on it"),
    Status.PENDING_CUSTOMER: _("Waiting for your reply"),
    Status.RESOLVED: _("Done"),
    Status.CLOSED: _("Done"),
}


def state_in_words(status: str) -> str:
    """What the customer reads; what has no word of its own is being looked at."""
    return str(STATES.get(status, STATES[Status.OPEN]))
