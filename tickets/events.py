"""The names of facts on a ticket's timeline, and how each reads."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from common.templatetags.ui import instant
from mail.failures import reason_in_words
from sla.models import Priority


class EventKind(models.TextChoices):
    OPENED = "opened", gettext_lazy("Opened")
    ACKNOWLEDGED = "acknowledged", gettext_lazy("Acknowledged")
    ASSIGNED = "assigned", gettext_lazy("Assigned")
    RELEASED = "released", gettext_lazy("Returned to the team")
    RESOLVED = "resolved", gettext_lazy("Resolved")
    REOPENED = "reopened", gettext_lazy("Reopened")
    REMINDED = "reminded", gettext_lazy("Customer reminded")
    HELD = "held", gettext_lazy("Customer told that it takes longer")
    CLOSED = "closed", gettext_lazy("Closed")
    PRIORITY_CHANGED = "priority_changed", gettext_lazy("Priority changed")
    PUT_ON_HOLD = "put_on_hold", gettext_lazy("Put on hold")
    WAITING = "waiting", gettext_lazy("Waiting for the customer")
    RESUMED = "resumed", gettext_lazy("Taken up again")
    MARKED_AS_SPAM = "marked_as_spam", gettext_lazy("Marked as spam")
    MERGED_IN = "merged_in", gettext_lazy("Another ticket was merged in")
    SEPARATED = "separated", gettext_lazy("Separated again")
    TAGS_CHANGED = "tags_changed", gettext_lazy("Tags changed")
    UNDELIVERED = "undelivered", gettext_lazy("A letter did not arrive")
    CALL_MISSED = "call_missed", gettext_lazy("Customer not reached")


OPENED_FOR = "opened_for"
CALL_MISSED_BECAUSE = "call_missed_because"
TAKEN = "taken"
TAGS_ADDED = "tags_added"
TAGS_REMOVED = "tags_removed"
SENTENCES: dict[str, str] = {
    EventKind.OPENED: gettext_noop("The inquiry was filed."),
    OPENED_FOR: gettext_noop("%(who)s opened the ticket for the customer."),
    EventKind.ACKNOWLEDGED: gettext_noop("The acknowledgement was sent to the customer."),
    TAKEN: gettext_noop("%(who)s took the ticket."),
    EventKind.ASSIGNED: gettext_noop("%(who)s assigned the ticket to %(to)s."),
    EventKind.RELEASED: gettext_noop("%(who)s returned the ticket to the team."),
    EventKind.RESOLVED: gettext_noop("%(who)s marked the ticket as resolved."),
    EventKind.REOPENED: gettext_noop("%(who)s reopened the ticket."),
    EventKind.REMINDED: gettext_noop("The customer was reminded that we wait for an answer."),
    EventKind.HELD: gettext_noop("The customer was told that it takes longer: news by %(until)s."),
    EventKind.CLOSED: gettext_noop("Closed after the reminders were not answered."),
    EventKind.PRIORITY_CHANGED: gettext_noop(
        "%(who)s changed the priority from %(before)s to %(after)s."
    ),
    EventKind.PUT_ON_HOLD: gettext_noop("%(who)s put the ticket on hold: %(reason)s"),
    EventKind.WAITING: gettext_noop("%(who)s now waits for the customer."),
    EventKind.RESUMED: gettext_noop("%(who)s took the ticket up again."),
    EventKind.MARKED_AS_SPAM: gettext_noop("%(who)s marked the ticket as spam."),
    EventKind.MERGED_IN: gettext_noop("%(who)s merged ticket #%(number)s into this one."),
    EventKind.SEPARATED: gettext_noop("%(who)s separated ticket #%(number)s again."),
    TAGS_ADDED: gettext_noop("%(who)s added tags: %(added)s"),
    TAGS_REMOVED: gettext_noop("%(who)s removed tags: %(removed)s"),
    EventKind.TAGS_CHANGED: gettext_noop(
        "%(who)s changed the tags. Added: %(added)s. Removed: %(removed)s"
    ),
    EventKind.CALL_MISSED: gettext_noop("%(who)s called and did not reach the customer."),
    CALL_MISSED_BECAUSE: gettext_noop("%(who)s called and did not reach the customer: %(reason)s"),
}


# By the template of the letter; see tickets.services.writing.
UNDELIVERED: dict[str, str] = {
    "acknowledgement": gettext_noop("The acknowledgement did not reach the customer."),
    "reply": gettext_noop("The reply did not reach the customer."),
    "reminder": gettext_noop("The reminder did not reach the customer."),
    "closing": gettext_noop("The notice of closing did not reach the customer."),
    "holding": gettext_noop("The note that it takes longer did not reach the customer."),
}


def sentence(kind: str, facts: dict[str, Any], who: str) -> str:
    """Say the fact as a sentence in the active language; `who` did it (empty: the customer)."""
    if kind == EventKind.UNDELIVERED:
        return _undelivered(facts)
    if kind == EventKind.OPENED and who:
        kind = OPENED_FOR
    if kind == EventKind.CALL_MISSED and facts["reason"]:
        kind = CALL_MISSED_BECAUSE
    if kind == EventKind.ASSIGNED and facts.get("to_name") == who:
        kind = TAKEN
    if kind == EventKind.TAGS_CHANGED and not facts["removed"]:
        kind = TAGS_ADDED
    elif kind == EventKind.TAGS_CHANGED and not facts["added"]:
        kind = TAGS_REMOVED
    words = {
        "who": who or gettext("The customer"),
        "to": facts.get("to_name", ""),
        "before": _priority(facts.get("from")),
        "after": _priority(facts.get("to")),
        "reason": facts.get("reason", ""),
        "number": facts.get("number", ""),
        "until": instant(facts.get("until")),
        "added": ", ".join(facts.get("added", ())),
        "removed": ", ".join(facts.get("removed", ())),
    }
    said = gettext(SENTENCES[kind]) % words
    return gettext("%(said)s (in bulk)") % {"said": said} if "bulk" in facts else said


def _priority(value: object) -> str:
    return str(Priority(value).label) if value in Priority.values else ""


def _undelivered(facts: dict[str, Any]) -> str:
    """Which letter, why, and what follows."""
    what = UNDELIVERED.get(facts["letter"], gettext_noop("A letter did not reach the customer."))
    told = _and_then(gettext(what), reason_in_words(facts["reason"], address=facts["to"]))
    if facts["is_open_again"]:
        told = _and_then(told, gettext("The ticket is open again."))
    return told


def _and_then(first: str, then: str) -> str:
    """Two sentences, with what stands between sentences in the reader's language."""
    return gettext("%(first)s %(then)s") % {"first": first, "then": then}
