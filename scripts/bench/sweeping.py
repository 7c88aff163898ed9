"""The parts of the bench that run inside Django: people, the sweep's rate and its lag."""

from __future__ import annotations

import io
import json
import sys
import time
from datetime import timedelta
from importlib import import_module

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402

from accounts.models import Agent, Role, Team  # noqa: E402
from accounts.services import add_member  # noqa: E402
from customers.models import Customer  # noqa: E402
from helpdesk.load.generating import generate_load  # noqa: E402
from scripts.bench.fill import make_due  # noqa: E402
from sla.models import Commitment, PolicyVersion  # noqa: E402
from sla.sweep import sweep_due  # noqa: E402
from tickets.models import Message, Ticket  # noqa: E402
from tickets.queue import NEXT_DUE  # noqa: E402
from topics.models import Topic  # noqa: E402

FLOOR = """
UPDATE sla_commitment SET state = 'breached', breached_at = due_at, next_check_at = NULL
WHERE id IN (
    SELECT id FROM sla_commitment WHERE next_check_at <= clock_timestamp()
    ORDER BY next_check_at LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""


def people(tickets: int) -> tuple[str, str, list[int], int, str]:
    """An agent with a team full of tickets: the key of their session and of a manager's, the numbers
    of 20 open tickets from the middle of the queue, that of another with 200 messages, and where
    the middle is."""
    agent = Agent.objects.create_user("bench@example.com", None, name="Bench", language="en")
    team = Team.objects.get(is_default=True)
    add_member(team, agent)
    _staff(agent)
    generate_load(tickets, seed=1, now=timezone.now().replace(microsecond=0))
    manager = Agent.objects.create_user(
        "manager@example.com", None, name="Manager", language="en", role=Role.MANAGER
    )
    queue = Ticket.objects.unresolved().order_by("next_due_at", "pk")
    middle = queue.count() // 2
    first, *others = queue[middle : middle + 21]
    _make_long(first, messages=200)
    numbers = [ticket.number for ticket in others]
    place = NEXT_DUE.written(first)
    return _session_of(agent), _session_of(manager), numbers, first.number, place


def _staff(agent: Agent) -> None:
    """Three more teams with four agents and two topics each; this agent is in all of them."""
    for name in ("Billing", "Delivery", "Repairs"):
        team = Team.objects.create(name=name)
        add_member(team, agent)
        for number in range(4):
            email = f"{name}{number}@example.com".lower()
            add_member(team, Agent.objects.create_user(email, None, name=f"{name} {number}"))
        for word in ("questions", "complaints"):
            Topic.objects.create(name_en=f"{name} {word}", team=team)


def _session_of(agent: Agent) -> str:
    """The key of a session in which they are signed in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(agent.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _make_long(ticket: Ticket, *, messages: int) -> None:
    known = ticket.messages.count()
    Message.objects.bulk_create(
        Message(
            ticket=ticket,
            direction=Message.Direction.INBOUND,
            channel=ticket.channel,
            customer_id=ticket.customer_id,
            body=f"{number} 印字濃度を確認しましたが、変わりませんでした。\n\nIt is still too light.",
            sent_at=ticket.opened_at + number * timedelta(minutes=1),
        )
        for number in range(known, messages)
    )


def grow(tickets: int) -> int:
    """More tickets for the same people."""
    generate_load(tickets, seed=2, now=timezone.now().replace(microsecond=0))
    return tickets


def figures(tickets: int) -> dict[str, float]:
    """Every fact and tally anew, of so many tickets in all: how long it took for each."""
    began = time.perf_counter()
    call_command("rebuild_figures", stdout=io.StringIO())
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reports_fact, reports_tally")
    return {
        "seconds": round(seconds, 1),
        "ms_a_ticket": round(1000 * seconds / tickets, 3),
        "tickets_per_second": round(tickets / seconds),
    }


def rate(count: int) -> tuple[float, float]:
    """Rows a second: ours with breach, escalation and notification; the floor is one UPDATE."""
    began = _due(count)
    swept = sweep_due(sweeper="bench")
    ours = swept / (time.perf_counter() - began)
    began = _due(count)
    updated = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(FLOOR)
            if not cursor.rowcount:
                break
            updated += cursor.rowcount
    floor = updated / (time.perf_counter() - began)
    return round(ours), round(floor)


def lag(count: int) -> dict[str, float]:
    """Detected minus due, in ms, when `count` promises fall due in one second and the pump runs."""
    before = Commitment.objects.latest("pk").pk
    make_due(count, delay=3, **somebody())
    time.sleep(8)
    lags = sorted(
        1000 * (row.detected_at - row.due_at).total_seconds()
        for row in Commitment.objects.filter(pk__gt=before, detected_at__isnull=False)
    )
    return {
        "rows": len(lags),
        "p50_ms": round(lags[len(lags) // 2]),
        "p99_ms": round(lags[-(-99 * len(lags) // 100) - 1]),
    }


def _due(count: int) -> float:
    make_due(count, delay=-10, **somebody())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sla_commitment")
    return time.perf_counter()


def somebody() -> dict[str, int]:
    return {
        "policy": PolicyVersion.objects.latest("pk").pk,
        "team": Team.objects.get(is_default=True).pk,
        "agent": Agent.objects.earliest("pk").pk,
        "customer": Customer.objects.earliest("pk").pk,
    }


if __name__ == "__main__":
    command, number = sys.argv[1], int(sys.argv[2])
    parts = {"people": people, "grow": grow, "figures": figures, "rate": rate, "lag": lag}
    print(json.dumps(parts[command](number)))
