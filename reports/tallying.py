"""The sums of facts, by all that reports tell apart."""

from __future__ import annotations

from django.db import connection

from reports.measures import DURATIONS, GRADES, SCORES
from reports.models import Tally

GRAINS = (
    *(Tally.TOTAL, Tally.HOUR, Tally.TEAM, Tally.AGENT, Tally.TOPIC, Tally.CHANNEL, Tally.ALL),
    *(Tally.CUSTOMER, Tally.ORGANIZATION),
)
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
    CASE WHEN seconds IS NULL OR grain IN ('hour', 'customer', 'organization') THEN -1
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
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
HAVING SUM(sign) <> 0 OR SUM(sign * COALESCE(seconds, 0)) <> 0
ON CONFLICT (grain, measure, day, hour, team, agent, topic, channel, customer, organization, bin)
DO UPDATE SET count = tally.count + excluded.count, seconds = tally.seconds + excluded.seconds
"""  # noqa: S608 - our own words
ALL = f"""
{INTO}
SELECT {COLUMNS}, COUNT(*), SUM(COALESCE(seconds, 0))
FROM reports_fact CROSS JOIN (SELECT %(grain)s::text COLLATE "C" AS grain) AS one
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""  # noqa: S608 - our own words
BOUNDS = {"durations": list(DURATIONS), "scores": list(SCORES), "grades": list(GRADES)}


def add_changes() -> None:
    """Take what has just become of the facts into the tallies."""
    with connection.cursor() as cursor:
        cursor.execute(ADD, {**BOUNDS, "grains": list(GRAINS)})
        cursor.execute("DELETE FROM reports_tally WHERE count = 0")


def add_all() -> None:
    """Make all tallies from the facts."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("DELETE FROM reports_tally")
        for grain in GRAINS:
            cursor.execute(ALL, {**BOUNDS, "grain": grain})
