"""The times an agent can promise with one key, and the sentence the customer will read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.time_formatting import format_instant, short_instant
from desk.forms import read_instant
from sla.selectors import suggested_promises
from tickets.models import Ticket

MOST = 4


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One radio button: `value` is an instant, `words` are the agent's, `sentence` the customer's."""

    key: str
    value: str
    words: str
    sentence: str
    is_chosen: bool


def promise_choices(ticket: Ticket, *, now: datetime, chosen: str = "") -> list[Choice]:
    """The policy's own time first; a time chosen before stays on offer while it lies ahead."""
    instants = suggested_promises(ticket.clock.policy_version_id, ticket.priority, now=now)
    kept = read_instant(chosen)
    if kept is not None and kept > now and kept not in instants:
        instants = [kept, *instants]
    instants = instants[:MOST]
    selected = kept if kept in instants else None
    is_free = bool(chosen) and kept is None
    return [
        Choice(
            key=str(number),
            value=instant.isoformat(),
            words=_in_short(instant, now=now),
            sentence=promise_sentence(ticket, _in_customers_words(ticket, instant)),
            is_chosen=instant == selected if selected else number == 1 and not is_free,
        )
        for number, instant in enumerate(instants, start=1)
    ]


def promise_sentence(ticket: Ticket, when: str) -> str:
    """What the letter says below the reply: templates/mail/reply."""
    with translation.override(ticket.language):
        return _("We will contact you again by %(when)s.") % {"when": when}


def _in_customers_words(ticket: Ticket, instant: datetime) -> str:
    return format_instant(
        instant,
        language=ticket.language,
        zone=ZoneInfo(ticket.customer.time_zone),
        with_zone=True,
    )


def _in_short(instant: datetime, *, now: datetime) -> str:
    zone = timezone.get_current_timezone()
    return short_instant(instant, now=now, language=get_language() or "en", zone=zone)
