"""Tickets in bulk, in the shape of a desk in use: 8 % open, 1 % overdue, half of them Japanese."""

from __future__ import annotations

from django.db import connection, transaction

FILL = """
WITH numbers AS (SELECT n, random() AS r FROM generate_series(1, %(count)s) AS n),
people AS (
    INSERT INTO customers_customer (name, language, time_zone, created_at)
    SELECT CASE WHEN n %% 2 = 0 THEN '山田 花子 ' ELSE 'Emma Clarke ' END || n,
           CASE WHEN n %% 2 = 0 THEN 'ja' ELSE 'en' END, 'Asia/Tokyo', now()
    FROM generate_series(1, greatest(1, %(count)s / 4)) AS n RETURNING id
),
person AS (SELECT array_agg(id) AS ids FROM people),
clocks AS (
    INSERT INTO sla_clock (customer_id, team_id, owner_id, policy_version_id, priority, status, label, path)
    SELECT (SELECT ids[1 + n %% cardinality(ids)] FROM person), %(team)s,
           CASE WHEN n %% 3 = 0 THEN NULL ELSE %(agent)s END, %(policy)s, 'normal',
           CASE WHEN n %% 100 < 8 THEN 'open' ELSE 'resolved' END, 'bench ' || n, '/desk/tickets/' || n || '/'
    FROM numbers RETURNING id, customer_id, owner_id, status
),
tickets AS (
    INSERT INTO tickets_ticket (number, customer_id, clock_id, team_id, assignee_id, status, priority, channel, subject,
        language, next_due_at, next_due_kind, next_contact_at, opened_at, updated_at, resolved_at, preview,
        is_last_word_ours, reopen_count, revision, entry_count)
    SELECT nextval('ticket_number'), customer_id, id, %(team)s, owner_id, status, 'normal', 'web',
           CASE WHEN id %% 2 = 0 THEN '返品したい商品があります ' ELSE 'Where is my refund ' END || id,
           CASE WHEN id %% 2 = 0 THEN 'ja' ELSE 'en' END,
           CASE WHEN status = 'open' THEN now() + (id %% 900 - 100) * interval '4 minutes' END,
           CASE WHEN status = 'open' THEN 'promise' ELSE '' END,
           CASE WHEN status = 'open' THEN now() + (id %% 900 - 100) * interval '4 minutes' END,
           now() - (id %% 500) * interval '1 hour', now() - (id %% 500) * interval '30 minutes',
           CASE WHEN status = 'open' THEN NULL ELSE now() - (id %% 500) * interval '20 minutes' END,
           '先日購入した商品を返品したいのですが、手続きを教えていただけますでしょうか。', id %% 2 = 0, 0, 1, 1
    FROM clocks RETURNING id, clock_id, status, next_due_at, customer_id, opened_at
),
promises AS (
    INSERT INTO sla_commitment (clock_id, kind, cycle, state, source, policy_version_id, started_at, due_at,
        end_reason, schedule, failures)
    SELECT clock_id, 'promise', 1, 'active', 'agent', %(policy)s, opened_at, next_due_at, '', '[]'::jsonb, 0
    FROM tickets WHERE status = 'open' RETURNING id
)
INSERT INTO tickets_message (ticket_id, direction, channel, customer_id, body, sent_at)
SELECT id, 'inbound', 'web', customer_id,
       '先日購入した商品を返品したいのですが、手続きを教えていただけますでしょうか。 Please tell me how to return it.',
       opened_at FROM tickets
"""


@transaction.atomic
def fill(count: int, *, team: int, agent: int, policy: int) -> None:
    """Insert `count` tickets with their clocks, promises and first messages."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(FILL, {"count": count, "team": team, "agent": agent, "policy": policy})
        cursor.execute("SET LOCAL lock_timeout = 0")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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
