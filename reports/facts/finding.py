"""The facts of what was gathered, measure by measure. Each statement says what counts.

Columns: ticket, measure, key, at, agent, channel, seconds. The rest is the ticket's.
"""

from __future__ import annotations

from django.db import connection

VOLUME = """
SELECT ticket, 'arrived', '', opened_at, agent, channel, NULL::bigint FROM reports_matter
UNION ALL
SELECT ticket, 'resolved', '', resolved_at, agent, channel,
    GREATEST(0, FLOOR(EXTRACT(epoch FROM resolved_at - opened_at)))::bigint
FROM reports_matter WHERE resolved_at IS NOT NULL
UNION ALL
SELECT matter.ticket, 'contact', said.id::text, said.at, matter.agent, said.channel, NULL
FROM reports_said AS said JOIN reports_matter AS matter USING (ticket) WHERE said.is_customers
UNION ALL
SELECT matter.ticket, 'chased', said.id::text, said.at, matter.agent, said.channel, NULL
FROM reports_said AS said JOIN reports_matter AS matter USING (ticket)
WHERE said.is_customers AND said.is_chaser
UNION ALL
SELECT matter.ticket, 'channel_changed', said.id::text, said.at, matter.agent, said.channel, NULL
FROM (
    SELECT *, LAG(channel) OVER (PARTITION BY ticket ORDER BY at, id) AS before
    FROM reports_said WHERE is_customers AND NOT is_thanks
) AS said JOIN reports_matter AS matter USING (ticket)
WHERE said.channel <> said.before
"""
# The customer waits from their first message after our last word. Somebody who resolves a ticket
# without a word ends the wait too, and so does who spoke with them as it was opened.
ANSWERS = """
WITH happened AS (
    SELECT ticket, at, CASE WHEN is_customers THEN 0 ELSE 1 END AS turn, id, agent, channel
    FROM reports_said WHERE NOT is_thanks
    UNION ALL
    SELECT member.ticket, event.at, 2, event.id, NULL, NULL
    FROM reports_member AS member
    JOIN sla_clockevent AS event ON event.clock_id = member.clock
    WHERE event.type = 'status' AND event.data ->> 'to' IN ('resolved', 'closed')
    UNION ALL
    SELECT ticket, opened_at, 2, 0, NULL, NULL FROM reports_matter WHERE NOT is_asked
), waits AS (
    SELECT *,
        COUNT(*) FILTER (WHERE turn > 0) OVER (
            PARTITION BY ticket ORDER BY at, turn, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS wait,
        COUNT(*) FILTER (WHERE turn = 1) OVER (
            PARTITION BY ticket ORDER BY at, turn, id ROWS UNBOUNDED PRECEDING
        ) AS answer
    FROM happened
), answered AS (
    SELECT ticket, MIN(at) FILTER (WHERE turn = 0) AS since, MAX(at) AS at, MAX(id) FILTER (WHERE turn = 1) AS id,
        MAX(answer) AS answer, MAX(agent) FILTER (WHERE turn = 1) AS agent,
        MAX(channel) FILTER (WHERE turn = 1) AS channel
    FROM waits GROUP BY ticket, wait HAVING BOOL_OR(turn = 1)
)
SELECT ticket, 'answered', '', answered.at, answered.agent, matter.channel,
    GREATEST(0, FLOOR(EXTRACT(epoch FROM answered.at - matter.opened_at)))::bigint
FROM answered JOIN reports_matter AS matter USING (ticket)
WHERE matter.is_asked AND answered.answer = 1
UNION ALL
SELECT ticket, 'next_answered', answered.id::text, answered.at, answered.agent, answered.channel,
    FLOOR(EXTRACT(epoch FROM answered.at - answered.since))::bigint
FROM answered JOIN reports_matter AS matter USING (ticket)
WHERE answered.since IS NOT NULL AND NOT (matter.is_asked AND answered.answer = 1)
"""
# Renewed is what a contact kept that named the next time: then the next promise begins.
PROMISES = """
WITH words AS (
    SELECT DISTINCT promise.id
    FROM reports_promise AS promise JOIN reports_said AS said USING (ticket)
    WHERE said.is_customers AND promise.state = 'met'
        AND DATE_TRUNC('second', said.at) > promise.started_at
        AND DATE_TRUNC('second', said.at) <= promise.met_at
), elsewhere AS (
    SELECT promise.id, MIN(said.at) AS contact_at
    FROM reports_promise AS promise JOIN reports_said AS said USING (ticket)
    WHERE promise.end_reason = 'merged' AND NOT said.is_customers
        AND said.at > promise.breached_at
    GROUP BY promise.id
), renewals AS (
    SELECT promise.*, words.id IS NOT NULL AS is_answered, elsewhere.contact_at AS met_elsewhere_at,
        state = 'met' AND COALESCE(met_at = LEAD(started_at) OVER (
            PARTITION BY clock ORDER BY started_at, promise.id
        ), FALSE) AS is_renewed
    FROM reports_promise AS promise LEFT JOIN words USING (id) LEFT JOIN elsewhere USING (id)
), runs AS (
    SELECT *, COUNT(*) FILTER (WHERE NOT is_renewed OR is_answered) OVER (
        PARTITION BY clock ORDER BY started_at, id
    ) AS run FROM renewals
), numbered AS (
    SELECT *, COUNT(*) FILTER (WHERE is_renewed) OVER (
        PARTITION BY clock, run ORDER BY started_at, id
    ) AS number FROM runs
), ended AS (
    SELECT *, COALESCE(met_at, met_elsewhere_at) AS contact_at FROM numbered
), counted AS (
    SELECT ticket, 'promise_made' AS measure, id, started_at AS at, NULL::bigint AS seconds FROM ended
    UNION ALL
    SELECT ticket, 'promise_kept', id, met_at, NULL FROM ended WHERE state = 'met'
    UNION ALL
    SELECT ticket, 'promise_renewed', id, met_at, NULL FROM ended WHERE is_renewed
    UNION ALL
    SELECT ticket, 'renewed_without_news', id, met_at, NULL FROM ended
    WHERE is_renewed AND number >= 3
    UNION ALL
    SELECT ticket, 'promise_rescued', id, ended_at, NULL FROM ended WHERE end_reason = 'held'
    UNION ALL
    SELECT ticket, 'promise_late', id, breached_at,
        FLOOR(EXTRACT(epoch FROM contact_at - breached_at))::bigint
    FROM ended WHERE state = 'breached' AND contact_at IS NOT NULL
    UNION ALL
    SELECT ticket, 'promise_silent', id, breached_at, NULL FROM ended
    WHERE state = 'breached' AND contact_at IS NULL
)
SELECT ticket, measure, id::text, at, matter.agent, matter.channel, seconds
FROM counted JOIN reports_matter AS matter USING (ticket)
"""
# The key of a target names its kind, itself and its policy.
TARGETS = """
WITH owed AS (
    SELECT member.ticket, target.id, target.kind, target.state, target.met_at, target.breached_at,
        target.used_seconds, target.kind || ':' || target.id || ':' || version.policy_id AS named
    FROM reports_member AS member
    JOIN sla_commitment AS target ON target.clock_id = member.clock
    JOIN sla_policyversion AS version ON version.id = target.policy_version_id
    WHERE target.kind IN ('first_reply', 'next_reply', 'update', 'resolution')
        AND target.end_reason <> 'withdrawn'
), counted AS (
    SELECT ticket, 'sla_kept' AS measure, named AS key, met_at AS at,
        NULL::bigint AS seconds
    FROM owed WHERE state = 'met'
    UNION ALL
    SELECT ticket, 'sla_broken', named, breached_at, NULL
    FROM owed WHERE state = 'breached'
    UNION ALL
    SELECT ticket, 'answered_working', id::text, met_at, used_seconds FROM owed
    WHERE kind = 'first_reply' AND met_at IS NOT NULL AND used_seconds IS NOT NULL
)
SELECT ticket, measure, key, at, matter.agent, matter.channel, seconds
FROM counted JOIN reports_matter AS matter USING (ticket)
"""
# An event says itself whether somebody else came to have the ticket, where its kind does not; and a
# reopening reply that was taken back reopened nothing.
EVENTS = """
WITH happened AS (
    SELECT member.ticket, event.id, event.kind, event.at, event.agent_id, event.facts
    FROM reports_member AS member
    JOIN tickets_ticketevent AS event ON event.ticket_id = member.id
    WHERE event.kind IN
        ('handed_over', 'released', 'went_back', 'assigned', 'reopened', 'taken_back')
), counted AS (
    SELECT ticket, 'handed_over' AS measure, id, at FROM happened
    WHERE COALESCE(
        (facts ->> 'is_hand_over')::boolean, kind IN ('handed_over', 'released', 'went_back')
    )
    UNION ALL
    SELECT ticket, 'reopened', id, at FROM (
        SELECT *, LEAD(kind) OVER (PARTITION BY ticket, agent_id ORDER BY at, id) = 'taken_back'
            AS is_undone
        FROM happened
        WHERE kind = 'reopened' OR kind = 'taken_back' AND (facts ->> 'is_reopening')::boolean
    ) AS reopening WHERE kind = 'reopened' AND is_undone IS NOT TRUE
    UNION ALL
    SELECT ticket, 'asked_again', id, asked_at FROM (
        SELECT member.ticket, asked.id, asked.asked_at,
            ROW_NUMBER() OVER (PARTITION BY member.ticket ORDER BY asked.asked_at, asked.id) AS number
        FROM reports_member AS member
        JOIN tickets_customertask AS asked ON asked.ticket_id = member.id
    ) AS asked WHERE number > 1
)
SELECT ticket, measure, id::text, at, matter.agent, matter.channel, NULL::bigint
FROM counted JOIN reports_matter AS matter USING (ticket)
"""
RATINGS = """
SELECT matter.ticket,
    CASE WHEN rating.kind = 'effort' THEN 'effort_rated' WHEN rating.value = 1 THEN 'rated_good'
        ELSE 'rated_bad' END,
    rating.id::text, rating.answered_at, matter.agent, matter.channel,
    CASE WHEN rating.kind = 'effort' THEN rating.value END::bigint
FROM reports_member AS member
JOIN tickets_rating AS rating ON rating.ticket_id = member.id
JOIN reports_matter AS matter ON matter.ticket = member.ticket
WHERE rating.answered_at IS NOT NULL
"""
# Who gave it and who got it, whoever has it by now.
HANDS = """
WITH given AS (
    SELECT member.ticket, event.id, event.at, (event.facts ->> 'to')::bigint AS taker,
        COALESCE(event.agent_id, (event.facts ->> 'from')::bigint) AS giver
    FROM reports_member AS member
    JOIN tickets_ticketevent AS event ON event.ticket_id = member.id
    WHERE event.kind IN ('handed_over', 'released', 'went_back', 'assigned') AND COALESCE(
        (event.facts ->> 'is_hand_over')::boolean,
        event.kind IN ('handed_over', 'released', 'went_back')
    )
)
SELECT given.ticket, 'gave_on', given.id::text, given.at, given.giver, matter.channel, NULL::bigint
FROM given JOIN reports_matter AS matter USING (ticket) WHERE giver IS NOT NULL
UNION ALL
SELECT given.ticket, 'took_over', given.id::text, given.at, given.taker, matter.channel, NULL
FROM given JOIN reports_matter AS matter USING (ticket) WHERE taker IS NOT NULL
"""
STATEMENTS = (VOLUME, ANSWERS, PROMISES, TARGETS, EVENTS, HANDS, RATINGS)


def find() -> None:
    """Note all facts that the gathered tickets should have, as far as the database can tell."""
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(f"INSERT INTO reports_wanted {statement}")
