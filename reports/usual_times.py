"""How long people usually wait for the first answer, told before they ask.

The middle of what customers waited in the last four weeks, by the clock on the wall, from their
inquiry to the first words of a person (the measure "answered"), rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import ngettext

from common.remembered import Remembered
from reports import figures
from reports.figures import Distribution
from reports.filtering import ReportFilter, desk_today

DAYS = 28
FEWEST_CASES = 10
MEASURE = "answered"
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class UsualTimes:
    """Seconds: of all inquiries, and of those of a topic, by its key. None: too few to tell."""

    overall: int | None = None
    by_topic: dict[int, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Of all, as people say it; empty: nobody can tell yet."""
        return in_words(self.overall)

    def words_for(self, topic_id: int | None) -> str:
        """Of a topic; where too few have asked about it, of all."""
        return in_words(self.by_topic.get(topic_id or 0, self.overall))


def usual_times() -> UsualTimes:
    """As the tallies say; each process asks them once a minute."""
    return _known.get()


def _read() -> UsualTimes:
    today = desk_today()
    chosen = ReportFilter(since=today - timedelta(days=DAYS - 1), until=today)
    by_topic = figures.times_by(chosen, MEASURE, "topic")
    middles = {topic: middle for topic, spread in by_topic if (middle := _middle(spread))}
    return UsualTimes(overall=_middle(figures.times(chosen, MEASURE)), by_topic=middles)


def _middle(spread: Distribution) -> int | None:
    return spread.p50 if spread.count >= FEWEST_CASES else None


_known = Remembered("reports:usual_times:version", _read)


def in_words(seconds: int | None) -> str:
    """Rounded up to what is worth saying: ten minutes, an hour, a day."""
    if seconds is None:
        return ""
    if seconds <= 50 * MINUTE:
        number = _ceiled(seconds, 10 * MINUTE) * 10
        return ngettext("about %(n)s minute", "about %(n)s minutes", number) % {"n": number}
    if seconds <= 23 * HOUR:
        number = _ceiled(seconds, HOUR)
        return ngettext("about %(n)s hour", "about %(n)s hours", number) % {"n": number}
    number = _ceiled(seconds, DAY)
    return ngettext("about %(n)s day", "about %(n)s days", number) % {"n": number}


def _ceiled(seconds: int, unit: int) -> int:
    return max(1, -(-seconds // unit))
