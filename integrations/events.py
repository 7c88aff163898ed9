"""What other systems can be told: the name, what it means, and from what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VERSION = 1
PING = "test.ping"
CHANNEL_MESSAGE = "channel.message"
RULE_ACTED = "rule.acted"


@dataclass(frozen=True)
class Event:
    """A thing that one can be told: what it means, and how a chat says it. There `%(what)s` is more
    about it, where there is more."""

    meaning: str | Promise
    sentence: str | Promise


EVENTS: Mapping[str, Event] = {
    "ticket.opened": Event(_("An inquiry became a ticket"), _("A ticket was opened")),
    "ticket.assigned": Event(
        _("A ticket has another assignee, or went back to its team"), _("Now with %(what)s")
    ),
    "ticket.status_changed": Event(
        _("The status of a ticket is another one"), _("The status is now: %(what)s")
    ),
    "ticket.priority_changed": Event(
        _("The priority of a ticket is another one"), _("The priority is now: %(what)s")
    ),
    "ticket.resolved": Event(_("A ticket is resolved"), _("Resolved")),
    "ticket.reopened": Event(_("A resolved ticket is open again"), _("Reopened")),
    "ticket.merged": Event(
        _("Another ticket was merged into this one"), _("Another ticket was merged in")
    ),
    "ticket.updated": Event(
        _("Topic, details, tags or language of a ticket changed"), _("The details changed")
    ),
    "ticket.rated": Event(_("The customer rated our work"), _("The customer rated our work")),
    "message.received": Event(_("The customer wrote"), _("The customer wrote")),
    "message.sent": Event(_("We wrote to the customer, or called"), _("Answered by %(what)s")),
    "note.added": Event(_("A colleague wrote an internal note"), _("Internal note by %(what)s")),
    "promise.made": Event(_("A promise was made"), _("Promised: news by %(what)s")),
    "promise.renewed": Event(
        _("A promise took the place of the one before"), _("Promised anew: news by %(what)s")
    ),
    "promise.kept": Event(_("A promise was kept"), _("The promise was kept")),
    "promise.broken": Event(
        _("A promise was broken"), _("The promise is broken: news was due by %(what)s")
    ),
    "customer.created": Event(_("A customer is new"), _("A new customer")),
    "customer.updated": Event(
        _("The record of a customer changed"), _("The record of a customer changed")
    ),
}
# Nobody chooses these: they come with a channel, with a rule, and with the test.
UNCHOSEN: Mapping[str, Event] = {
    CHANNEL_MESSAGE: Event(_("We answered on a channel of the API"), _("Answered by %(what)s")),
    RULE_ACTED: Event(_("A rule tells of a ticket"), _("Rule: %(what)s")),
    PING: Event(_("The test"), _("This is a test. The desk can write here.")),
}
ALL: Mapping[str, Event] = {**EVENTS, **UNCHOSEN}

# By what the database notes; what is missing here is not told.
OF_OCCURRENCES: Mapping[str, str] = {
    "event.opened": "ticket.opened",
    "event.assigned": "ticket.assigned",
    "event.handed_over": "ticket.assigned",
    "event.released": "ticket.assigned",
    "event.went_back": "ticket.assigned",
    "event.priority_changed": "ticket.priority_changed",
    "event.resolved": "ticket.resolved",
    "event.reopened": "ticket.reopened",
    "event.merged_in": "ticket.merged",
    "event.rated": "ticket.rated",
    **dict.fromkeys(
        (
            *("event.topic_changed", "event.fields_changed", "event.tags_changed"),
            "event.language_changed",
        ),
        "ticket.updated",
    ),
    "ticket.status_changed": "ticket.status_changed",
    "message.inbound": "message.received",
    "message.outbound": "message.sent",
    "note.added": "note.added",
    "promise.made": "promise.made",
    "promise.kept": "promise.kept",
    "promise.broken": "promise.broken",
    "customer.created": "customer.created",
    "customer.updated": "customer.updated",
}
