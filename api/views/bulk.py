"""One thing done to many tickets at once, as from the list of the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from api import access
from api.endpoint import Asked, Endpoint, absolute, answer, call
from api.problems import invalid
from api.shapes import Choice, Instant, ListOf, OrNull, Text, Whole, answered, body, utc
from api.views.kept import LONGEST_PROMISE
from api.views.tickets import LONGEST_BODY, TAGS
from sla.models import Priority, Status
from tickets.macros import unknown_placeholders
from tickets.models import BulkChange, BulkItem, Ending, Ticket, TicketQuerySet
from tickets.services.bulk import AT_ONCE, start_bulk_change, undo_bulk_change
from tickets.services.handling import REASON_LENGTH
from tickets.services.merging_several import Merging
from tickets.services.replying import Outcome, check_outcome
from tickets.tags import distinct

Action = BulkChange.Action
STATUSES = (Status.OPEN, Status.PENDING_CUSTOMER, Status.ON_HOLD)
BULK = answered(
    "BulkChange",
    {
        "id": Whole(),
        "action": Choice(Action.values),
        "started_at": Instant(),
        "finished_at": OrNull(Instant()),
        "undone_at": OrNull(Instant()),
        "tickets": ListOf(
            answered(
                "BulkChangeOfTicket",
                {
                    "ticket": Whole(about="Its number"),
                    "outcome": Choice(BulkItem.Outcome.values),
                    "error": Text(300),
                },
            ),
            1_000_000,
        ),
    },
)
NEW = body(
    "NewBulkChange",
    {
        "tickets": ListOf(Whole(about="A number"), AT_ONCE),
        "action": Choice(Action.values),
        "assignee": OrNull(Whole(about="Of `assign`; null: back to the team")),
        "status": Choice(STATUSES, about="Of `status`"),
        "status_reason": Text(REASON_LENGTH, about="What tickets on hold wait for"),
        "priority": Choice(Priority.values, about="Of `priority`"),
        "tags": TAGS,
        "body": Text(LONGEST_BODY, 1, about="Of `reply`, with placeholders such as `{{customer}}`"),
        "ending": Choice(Ending.values, about="Of `reply`: what becomes of the tickets"),
        "promise_at": Instant(about="Of `reply`: the next contact; else as each policy says"),
        "promise_after": Whole(1, LONGEST_PROMISE, about="The same, in seconds of working time"),
        "macro": Whole(about="Of `reply`: its tags and its priority are set"),
        "into": Whole(about="Of `merge`: the number of the one that goes on; else the oldest"),
    },
    ["tickets", "action"],
)


class BulkChanges(Endpoint):
    """Many tickets, each by itself."""

    of = section = "tickets"

    @call(
        "Do one thing to many tickets",
        answer=BULK,
        status=201,
        body=NEW,
        about="What cannot be done to one is said of it, and is nothing to the others. For 30 seconds"
        " it can be undone; letters leave after that.",
        example={"tickets": [1042], "action": "tag", "tags": ["printer"]},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """At once."""
        tickets = _tickets(asked)
        if asked.body["action"] == Action.MERGE:
            tickets, facts = _merged(asked, tickets)
        else:
            facts = FACTS[asked.body["action"]](asked, tickets)
        change = start_bulk_change(
            tickets, action=asked.body["action"], facts=facts, by=asked.agent, now=asked.now
        )
        address = absolute(reverse("api:bulk_change", args=[change.pk]))
        return answer(_shown(change), status=201, Location=address)


class BulkChangeDetail(Endpoint):
    """What the token's agent did to many tickets."""

    of = section = "tickets"

    @call("Read what became of a change of many tickets", answer=BULK)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """Ticket by ticket."""
        return answer(_shown(access.one_of(BulkChange.objects.filter(agent=asked.agent), pk)))


class BulkUndoings(Endpoint):
    """The way back."""

    of = section = "tickets"

    @call(
        "Undo a change of many tickets",
        answer=BULK,
        about="Within 30 seconds, and only where nobody has gone on since.",
    )
    def post(self, asked: Asked, pk: str) -> HttpResponse:
        """As far as it can be."""
        change = access.one_of(BulkChange.objects.filter(agent=asked.agent), pk)
        return answer(_shown(undo_bulk_change(change, now=asked.now)))


def _tickets(asked: Asked) -> TicketQuerySet:
    """All that were named. Raises Problem when one of them is not to be seen."""
    numbers = asked.body["tickets"]
    seen = Ticket.objects.visible_to(asked.agent).filter(number__in=numbers)
    known = set(seen.values_list("number", flat=True))
    if not numbers:
        raise invalid("tickets", "required", _("This must not be empty."))
    for place, number in enumerate(numbers):
        if number not in known:
            raise access.unknown(f"tickets.{place}")
    return seen


def _needed(asked: Asked, name: str) -> Any:
    if asked.body.get(name, "") in ("", []):
        raise invalid(name, "required", _("This is missing."))
    return asked.body[name]


def _assignment(asked: Asked, _tickets: TicketQuerySet) -> dict[str, Any]:
    if _needed(asked, "assignee") is None:
        return {"to": None}
    to = access.one_in_body(access.agents(asked.agent), asked.body["assignee"], at="assignee")
    return {"to": to.pk, "name": to.name}


def _status(asked: Asked, _tickets: TicketQuerySet) -> dict[str, Any]:
    status, reason = _needed(asked, "status"), asked.body.get("status_reason", "")
    if status == Status.ON_HOLD:
        _needed(asked, "status_reason")
    return {"status": status, "reason": " ".join(reason.split())}


def _tags(asked: Asked, _tickets: TicketQuerySet) -> dict[str, Any]:
    return {"tags": list(distinct(_needed(asked, "tags")).values())}


def _letter(asked: Asked, tickets: TicketQuerySet) -> dict[str, Any]:
    """The words of all, and which words the writer has seen: those that are there now."""
    text, sent = _needed(asked, "body"), asked.body
    if unknown_placeholders(text):
        raise invalid("body", "placeholder-left", _("A placeholder in it is not known."))
    if "promise_at" in sent:
        check_outcome(Outcome(promise_at=sent["promise_at"]), now=asked.now)
    macro = access.macro_in_body(asked.agent, sent["macro"]) if "macro" in sent else None
    return {
        "text": text,
        "ending": _needed(asked, "ending"),
        "after": sent.get("promise_after"),
        "at": sent["promise_at"].isoformat() if "promise_at" in sent else "",
        "macro": macro.name if macro else "",
        "tags": macro.tags if macro else [],
        "priority": macro.priority if macro else "",
        "seen": {str(pk): count for pk, count in tickets.values_list("pk", "entry_count")},
    }


def _merged(asked: Asked, tickets: TicketQuerySet) -> tuple[TicketQuerySet, dict[str, Any]]:
    """Those that go on as another one. Raises Problem when nothing can be merged."""
    standing, into = tickets.exclude(status=Status.MERGED), asked.body.get("into")
    if into is not None and not standing.filter(number=into).exists():
        raise access.unknown("into")
    merging = Merging.of(standing, into=into)
    if merging is None or merging.refusal:
        said = merging.refusal if merging else _("These tickets go on as others already.")
        raise invalid("tickets", "cannot-be-merged", said)
    return standing.exclude(pk=merging.into.pk), merging.facts


FACTS: Mapping[str, Callable[[Asked, TicketQuerySet], dict[str, Any]]] = {
    Action.ASSIGN: _assignment,
    Action.STATUS: _status,
    Action.PRIORITY: lambda asked, _tickets: {"priority": _needed(asked, "priority")},
    Action.TAG: _tags,
    Action.UNTAG: _tags,
    Action.RESOLVE: lambda _asked, _tickets: {},
    Action.REPLY: _letter,
}


def _shown(change: BulkChange) -> dict[str, Any]:
    items = change.items.order_by("pk").values(
        "outcome", "error", ticket_number=F("ticket__number")
    )
    return {
        "id": change.pk,
        "action": change.action,
        "started_at": utc(change.started_at),
        "finished_at": utc(change.finished_at),
        "undone_at": utc(change.undone_at),
        "tickets": [
            {"ticket": item["ticket_number"], "outcome": item["outcome"], "error": item["error"]}
            for item in items
        ],
    }
