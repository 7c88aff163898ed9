"""One thing done to many tickets, against one UPDATE and one INSERT a ticket in one transaction each."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import django
from django.db import connection, transaction
from django.utils import timezone

django.setup()

from accounts.models import Agent, Team  # noqa: E402
from accounts.services import add_member  # noqa: E402
from sla.models import Priority  # noqa: E402
from tickets.models import BulkChange, Ticket, TicketEvent  # noqa: E402
from tickets.services.bulk import start_bulk_change, undo_bulk_change  # noqa: E402

Action = BulkChange.Action
ROUNDS = 3
LETTER = {
    "text": "{{customer}} 様\n\nお待たせしております。",
    "ending": "promise",
    "after": None,
    "at": "",
    "tags": [],
    "priority": "",
}


def bulk(number: int) -> dict[str, Any]:
    """Seconds for each action on `number` tickets, the best of three, and the ratio to the floor."""
    agent = _somebody_new()
    ways = {
        "assign": (Action.ASSIGN, {"to": agent.pk, "name": agent.name}),
        "tag": (Action.TAG, {"tags": ["返品", "VIP"]}),
        "status": (Action.STATUS, {"status": "on_hold", "reason": "the supplier"}),
        "priority": (Action.PRIORITY, {"priority": Priority.URGENT}),
        "resolve": (Action.RESOLVE, {}),
        "reply": (Action.REPLY, LETTER),
    }
    return {
        "tickets": number,
        **{
            name: _measure(_open_tickets(number, place=place), *way, agent)
            for place, (name, way) in enumerate(ways.items())
        },
    }


def _measure(ids: list[int], action: str, facts: dict[str, Any], agent: Agent) -> dict[str, Any]:
    floors, taken, undone = [], [], []
    asked = Counter[str]()
    for _ in range(ROUNDS):
        floors.append(_seconds(partial(_floor, ids, agent)))
        with connection.execute_wrapper(partial(_count, asked)):
            taken.append(_seconds(partial(_do, ids, action, facts, agent)))
        undone.append(_seconds(_undo))
    return {
        "seconds": round(min(taken), 2),
        "undo_seconds": round(min(undone), 2),
        "floor_seconds": round(min(floors), 2),
        "ratio_to_floor": round(min(taken) / min(floors), 1),
        "statements_a_ticket": round(asked.total() / ROUNDS / len(ids), 1),
    }


def _count(asked: Counter[str], execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    asked[sql.split(" ", 1)[0]] += 1
    return execute(sql, *rest)


def _somebody_new() -> Agent:
    """An agent who has no ticket yet."""
    agent = Agent.objects.create_user(
        f"bulk{time.time_ns()}@example.com", None, name="Bulk", language="en"
    )
    add_member(Team.objects.get(is_default=True), agent)
    return agent


def _open_tickets(number: int, *, place: int) -> list[int]:
    """So many that each action changes, others for each action where there are enough."""
    found = Ticket.objects.filter(status__in=["new", "open", "pending_customer"])
    found = found.exclude(priority=Priority.URGENT)
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    if len(ids) < number:
        raise SystemExit("There are too few open tickets; fill in more.")
    begin = min(place * number, len(ids) - number)
    return ids[begin : begin + number]


def _do(ids: list[int], action: str, facts: dict[str, Any], agent: Agent) -> None:
    found = Ticket.objects.filter(pk__in=ids)
    if action == Action.REPLY:
        seen = found.values_list("pk", "entry_count")
        facts = {**facts, "seen": {str(pk): count for pk, count in seen}}
    change = start_bulk_change(found, action=action, facts=facts, by=agent)
    _check(change, "done")


def _undo() -> None:
    _check(undo_bulk_change(BulkChange.objects.latest("pk")), "undone")


def _check(change: BulkChange, outcome: str) -> None:
    other = change.items.exclude(outcome=outcome).values_list("outcome", "error")
    if other:
        raise SystemExit(f"{change.action}: {len(other)} are not {outcome}: {other[:3]}")


def _floor(ids: list[int], agent: Agent) -> None:
    now = timezone.now()
    for pk in ids:
        with transaction.atomic():
            Ticket.objects.filter(pk=pk).update(updated_at=now)
            TicketEvent.objects.create(ticket_id=pk, kind="floor", at=now, agent=agent)


def _seconds(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(bulk(int(sys.argv[1]))))
