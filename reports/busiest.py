"""The customers and organisations that write most, by whole months: those are tallied, so that it
takes as long with a million customers as with a hundred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from django.db import connection
from django.db.models import Case, Count, F, Q, Sum, When
from django.db.models.functions import TruncMonth

from reports.figures import Distribution, facts_of, spread_of
from reports.filtering import ReportFilter
from reports.measures import MEASURES
from reports.models import Tally

MOST = 100
GRAINS = {"customer": Tally.CUSTOMER, "organization": Tally.ORGANIZATION}
# The first of each month by an index, so that nobody else's tallies are read.
BUSIEST = """
SELECT key FROM UNNEST(%(months)s::date[]) AS month CROSS JOIN LATERAL (
    SELECT {dimension} AS key, count FROM reports_tally
    WHERE grain = '{dimension}' AND measure = 'contact' AND day = month AND {dimension} > 0
    ORDER BY count DESC, {dimension} LIMIT {most}
) AS busiest
GROUP BY key ORDER BY SUM(count) DESC, key LIMIT {most}
"""
Spreads = Mapping[str, Distribution]


def whole_months(chosen: ReportFilter) -> ReportFilter:
    """The months that the time touches, from their first day to their last."""
    last = (chosen.until.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return replace(chosen, since=chosen.since.replace(day=1), until=last, period="")


def months_of(chosen: ReportFilter) -> list[date]:
    """The first day of each of its months."""
    months, month = [], chosen.since.replace(day=1)
    while month <= chosen.until:
        months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return months


def months_before(chosen: ReportFilter) -> ReportFilter:
    """As many whole months, directly before."""
    until = chosen.since - timedelta(days=1)
    since = until.replace(day=1)
    for _month in months_of(chosen)[1:]:
        since = (since - timedelta(days=1)).replace(day=1)
    return replace(chosen, since=since, until=until, period="")


def busiest(chosen: ReportFilter, dimension: str) -> list[int]:
    """Those that wrote most: of the whole desk by the tallies, of an organisation by its facts."""
    if chosen.organization or chosen.customer:
        facts = facts_of(chosen, ["contact"]).exclude(**{dimension: None})
        most = facts.order_by().values(dimension).annotate(n=Count("pk")).order_by("-n", dimension)
        return list(most.values_list(dimension, flat=True)[:MOST])
    with connection.cursor() as cursor:
        cursor.execute(
            BUSIEST.format(dimension=GRAINS[dimension], most=MOST), {"months": months_of(chosen)}
        )
        return [key for (key,) in cursor.fetchall()]


def told_of(
    chosen: ReportFilter, measures: Sequence[str], dimension: str, keys: Sequence[int]
) -> dict[int, tuple[Spreads, Spreads]]:
    """What there is to say of these, in the time and in as many months before, in one query."""
    before = months_before(chosen)
    both = replace(chosen, since=before.since)
    read = _from_facts if chosen.chosen else _from_tallies
    rows = read(both, measures, dimension, keys)
    found: dict[tuple[int, bool], dict[str, list[dict[str, int]]]] = defaultdict(
        lambda: {measure: [] for measure in measures}
    )
    for key, month, measure, bin_, number, total in rows:
        row = {"bin": bin_, "n": number, "total": total}
        found[key, month >= chosen.since][measure].append(row)
    return {key: (_spreads(found[key, True]), _spreads(found[key, False])) for key in keys}


def _spreads(of: Mapping[str, Iterable[dict[str, int]]]) -> Spreads:
    return {measure: spread_of(measure, rows) for measure, rows in of.items()}


Told = tuple[int, date, str, int, int, int]


def _from_tallies(
    both: ReportFilter, measures: Sequence[str], dimension: str, keys: Sequence[int]
) -> Iterable[Told]:
    # The columns that are empty here are said, for the index is by them, too.
    empty = {"hour": 0, "team": 0, "agent": 0, "topic": 0, "channel": ""}
    other = {"organization": {"customer": 0}}.get(dimension, {})
    tallies = Tally.objects.filter(
        grain=GRAINS[dimension],
        measure__in=measures,
        day__in=months_of(both),
        **empty,
        **other,
        **{f"{dimension}__in": keys},
    )
    rows: Iterable[Told] = tallies.values_list(dimension, "day", "measure", "bin").annotate(
        n=Sum("count"), total=Sum("seconds")
    )
    return rows


def _from_facts(
    both: ReportFilter, measures: Sequence[str], dimension: str, keys: Sequence[int]
) -> Iterator[Told]:
    facts = facts_of(both, measures).filter(**{f"{dimension}__in": keys}).order_by()
    rows = facts.values_list(
        dimension,
        TruncMonth("day"),
        "measure",
        Case(When(Q(measure="effort"), then=F("seconds"))),
    ).annotate(n=Count("pk"))
    for key, month, measure, score, number in rows:
        yield key, month, measure, _bin(measure, score), number, (score or 0) * number


def _bin(measure: str, score: int | None) -> int:
    return Tally.NO_BIN if score is None else MEASURES[measure].bin(score)
