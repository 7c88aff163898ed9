"""The sums of facts, by all that reports tell apart."""

from __future__ import annotations

from typing import Any

from django.db import connection

from reports.measures import BY_HOUR, BY_MONTH, DURATIONS, GRADES, SCORES
from reports.models import Tally

GRAINS = (
    *(Tally.TOTAL, Tally.HOUR, Tally.TEAM, Tally.AGENT, Tally.TOPIC, Tally.CHANNEL, Tally.ALL),
    *(Tally.CUSTOMER, Tally.ORGANIZATION),
)
# Customers are as many as facts, and hours tell most of the days apart: of them no more is added up than
# is read.
WANTED = """
    (grain <> 'hour' OR measure = ANY(%(by_hour)s))
    AND (grain NOT IN ('customer', 'organization') OR measure = ANY(%(by_month)s))
"""
# A value belongs to the first bound that it does not exceed: width_bucket has them the other way
# round, and values are whole.
COLUMNS = """
    grain, measure,
    CASE WHEN grain IN ('customer', 'organization') THEN DATE_TRUNC('month', day)::date ELSE day END,
    CASE grain WHEN 'hour' THEN hour ELSE 0 END,
    CASE WHEN grain IN ('team', 'all') THEN team ELSE 0 END,
    CASE WHEN grain IN ('agent', 'all') THEN COALESCE(agent, 0) ELSE 0 END,
    CASE WHEN grain IN ('topic', 'all') THEN COALESCE(topic, 0) ELSE 0 END,
    CASE WHEN grain IN ('channel', 'all') THEN channel ELSE '' END,
    CASE grain WHEN 'customer' THEN customer ELSE 0 END,
    CASE grain WHEN 'organization' THEN COALESCE(organization, 0) ELSE 0 END,
    CASE WHEN seconds IS NULL OR grain = 'hour'
            OR grain IN ('customer', 'organization') AND measure <> 'effort' THEN -1
        ELSE WIDTH_BUCKET(GREATEST(seconds, 0) - 1, CASE measure
            WHEN 'effort' THEN %(scores)s::bigint[] WHEN 'effort_rated' THEN %(grades)s::bigint[]
            ELSE %(durations)s::bigint[] END) END
"""
INTO = """
INSERT INTO reports_tally AS tally (grain, measure, day, hour, team, agent, topic, channel, customer,
    organization, bin, count, seconds)
"""
# Both add up whole numbers, so it does not matter in how many steps.
ADD = f"""
{INTO}
SELECT {COLUMNS}, SUM(sign), SUM(sign * COALESCE(seconds, 0))
FROM reports_changed CROSS JOIN (
    SELECT each COLLATE "C" AS grain FROM UNNEST(%(grains)s::text[]) AS each
) AS grains
WHERE {WANTED}
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
HAVING SUM(sign) <> 0 OR SUM(sign * COALESCE(seconds, 0)) <> 0
ON CONFLICT (grain, measure, day, hour, team, agent, topic, channel, customer, organization, bin)
DO UPDATE SET count = tally.count + excluded.count, seconds = tally.seconds + excluded.seconds
"""  # noqa: S608 - our own words
# All sums anew, beside the tallies, of which only those that differ are written again.
SUMS = """
CREATE TEMP TABLE reports_sum ON COMMIT DROP AS
SELECT grain, measure, day, hour, team, agent, topic, channel, customer, organization, bin, count, seconds
FROM reports_tally LIMIT 0
"""
COUNTED = (Tally.HOUR, Tally.ALL, Tally.CUSTOMER, Tally.ORGANIZATION)
FROM_FACTS = f"""
INSERT INTO reports_sum
SELECT {COLUMNS}, COUNT(*), SUM(COALESCE(seconds, 0))
FROM reports_fact CROSS JOIN (SELECT %(grain)s::text COLLATE "C" AS grain) AS one
WHERE {WANTED}
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""  # noqa: S608 - our own words
# What tells apart by less is the sum of what tells apart by all.
FROM_SUMS = """
INSERT INTO reports_sum
SELECT %(grain)s, measure, day, 0,
    CASE %(grain)s WHEN 'team' THEN team ELSE 0 END,
    CASE %(grain)s WHEN 'agent' THEN agent ELSE 0 END,
    CASE %(grain)s WHEN 'topic' THEN topic ELSE 0 END,
    CASE %(grain)s WHEN 'channel' THEN channel ELSE '' END,
    0, 0, bin, SUM(count), SUM(seconds)
FROM reports_sum WHERE grain = 'all'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""
SAME = " AND ".join(
    f"sum.{name} = tally.{name}"
    for name in (
        *("grain", "measure", "day", "hour", "team", "agent", "topic", "channel", "customer"),
        *("organization", "bin", "count", "seconds"),
    )
)
DELETE_OTHER = f"""
DELETE FROM reports_tally AS tally
WHERE NOT EXISTS (SELECT FROM reports_sum AS sum WHERE {SAME})
"""  # noqa: S608 - our own words
# Roughly in the order of their index, so that a great one is not written all over at once.
INSERT_OTHER = f"""
{INTO}
SELECT sum.* FROM reports_sum AS sum
WHERE NOT EXISTS (SELECT FROM reports_tally AS tally WHERE {SAME})
ORDER BY grain, measure, day
"""  # noqa: S608 - our own words
# The key of a fact names kind, commitment and policy (reports.facts.finding); one that an earlier
# release found names no policy, and goes when its ticket is looked at again.
TARGETS = """
INSERT INTO reports_targettally AS tally (day, policy, kind, team, agent, topic, channel, kept, broken)
SELECT day, SPLIT_PART(key, ':', 3)::bigint, SPLIT_PART(key, ':', 1), team, COALESCE(agent, 0),
    COALESCE(topic, 0), channel, SUM(sign * (measure = 'sla_kept')::int),
    SUM(sign * (measure = 'sla_broken')::int)
FROM {facts}
WHERE measure IN ('sla_kept', 'sla_broken') AND SPLIT_PART(key, ':', 3) <> ''
GROUP BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (day, policy, kind, team, agent, topic, channel)
DO UPDATE SET kept = tally.kept + excluded.kept, broken = tally.broken + excluded.broken
"""
BOUNDS: dict[str, Any] = {
    "durations": list(DURATIONS),
    "scores": list(SCORES),
    "grades": list(GRADES),
    "by_hour": list(BY_HOUR),
    "by_month": list(BY_MONTH),
}


def add_changes() -> None:
    """Take what has just become of the facts into the tallies."""
    with connection.cursor() as cursor:
        cursor.execute(ADD, {**BOUNDS, "grains": list(GRAINS)})
        cursor.execute("DELETE FROM reports_tally WHERE count = 0")
        cursor.execute(TARGETS.format(facts="reports_changed"))
        cursor.execute("DELETE FROM reports_targettally WHERE kept = 0 AND broken = 0")


def add_all() -> None:
    """Make all tallies from the facts."""
    with connection.cursor() as cursor:
        # To sort by so many columns, or to look each up, takes far longer than to hash them.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = off")
        cursor.execute(SUMS)
        for grain in COUNTED:
            cursor.execute(FROM_FACTS, {**BOUNDS, "grain": grain})
        for grain in GRAINS:
            if grain not in COUNTED:
                cursor.execute(FROM_SUMS, {"grain": grain})
        cursor.execute("ANALYZE reports_sum")
        for statement in (DELETE_OTHER, INSERT_OTHER):
            cursor.execute(statement)
        cursor.execute("DROP TABLE reports_sum")
        cursor.execute("DELETE FROM reports_targettally")
        cursor.execute(TARGETS.format(facts="(SELECT *, 1 AS sign FROM reports_fact) AS facts"))
