"""Bringing the stored facts in line with those that should be there: only the difference."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import connection

COLUMNS = "measure, day, hour, customer, organization, team, agent, topic, channel, seconds, key"
DELETE = f"""
WITH gone AS (
    DELETE FROM reports_fact AS fact
    WHERE ticket_id = ANY(%(tickets)s) AND measure <> 'repeat_failure' AND NOT EXISTS (
        SELECT FROM reports_wanted AS wanted JOIN reports_matter AS matter USING (ticket)
        WHERE wanted.ticket = fact.ticket_id AND wanted.measure = fact.measure
            AND wanted.key = fact.key AND wanted.at = fact.at AND wanted.channel = fact.channel
            AND matter.customer = fact.customer AND matter.team = fact.team
            AND matter.organization IS NOT DISTINCT FROM fact.organization
            AND wanted.agent IS NOT DISTINCT FROM fact.agent
            AND matter.topic IS NOT DISTINCT FROM fact.topic
            AND wanted.seconds IS NOT DISTINCT FROM fact.seconds
            AND (wanted.at AT TIME ZONE %(zone)s)::date = fact.day
    ) RETURNING *
)
INSERT INTO reports_changed SELECT -1, {COLUMNS} FROM gone
"""  # noqa: S608 - our own words
INSERT = f"""
WITH new AS (
    INSERT INTO reports_fact (measure, at, day, hour, ticket_id, customer, organization, team, agent,
        topic, channel, seconds, key)
    SELECT wanted.measure, wanted.at, (wanted.at AT TIME ZONE %(zone)s)::date,
        EXTRACT(hour FROM wanted.at AT TIME ZONE %(zone)s), ticket, matter.customer,
        matter.organization, matter.team, wanted.agent, matter.topic, wanted.channel,
        wanted.seconds, wanted.key
    FROM reports_wanted AS wanted JOIN reports_matter AS matter USING (ticket)
    ON CONFLICT (ticket_id, measure, key) DO NOTHING RETURNING *
)
INSERT INTO reports_changed SELECT 1, {COLUMNS} FROM new
"""  # noqa: S608 - our own words
# A customer's unclean tickets right after an unclean one, by when they were resolved. It is a fact of
# two tickets, so it is found anew for every customer of whom one was judged otherwise.
JUDGED_OTHERWISE = "SELECT customer FROM reports_changed WHERE measure IN ('clean', 'unclean')"
EVERYBODY = "SELECT customer FROM reports_fact WHERE measure IN ('unclean', 'repeat_failure')"
REPEATED = """
WITH customers AS (
    SELECT DISTINCT customer AS pk FROM ({whose}) AS those
), repeated AS (
    SELECT * FROM (
        SELECT fact.*, LAG(measure) OVER (PARTITION BY customer ORDER BY at, ticket_id) AS before
        FROM reports_fact AS fact
        WHERE customer IN (SELECT pk FROM customers) AND measure IN ('clean', 'unclean')
    ) AS judged WHERE measure = 'unclean' AND before = 'unclean'
)
"""
DELETE_REPEATED = f"""
{REPEATED}, gone AS (
    DELETE FROM reports_fact AS fact
    WHERE customer IN (SELECT pk FROM customers) AND measure = 'repeat_failure' AND NOT EXISTS (
        SELECT FROM repeated
        WHERE repeated.ticket_id = fact.ticket_id AND repeated.at = fact.at
            AND repeated.customer = fact.customer AND repeated.team = fact.team
            AND repeated.organization IS NOT DISTINCT FROM fact.organization
            AND repeated.agent IS NOT DISTINCT FROM fact.agent
            AND repeated.topic IS NOT DISTINCT FROM fact.topic
            AND repeated.channel = fact.channel AND repeated.day = fact.day
    ) RETURNING *
)
INSERT INTO reports_changed SELECT -1, {COLUMNS} FROM gone
"""  # noqa: S608 - our own words
INSERT_REPEATED = f"""
{REPEATED}, new AS (
    INSERT INTO reports_fact (measure, at, day, hour, ticket_id, customer, organization, team, agent,
        topic, channel, seconds, key)
    SELECT 'repeat_failure', at, day, hour, ticket_id, customer, organization, team, agent, topic,
        channel, NULL, ''
    FROM repeated
    ON CONFLICT (ticket_id, measure, key) DO NOTHING RETURNING *
)
INSERT INTO reports_changed SELECT 1, {COLUMNS} FROM new
"""  # noqa: S608 - our own words


def store(tickets: Collection[int]) -> None:
    """Take over what was found of these tickets, and note what has changed in `reports_changed`."""
    known = {"tickets": list(tickets), "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        for statement in (DELETE, INSERT):
            cursor.execute(statement, known)


def store_repeated(*, of_all: bool = False) -> None:
    """Find who was let down twice in a row: of the customers about whom `reports_changed` has news,
    or of all. What has changed is noted there, too."""
    whose = EVERYBODY if of_all else JUDGED_OTHERWISE
    with connection.cursor() as cursor:
        for statement in (DELETE_REPEATED, INSERT_REPEATED):
            cursor.execute(statement.format(whose=whose))
