"""What the facts of some tickets are found in, read once into temporary tables.

A ticket and those merged into it are one matter: what happened on any of them is a fact of the one
that goes on. Spam is no matter.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection

from sla.engine.commitments import KEPT_BY_PEOPLE

# Gone with the transaction. `reports_said` are the words that count: the customer's own, and those
# of our people that arrived.
TABLES = """
CREATE TEMP TABLE IF NOT EXISTS reports_member (
    id bigint, clock bigint, opened_at timestamptz, ticket bigint
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS reports_matter (
    ticket bigint, clock bigint, is_asked boolean, opened_at timestamptz, resolved_at timestamptz,
    customer bigint, organization bigint, team bigint, agent bigint, topic bigint, channel text COLLATE "C"
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS reports_said (
    ticket bigint, id bigint, at timestamptz, is_customers boolean, is_thanks boolean,
    is_chaser boolean, agent bigint, channel text COLLATE "C"
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS reports_promise (
    ticket bigint, id bigint, clock bigint, state text, end_reason text, started_at timestamptz,
    met_at timestamptz, breached_at timestamptz, ended_at timestamptz
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS reports_wanted (
    ticket bigint, measure text COLLATE "C", key text COLLATE "C", at timestamptz, agent bigint,
    channel text COLLATE "C", seconds bigint
) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS reports_changed (
    sign integer, measure text COLLATE "C", day date, hour integer, customer bigint,
    organization bigint, team bigint, agent bigint, topic bigint, channel text COLLATE "C",
    seconds bigint, key text COLLATE "C"
) ON COMMIT DROP;
DELETE FROM reports_member; DELETE FROM reports_matter; DELETE FROM reports_said;
DELETE FROM reports_promise; DELETE FROM reports_wanted; DELETE FROM reports_changed;
"""
MEMBERS = [
    """
    INSERT INTO reports_member
    SELECT id, clock_id, opened_at, id FROM tickets_ticket
    WHERE id IN (SELECT COALESCE(merged_into_id, id) FROM tickets_ticket WHERE id = ANY(%(tickets)s))
        AND status NOT IN ('spam', 'merged')
    """,
    """
    INSERT INTO reports_member
    SELECT other.id, other.clock_id, other.opened_at, member.id
    FROM reports_member AS member JOIN tickets_ticket AS other ON other.merged_into_id = member.id
    """,
]
# A customer asked when the first of its tickets was not opened by us.
MATTERS = """
INSERT INTO reports_matter
SELECT first.ticket, ticket.clock_id, COALESCE(origin.is_customer, TRUE), first.opened_at,
    CASE WHEN ticket.status IN ('resolved', 'closed') THEN ticket.resolved_at END,
    ticket.customer_id, customer.organization_id, ticket.team_id, ticket.assignee_id,
    ticket.topic_id, ticket.channel
FROM (
    SELECT DISTINCT ON (ticket) ticket, clock, opened_at FROM reports_member
    ORDER BY ticket, opened_at, id
) AS first
JOIN tickets_ticket AS ticket ON ticket.id = first.ticket
JOIN customers_customer AS customer ON customer.id = ticket.customer_id
LEFT JOIN LATERAL (
    SELECT COALESCE(data ->> 'origin', 'customer') = 'customer' AS is_customer FROM sla_clockevent
    WHERE clock_id = first.clock AND type = 'create' LIMIT 1
) AS origin ON TRUE
"""
SAID = """
INSERT INTO reports_said
SELECT member.ticket, said.id, said.sent_at, said.direction = 'inbound', said.meaning = 'thanks',
    said.meaning = 'chaser', said.agent_id, said.channel
FROM reports_member AS member
JOIN tickets_message AS said ON said.ticket_id = member.id
WHERE said.direction = 'inbound' AND NOT said.is_auto AND NOT said.is_hidden
    OR said.direction = 'outbound' AND said.agent_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM sla_clockevent AS event
        WHERE event.clock_id = member.clock AND event.type = 'delivery_failed'
            AND event.data ->> 'outgoing' = said.id::text
    )
"""
PROMISES = """
INSERT INTO reports_promise
SELECT member.ticket, promise.id, promise.clock_id, promise.state, promise.end_reason,
    promise.started_at, promise.met_at, promise.breached_at, promise.ended_at
FROM reports_member AS member
JOIN sla_commitment AS promise ON promise.clock_id = member.clock
WHERE promise.kind = 'promise' AND promise.source = ANY(%(people)s)
    AND promise.end_reason <> 'withdrawn'
"""


def make_room() -> None:
    """Have the temporary tables, empty, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)


def gather(tickets: Collection[int]) -> None:
    """Read what there is about these tickets, and about those they were merged into."""
    make_room()
    known: dict[str, Any] = {"tickets": list(tickets), "people": list(KEPT_BY_PEOPLE)}
    with connection.cursor() as cursor:
        for statement in (*MEMBERS, MATTERS, SAID, PROMISES):
            cursor.execute(statement, known)
        # Nobody else does it for temporary tables, and without it a join may take its time.
        cursor.execute("ANALYZE reports_member, reports_matter, reports_said, reports_promise")
