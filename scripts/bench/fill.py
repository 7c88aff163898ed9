"""Clocks in bulk for the sweep. Tickets come from `manage.py generate_load`."""

from __future__ import annotations

from django.db import connection, transaction

LIVE = """
WITH numbers AS (SELECT n FROM generate_series(1, %(count)s) AS n),
clocks AS (
    INSERT INTO sla_clock (customer_id, team_id, owner_id, policy_version_id, priority, status, label, path)
    SELECT %(customer)s, %(team)s, %(agent)s, %(policy)s, 'normal', 'open', 'live', '/desk/tickets/0/'
    FROM numbers RETURNING id
)
INSERT INTO sla_commitment (clock_id, kind, cycle, state, source, policy_version_id, started_at, due_at,
    end_reason, schedule, next_check_at, failures)
SELECT id, 'promise', 1, 'active', 'agent', %(policy)s, now(), now() + interval '1 day' + id %% 900000 * interval '1 second',
    '', '[]'::jsonb, now() + interval '1 day' + id %% 900000 * interval '1 second', 0
FROM clocks
"""


@transaction.atomic
def make_live(count: int, *, policy: int, team: int, agent: int, customer: int) -> None:
    """Clocks with a promise each, the first of which has to be looked at tomorrow."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Each row is right; proving it a million times one by one would take minutes.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            LIVE,
            {
                "count": count,
                "policy": policy,
                "team": team,
                "agent": agent,
                "customer": customer,
            },
        )


@transaction.atomic
def make_due(
    count: int,
    *,
    policy: int,
    team: int,
    agent: int,
    customer: int,
    delay: int,
    seconds: int = 1,
) -> None:
    """Clocks whose promise is due `delay` seconds from now, all in one second or over `seconds`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH moment AS (SELECT date_trunc('second', clock_timestamp()) + %(delay)s * interval '1 second' AS due),
            clocks AS (
                INSERT INTO sla_clock (customer_id, team_id, owner_id, policy_version_id, priority, status, label, path)
                SELECT %(customer)s, %(team)s, %(agent)s, %(policy)s, 'normal', 'open', 'due', '/desk/tickets/' || n || '/'
                FROM generate_series(1, %(count)s) AS n RETURNING id
            ),
            dues AS (SELECT id, due + id %% %(seconds)s * interval '1 second' AS due FROM clocks, moment)
            INSERT INTO sla_commitment (clock_id, kind, cycle, state, source, policy_version_id, started_at, due_at,
                end_reason, schedule, next_check_at, failures)
            SELECT id, 'promise', 1, 'active', 'agent', %(policy)s, due - interval '1 hour', due, '',
                jsonb_build_array(
                    jsonb_build_array(extract(epoch FROM due)::bigint + 1, 'breach', 0),
                    jsonb_build_array(extract(epoch FROM due)::bigint + 1, 'escalate', 1),
                    jsonb_build_array(extract(epoch FROM due)::bigint + 900, 'escalate', 2)
                ), due + interval '1 second', 0
            FROM dues
            """,
            {
                "count": count,
                "team": team,
                "agent": agent,
                "policy": policy,
                "customer": customer,
                "delay": delay,
                "seconds": seconds,
            },
        )
