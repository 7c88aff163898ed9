"""Whether customers judge hard tickets worse: the correlation of the score of effort with what they
said themselves."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh

from django.db import connection

from reports.figures import facts_of
from reports.filtering import ReportFilter

FEWEST = 20
"""Of fewer ratings nothing is said."""
MOST = 2000
"""The newest ratings that are looked at: of more, the interval would be narrower than 0.09 only."""
NORMAL_95 = 1.959964
# Good is 1 and bad is 0, or what the customer gave from 1 to 5.
PAIRED = """
SELECT is_grade, COUNT(*), CORR(effort.seconds, rated.value)
FROM (
    SELECT ticket_id, measure = 'effort_rated' AS is_grade,
        CASE measure WHEN 'rated_good' THEN 1 WHEN 'rated_bad' THEN 0 ELSE seconds END AS value
    FROM ({ratings}) AS newest
) AS rated
JOIN reports_fact AS effort
    ON effort.ticket_id = rated.ticket_id AND effort.measure = 'effort' AND effort.key = ''
GROUP BY is_grade
"""
RATINGS = ("rated_good", "rated_bad", "effort_rated")


@dataclass(frozen=True)
class Correlation:
    """Pearson's, from -1 to 1: below 0 more effort goes with worse ratings. None: there are too few
    ratings, or one of the two never differs. `low` and `high` bound it with 95 % confidence."""

    count: int
    value: float | None = None
    low: float = -1.0
    high: float = 1.0

    @property
    def is_too_few(self) -> bool:
        return self.count < FEWEST

    @property
    def is_clear(self) -> bool:
        """Whether chance alone would hardly make it so."""
        return self.value is not None and (self.low > 0 or self.high < 0)


def correlations(chosen: ReportFilter) -> tuple[Correlation, Correlation]:
    """Of the ratings given in this time with the scores of their tickets: whether it was good, and
    how easy it was."""
    ratings = facts_of(chosen, RATINGS).order_by("-day", "-at", "-pk")[:MOST]
    sql, params = ratings.values("ticket_id", "measure", "seconds").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(PAIRED.format(ratings=sql), params)
        found = {is_grade: (count, value) for is_grade, count, value in cursor.fetchall()}
    return _correlation(*found.get(False, (0, None))), _correlation(*found.get(True, (0, None)))


def _correlation(count: int, value: float | None) -> Correlation:
    if count < FEWEST or value is None:
        return Correlation(count)
    return Correlation(count, value, *interval(value, count))


def interval(value: float, count: int) -> tuple[float, float]:
    """Where the correlation lies with 95 % confidence (Fisher's transformation)."""
    if abs(value) >= 1:
        return value, value
    margin = NORMAL_95 / sqrt(count - 3)
    return tanh(atanh(value) - margin), tanh(atanh(value) + margin)
