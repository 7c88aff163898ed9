"""The names of facts on a ticket's timeline, and how each reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from common.templatetags.ui import instant
from mail.failures import reason_in_words
from sla.models import Priority
from topics.models import in_this_language


class EventKind(models.TextChoices):
    OPENED = "opened", gettext_lazy("Opened")
    ACKNOWLEDGED = "acknowledged", gettext_lazy("Acknowledged")
    ASSIGNED = "assigned", gettext_lazy("Assigned")
    RELEASED = "released", gettext_lazy("Returned to the team")
    HANDED_OVER = "handed_over", gettext_lazy("Handed over")
    WENT_BACK = "went_back", gettext_lazy("Went back to the team")
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
    SPLIT_OFF = "split_off", gettext_lazy("A message was split off")
    SPLIT_FROM = "split_from", gettext_lazy("Split off from another ticket")
    LINKED = "linked", gettext_lazy("Linked")
    UNLINKED = "unlinked", gettext_lazy("Link removed")
    TAGS_CHANGED = "tags_changed", gettext_lazy("Tags changed")
    UNDELIVERED = "undelivered", gettext_lazy("A letter did not arrive")
    CALL_MISSED = "call_missed", gettext_lazy("Customer not reached")
    DELAYED = "delayed", gettext_lazy("A letter is late")
    NOT_IN_CC = "not_in_cc", gettext_lazy("A letter did not reach somebody in Cc")
    COMPLAINED = "complained", gettext_lazy("The customer called a letter spam")
    UNSUBSCRIBED = "unsubscribed", gettext_lazy("The customer wants no automatic mail")
    PARTICIPANT_ADDED = "participant_added", gettext_lazy("Somebody takes part")
    PARTICIPANT_INVITED = "participant_invited", gettext_lazy("Somebody is invited")
    PARTICIPANT_JOINED = "participant_joined", gettext_lazy("An invited person takes part")
    PARTICIPANT_REMOVED = "participant_removed", gettext_lazy("Somebody takes part no more")
    MAIL_ACCEPTED = "mail_accepted", gettext_lazy("Mail accepted")
    FLOODED = "flooded", gettext_lazy("Very many mails from one sender")
    TAKEN_BACK = "taken_back", gettext_lazy("Reply taken back")
    SCHEDULED = "scheduled", gettext_lazy("Reply scheduled")
    CALLED_OFF = "called_off", gettext_lazy("Scheduled reply called off")
    TOPIC_CHANGED = "topic_changed", gettext_lazy("Topic changed")
    FIELDS_CHANGED = "fields_changed", gettext_lazy("Details changed")
    FORWARDED = "forwarded", gettext_lazy("Forwarded to a third party")
    HOLD_ENDED = "hold_ended", gettext_lazy("No longer on hold")
    RETURNED = "returned", gettext_lazy("Came back to us without an answer")
    LANGUAGE_CHANGED = "language_changed", gettext_lazy("Language changed")
    CHASED = "chased", gettext_lazy("The customer asked for news")
    RATED = "rated", gettext_lazy("Rated by the customer")
    RECOVERED = "recovered", gettext_lazy("A bad rating was followed up")
    IMPORTED = "imported", gettext_lazy("Imported")


OPENED_FOR = "opened_for"
CALL_MISSED_BECAUSE = "call_missed_because"
TAKEN = "taken"
BY_ITSELF = "by_itself"
STANDS_IN = "stands_in"
LACKS_SKILL = "lacks_skill"
TAGS_ADDED = "tags_added"
TAGS_REMOVED = "tags_removed"
TOPIC_SET = "topic_set"
TOPIC_REMOVED = "topic_removed"
UNREACHED = "unreached"
SENTENCES: dict[str, str] = {
    EventKind.OPENED: gettext_noop("The inquiry was filed."),
    OPENED_FOR: gettext_noop("%(who)s opened the ticket for the customer."),
    EventKind.ACKNOWLEDGED: gettext_noop("The acknowledgement was sent to the customer."),
    TAKEN: gettext_noop("%(who)s took the ticket."),
    EventKind.CHASED: gettext_noop("The customer asked for news."),
    EventKind.ASSIGNED: gettext_noop("%(who)s assigned the ticket to %(to)s."),
    EventKind.RELEASED: gettext_noop("%(who)s returned the ticket to the team."),
    BY_ITSELF: gettext_noop("The ticket was assigned to %(to)s automatically."),
    LACKS_SKILL: gettext_noop(
        "The ticket was assigned to %(to)s automatically: nobody with the skill “%(skill)s” had room."
    ),
    STANDS_IN: gettext_noop(
        "%(who)s assigned the ticket to %(to)s, who stands in for %(for_name)s."
    ),
    EventKind.WENT_BACK: gettext_noop(
        "Nothing was done for %(idle)s of working time, so the ticket went back from %(to)s to the team."
    ),
    EventKind.HANDED_OVER: gettext_noop("%(who)s handed the ticket over to %(to)s."),
    EventKind.RESOLVED: gettext_noop("%(who)s marked the ticket as resolved."),
    EventKind.REOPENED: gettext_noop("%(who)s reopened the ticket."),
    EventKind.REMINDED: gettext_noop("The customer was reminded that we wait for an answer."),
    EventKind.HELD: gettext_noop("The customer was told that it takes longer: news by %(until)s."),
    EventKind.CLOSED: gettext_noop("Closed after the reminders were not answered."),
    EventKind.RETURNED: gettext_noop(
        "The reminders were not answered, so the ticket is ours again. Call: perhaps the customer is"
        " stuck."
    ),
    EventKind.LANGUAGE_CHANGED: gettext_noop("%(who)s changed the language of the letters."),
    EventKind.RATED: gettext_noop("The customer rated our work: %(rating)s"),
    EventKind.RECOVERED: gettext_noop("%(who)s followed up on the bad rating: %(reason)s"),
    EventKind.IMPORTED: gettext_noop("The ticket was taken over from another desk."),
    EventKind.PRIORITY_CHANGED: gettext_noop(
        "%(who)s changed the priority from %(before)s to %(after)s."
    ),
    EventKind.PUT_ON_HOLD: gettext_noop("%(who)s put the ticket on hold: %(reason)s"),
    EventKind.WAITING: gettext_noop("%(who)s now waits for the customer."),
    EventKind.RESUMED: gettext_noop("%(who)s took the ticket up again."),
    EventKind.MARKED_AS_SPAM: gettext_noop("%(who)s marked the ticket as spam."),
    EventKind.MERGED_IN: gettext_noop("%(who)s merged ticket #%(number)s into this one."),
    EventKind.SEPARATED: gettext_noop("%(who)s separated ticket #%(number)s again."),
    EventKind.SPLIT_OFF: gettext_noop(
        "%(who)s made a message about another matter a ticket of its own: #%(number)s."
    ),
    EventKind.SPLIT_FROM: gettext_noop("%(who)s split this ticket off from #%(number)s."),
    EventKind.LINKED: gettext_noop("%(who)s linked ticket #%(number)s."),
    EventKind.UNLINKED: gettext_noop("%(who)s removed the link to ticket #%(number)s."),
    TAGS_ADDED: gettext_noop("%(who)s added tags: %(added)s"),
    TAGS_REMOVED: gettext_noop("%(who)s removed tags: %(removed)s"),
    EventKind.TAGS_CHANGED: gettext_noop(
        "%(who)s changed the tags. Added: %(added)s. Removed: %(removed)s"
    ),
    EventKind.DELAYED: gettext_noop(
        "A letter to %(address)s is late. Its mail server goes on trying."
    ),
    EventKind.NOT_IN_CC: gettext_noop("A letter did not reach %(address)s, who is in Cc."),
    EventKind.COMPLAINED: gettext_noop(
        "%(address)s was reported to take our letter for spam: no automatic mail goes there any more."
    ),
    EventKind.UNSUBSCRIBED: gettext_noop(
        "%(address)s wants no automatic mail: none goes there any more."
    ),
    EventKind.PARTICIPANT_ADDED: gettext_noop("%(who)s added %(address)s to Cc."),
    EventKind.PARTICIPANT_INVITED: gettext_noop("%(who)s invited %(address)s to take part."),
    EventKind.PARTICIPANT_JOINED: gettext_noop("%(address)s agreed to take part, and is in Cc."),
    EventKind.PARTICIPANT_REMOVED: gettext_noop("%(who)s removed %(address)s from Cc."),
    EventKind.MAIL_ACCEPTED: gettext_noop("%(who)s accepted the mail of %(from)s."),
    EventKind.FLOODED: gettext_noop(
        "Very many mails came from %(from)s. From here on they are gathered on this ticket."
    ),
    EventKind.CALL_MISSED: gettext_noop("%(who)s called and did not reach the customer."),
    CALL_MISSED_BECAUSE: gettext_noop("%(who)s called and did not reach the customer: %(reason)s"),
    EventKind.TAKEN_BACK: gettext_noop("%(who)s took a reply back before it left."),
    EventKind.SCHEDULED: gettext_noop("%(who)s wrote a reply that leaves on %(until)s."),
    EventKind.CALLED_OFF: gettext_noop("The reply scheduled for %(until)s was called off."),
    TOPIC_SET: gettext_noop("%(who)s set the topic: %(topic)s"),
    TOPIC_REMOVED: gettext_noop("%(who)s removed the topic: %(topic_before)s"),
    EventKind.TOPIC_CHANGED: gettext_noop(
        "%(who)s changed the topic from %(topic_before)s to %(topic)s."
    ),
    EventKind.FIELDS_CHANGED: gettext_noop("%(who)s changed the details: %(changes)s"),
    EventKind.FORWARDED: gettext_noop("%(who)s wrote to %(address)s, a third party."),
    EventKind.HOLD_ENDED: gettext_noop("%(from)s answered, so the ticket is no longer on hold."),
    UNREACHED: gettext_noop(
        "%(address)s could not be reached, so the ticket is no longer on hold."
    ),
}


# By the template of the letter; see tickets.services.writing.
UNDELIVERED: dict[str, str] = {
    "acknowledgement": gettext_noop("The acknowledgement did not reach the customer."),
    "reply": gettext_noop("The reply did not reach the customer."),
    "reminder": gettext_noop("The reminder did not reach the customer."),
    "closing": gettext_noop("The notice of closing did not reach the customer."),
    "returned": gettext_noop("The word that we take it up again did not reach the customer."),
    "holding": gettext_noop("The note that it takes longer did not reach the customer."),
    "third_party": gettext_noop("The letter to the third party did not arrive."),
}


def sentence(kind: str, facts: dict[str, Any], who: str) -> str:
    """Say the fact as a sentence in the active language; `who` did it (empty: the customer)."""
    if kind == EventKind.UNDELIVERED:
        return _undelivered(facts)
    if kind == EventKind.OPENED and who:
        kind = OPENED_FOR
    if kind == EventKind.CALL_MISSED and facts["reason"]:
        kind = CALL_MISSED_BECAUSE
    if kind == EventKind.HOLD_ENDED and "address" in facts:
        kind = UNREACHED
    if kind in HOW:
        kind = HOW[kind](facts, who)
    words = {
        "who": who or gettext("The customer"),
        "to": facts.get("to_name", ""),
        "for_name": facts.get("for_name", ""),
        "skill": facts.get("lacks", ""),
        "idle": _duration(facts.get("seconds", 0)),
        "before": _priority(facts.get("from")),
        "after": _priority(facts.get("to")),
        "reason": facts.get("reason", ""),
        "number": facts.get("number", ""),
        "address": facts.get("address", ""),
        "from": facts.get("from", ""),
        "until": instant(facts.get("until")),
        "rating": rating_words(facts.get("rating", ""), facts.get("value")),
        "added": ", ".join(facts.get("added", ())),
        "removed": ", ".join(facts.get("removed", ())),
        "topic": _in_this_language(facts.get("topic")),
        "topic_before": _in_this_language(facts.get("before")),
        "changes": gettext(", ").join(map(_change, facts.get("changes", ()))),
    }
    said = gettext(SENTENCES[kind]) % words
    if "rule" in facts:
        return gettext("%(said)s (rule “%(rule)s”)") % {"said": said, "rule": facts["rule"]}
    return gettext("%(said)s (in bulk)") % {"said": said} if "bulk" in facts else said


def _how_assigned(facts: dict[str, Any], who: str) -> str:
    if not who:
        return LACKS_SKILL if "lacks" in facts else BY_ITSELF
    if "for_name" in facts:
        return STANDS_IN
    return TAKEN if facts.get("to_name") == who else EventKind.ASSIGNED


def _how_tagged(facts: dict[str, Any], _who: str) -> str:
    if not facts["removed"]:
        return TAGS_ADDED
    return EventKind.TAGS_CHANGED if facts["added"] else TAGS_REMOVED


def _how_topic_changed(facts: dict[str, Any], _who: str) -> str:
    if facts["before"] is None:
        return TOPIC_SET
    return EventKind.TOPIC_CHANGED if facts["topic"] else TOPIC_REMOVED


# Kinds that read in more than one way.
HOW: dict[str, Callable[[dict[str, Any], str], str]] = {
    EventKind.ASSIGNED: _how_assigned,
    EventKind.TAGS_CHANGED: _how_tagged,
    EventKind.TOPIC_CHANGED: _how_topic_changed,
}


def _change(change: dict[str, Any]) -> str:
    """One field: what it says now, and what it said before, if anything."""
    words = {name: _in_this_language(change[name]) for name in ("label", "before", "after")}
    words["after"] = words["after"] or gettext("(empty)")
    if not words["before"]:
        return gettext("%(label)s: %(after)s") % words
    return gettext("%(label)s: %(before)s → %(after)s") % words


def _in_this_language(names: dict[str, str] | None) -> str:
    return in_this_language(names) if names else ""


def _duration(seconds: int) -> str:
    """Working time in hours and minutes: 1:30."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}"


RATINGS = {
    ("csat", 1): gettext_noop("good"),
    ("csat", 0): gettext_noop("not good"),
    ("effort", 1): gettext_noop("very hard to get solved"),
    ("effort", 2): gettext_noop("hard to get solved"),
    ("effort", 3): gettext_noop("neither hard nor easy to get solved"),
    ("effort", 4): gettext_noop("easy to get solved"),
    ("effort", 5): gettext_noop("very easy to get solved"),
}


def rating_words(kind: str, value: int | None) -> str:
    """What a customer said of our work; empty when they said nothing."""
    return gettext(RATINGS[(kind, value)]) if value is not None else ""


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
