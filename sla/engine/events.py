"""What happened to a ticket, and the log as it counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

CREATE = "create"
ACK_SENT = "ack_sent"
CUSTOMER_MESSAGE = "customer_message"
OUTGOING = "outgoing"
DELIVERY_FAILED = "delivery_failed"
STATUS = "status"
PRIORITY = "priority"
POLICY = "policy"
CALENDAR = "calendar"
NO_REPLY_NEEDED = "no_reply_needed"
MERGE_IN = "merge_in"
MERGED_AWAY = "merged_away"
WAITS_DELAYED = "waits_delayed"
HELD = "held"
UNDONE = "undone"
IMPORTED = "import"
"""The origin of a matter whose history another desk has: nothing of that was owed here."""
TAKES_BACK = frozenset({DELIVERY_FAILED, UNDONE})
"""What takes an earlier event out of the log, so that the past is another one than was stored."""


class EventLogError(ValueError):
    """A log that cannot be read; the sentence names the event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of a ticket's log: `at` in UTC epoch seconds, further fields in `data`.

    `data` is as in data/sla/README.md with instants as epoch seconds; an optional `id` makes the
    event countable once, and lets `delivery_failed` name a message by `outgoing`, `undone` any event
    by `undoes`.
    """

    at: int
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_human_contact(self) -> bool:
        """Whether a person told the customer something: public and by a human (sla.md 2.3)."""
        return self.data.get("author", "human") == "human" and bool(self.data.get("public", True))


def log_as_it_counts(events: Iterable[Event], *, until: int) -> list[Event]:
    """The log up to `until` (UTC epoch seconds, included), by time, equal times as given.

    An event counts once, however often it was delivered; a message that bounced, or an event that
    was undone, not at all.
    Raises EventLogError unless it begins with its only `create`.
    """
    known = sorted((event for event in events if event.at <= until), key=lambda event: event.at)
    lost = {event.data.get("outgoing") for event in known if event.type == DELIVERY_FAILED}
    undone = {event.data["undoes"] for event in known if event.type == UNDONE}
    counted = [
        event
        for event in _once(known)
        if not _is_lost(event, lost) and event.data.get("id") not in undone
    ]
    if [event.type for event in counted].count(CREATE) != 1 or counted[0].type != CREATE:
        raise EventLogError("A log begins with its “create” event and has no other.")
    return counted


def _once(events: Iterable[Event]) -> Iterable[Event]:
    seen = set()
    for event in events:
        event_id = event.data.get("id")
        if event_id is None or event_id not in seen:
            seen.add(event_id)
            yield event


def _is_lost(event: Event, lost: set[Any]) -> bool:
    return event.type == OUTGOING and "id" in event.data and event.data["id"] in lost
