"""The numbers of the reports. They are read from tallies, so that a month costs the same whether
the desk has ten thousand tickets or a million.

A key of 0 is nobody's: no agent, no topic, no organisation (ReportFilter.NOBODY).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce, ExtractIsoWeekDay

from reports.filtering import ReportFilter
from reports.measures import BY_HOUR, MEASURES, Measure
from reports.models import Fact, Tally

WEEKDAYS = range(1, 8)
"""Monday is 1."""
HOURS = range(24)
SINGLE = {
    "team": Tally.TEAM,
    "agent": Tally.AGENT,
    "topic": Tally.TOPIC,
    "channel": Tally.CHANNEL,
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Distribution:
    """How a measure is spread. Its values are known by the range they are in, and every value here
    is the upper end of such a range: "at most"."""

    measure: Measure
    bins: tuple[int, ...]
    """How many are in each range; the last is beyond all bounds."""
    total: int = 0
    """All values together."""

    @property
    def count(self) -> int:
        return sum(self.bins)

    @property
    def p50(self) -> int | None:
        return self.percentile(50)

    @property
    def p90(self) -> int | None:
        return self.percentile(90)

    @property
    def worst(self) -> int | None:
        return self.percentile(100)

    def percentile(self, percent: int) -> int | None:
        """The smallest bound that so many per cent do not exceed; None when there is nothing, or
        when it is beyond all bounds."""
        rank = -(-self.count * percent // 100)
        if not rank:
            return None
        for bound, so_far in zip(self.measure.bounds, accumulate(self.bins), strict=False):
            if so_far >= rank:
                return bound
        return None

    @property
    def is_beyond(self) -> bool:
        """Whether the worst is more than the highest bound."""
        return bool(self.bins[-1])

    def number_within(self, value: int) -> int:
        """How many do not exceed a value. Raises ValueError for one that is no bound."""
        if value not in self.measure.bounds:
            raise ValueError(f"{value} is no bound of {self.measure.key}")
        return sum(self.bins[: bisect_right(self.measure.bounds, value)])

    def within(self, value: int) -> int | None:
        """Which share does not exceed a value, in per cent, floored so that 100 means all; None when
        there is nothing. Raises ValueError for a value that is no bound."""
        number = self.number_within(value)
        return 100 * number // self.count if self.count else None


def counts(chosen: ReportFilter, measures: Iterable[str]) -> dict[str, int]:
    """How many there are of each measure."""
    wanted = list(measures)
    found = {row["measure"]: row["n"] for row in _grouped(chosen, wanted, ["measure"])}
    return {measure: found.get(measure, 0) for measure in wanted}


def times(chosen: ReportFilter, measure: str) -> Distribution:
    """How a timed measure is spread. Raises ValueError for one that is only counted."""
    return spreads(chosen, [measure])[measure]


def spreads(chosen: ReportFilter, measures: Iterable[str]) -> dict[str, Distribution]:
    """How timed measures are spread, in one query. Raises ValueError for one that is only counted."""
    wanted = list(measures)
    found: dict[str, list[Row]] = {measure: [] for measure in wanted}
    for row in _grouped(chosen, wanted, ["measure", "bin"]):
        found[row["measure"]].append(row)
    return {measure: _distribution(measure, rows) for measure, rows in found.items()}


def by(
    chosen: ReportFilter, measures: Iterable[str], dimension: str
) -> list[tuple[Any, dict[str, int]]]:
    """How many there are by team, agent, topic, channel, customer, organization, day, hour or weekday,
    in the order of the keys. Days, hours and weekdays are all there, the others if there are any."""
    wanted = list(measures)
    found: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(wanted, 0))
    for key in _always_there(chosen, dimension):
        found[key].update()
    for row in _grouped(chosen, wanted, [dimension, "measure"]):
        found[row[dimension]][row["measure"]] += row["n"]
    return sorted(found.items())


def by_some(
    chosen: ReportFilter, measures: Iterable[str], dimension: str, keys: Iterable[int]
) -> list[tuple[int, dict[str, int]]]:
    """The same of these customers or organisations only, read from their facts by their index."""
    wanted = list(measures)
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(wanted, 0))
    facts = facts_of(chosen, wanted).filter(**{f"{dimension}__in": list(keys)}).order_by()
    for key, measure, number in facts.values_list(dimension, "measure").annotate(n=Count("pk")):
        found[key][measure] = number
    return sorted(found.items())


def times_by(chosen: ReportFilter, measure: str, dimension: str) -> list[tuple[Any, Distribution]]:
    """How a timed measure is spread, by the same dimensions, hours left out."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in _grouped(chosen, [measure], [dimension, "measure", "bin"]):
        found[row[dimension]].append(row)
    return [(key, _distribution(measure, rows)) for key, rows in sorted(found.items())]


def spreads_by(
    chosen: ReportFilter, measures: Iterable[str], dimension: str
) -> list[tuple[Any, dict[str, Distribution]]]:
    """How all these measures are spread, by team, agent, topic, channel, day or weekday, in one
    query. Of one that is only counted no more is known than how many there are."""
    wanted = list(measures)
    found: dict[Any, dict[str, list[Row]]] = defaultdict(lambda: {each: [] for each in wanted})
    for key in _always_there(chosen, dimension):
        found[key].update()
    for row in _grouped(chosen, wanted, [dimension, "measure", "bin"]):
        found[row[dimension]][row["measure"]].append(row)
    return [
        (key, {measure: spread_of(measure, rows) for measure, rows in of_key.items()})
        for key, of_key in sorted(found.items())
    ]


def heat(chosen: ReportFilter, measure: str) -> dict[tuple[int, int], int]:
    """How many there are by weekday (Monday is 1) and hour of the day; every pair is there."""
    found = {(weekday, hour): 0 for weekday in WEEKDAYS for hour in HOURS}
    for row in _grouped(chosen, [measure], ["weekday", "hour"]):
        found[row["weekday"], row["hour"]] += row["n"]
    return found


def series(chosen: ReportFilter, measures: Iterable[str]) -> list[tuple[date, dict[str, int]]]:
    """How many there are on each day, the first day first."""
    return by(chosen, measures, "day")


def series_with_before(
    chosen: ReportFilter, measures: Iterable[str]
) -> tuple[list[tuple[date, dict[str, int]]], list[tuple[date, dict[str, int]]]]:
    """The same, and the same of the time before, read at once."""
    days = series(replace(chosen, since=chosen.before().since), measures)
    return days[chosen.days :], days[: chosen.days]


# Where it is read ---------------------------------------------------------------------------------


def _grouped(chosen: ReportFilter, measures: list[str], columns: list[str]) -> Iterable[Row]:
    """The numbers (`n`) by these columns, from the coarsest tallies that know, or from facts; with
    the range ("bin", always beside its measure) also the sum of what they say (`total`)."""
    about = {*chosen.chosen, *columns} - {"measure", "day", "weekday", "bin"}
    grain = _grain(about)
    is_untold = grain == Tally.HOUR and ("bin" in columns or not set(measures) <= {*BY_HOUR})
    if grain is None or is_untold:
        return _from_facts(chosen, measures, columns)
    tallies = Tally.objects.filter(
        grain=grain,
        measure__in=measures,
        day__gte=chosen.since,
        day__lte=chosen.until,
        **chosen.chosen,
    )
    if "weekday" in columns:
        tallies = tallies.annotate(weekday=ExtractIsoWeekDay("day"))
    sums = {"n": Sum("count"), **({"total": Sum("seconds")} if "bin" in columns else {})}
    rows: Iterable[Row] = tallies.order_by().values(*columns).annotate(**sums)
    return rows


def _grain(about: set[str]) -> str | None:
    """The tallies that tell these apart and no more; None: none do."""
    if not about:
        return Tally.TOTAL
    if about == {"hour"}:
        return Tally.HOUR
    if len(about) == 1 and (single := SINGLE.get(next(iter(about)))):
        return single
    return Tally.ALL if about <= SINGLE.keys() else None


def facts_of(chosen: ReportFilter, measures: Iterable[str]) -> QuerySet[Fact]:
    """The facts a filter leaves of these measures, in no order."""
    facts = Fact.objects.filter(
        measure__in=list(measures), day__gte=chosen.since, day__lte=chosen.until
    )
    for name, value in chosen.chosen.items():
        is_nobody = value == ReportFilter.NOBODY
        facts = facts.filter(**({f"{name}__isnull": True} if is_nobody else {name: value}))
    return facts


def _from_facts(chosen: ReportFilter, measures: list[str], columns: list[str]) -> Iterable[Row]:
    facts = facts_of(chosen, measures).order_by()
    if "weekday" in columns:
        facts = facts.annotate(weekday=ExtractIsoWeekDay("day"))
    if "bin" not in columns:
        # Under another name: a column may not be annotated under its own.
        named = {f"of_{name}": Coalesce(name, 0) for name in columns if name in NULLABLE}
        rows = facts.values(*(set(columns) - NULLABLE), **named).annotate(n=Count("pk"))
        return ({_plain(name): value for name, value in row.items()} for row in rows)
    return _binned(facts, [name for name in columns if name != "bin"])


NULLABLE = {"agent", "topic", "organization"}


def _plain(name: str) -> str:
    return name.removeprefix("of_")


def _binned(facts: QuerySet[Fact], columns: list[str]) -> Iterator[Row]:
    """One row a fact: what is read here is one customer's, or one organisation's."""
    for *values, seconds in facts.values_list(*columns, "seconds").iterator():
        keys = [
            value or 0 if name in NULLABLE else value
            for name, value in zip(columns, values, strict=True)
        ]
        row: Row = dict(zip(columns, keys, strict=True))
        bin_ = Tally.NO_BIN if seconds is None else MEASURES[row["measure"]].bin(seconds)
        yield {**row, "bin": bin_, "n": 1, "total": seconds or 0}


def _always_there(chosen: ReportFilter, dimension: str) -> Iterable[Any]:
    if dimension == "day":
        return chosen.every_day()
    if dimension == "hour":
        return HOURS
    return WEEKDAYS if dimension == "weekday" else ()


def together(spreads_of_parts: Iterable[Distribution], measure: str) -> Distribution:
    """Parts of a time as one, such as its days."""
    known, parts = MEASURES[measure], list(spreads_of_parts)
    bins = [sum(each) for each in zip(*(part.bins for part in parts), strict=True)]
    empty = [0] * (len(known.bounds) + 1)
    return Distribution(known, tuple(bins or empty), sum(part.total for part in parts))


def _distribution(measure: str, rows: Iterable[Row]) -> Distribution:
    if not MEASURES[measure].is_timed:
        raise ValueError(f"{measure} is only counted")
    return spread_of(measure, rows)


def spread_of(measure: str, rows: Iterable[Row]) -> Distribution:
    """Rows of range ("bin"), number ("n") and sum ("total") as a distribution."""
    known = MEASURES[measure]
    bins, total = [0] * (len(known.bounds) + 1), 0
    for row in rows:
        # What has no range is the only one of its measure: Tally.NO_BIN is the last.
        bins[row["bin"]] += row["n"]
        total += row["total"]
    return Distribution(known, tuple(bins), total)
