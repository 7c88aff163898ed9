"""The time of a report in pieces that fit side by side: days, and for long times weeks or more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.time_formatting import format_day, is_japanese
from reports.filtering import ReportFilter

Item = TypeVar("Item")
# A chart of a quarter shows days; no chart has many more pieces than that.
MOST = 92
SIZES = (1, 7, 28)


def size_of(chosen: ReportFilter) -> int:
    """How many days one piece has."""
    return next((size for size in SIZES if chosen.days <= size * MOST), SIZES[-1])


def spans(chosen: ReportFilter) -> Iterator[ReportFilter]:
    """The filter in pieces, the first first; the last may be shorter."""
    size = size_of(chosen)
    for start in range(0, chosen.days, size):
        since = chosen.since + timedelta(days=start)
        until = min(since + timedelta(days=size - 1), chosen.until)
        yield replace(chosen, since=since, until=until, period="")


def in_spans(chosen: ReportFilter, days: Sequence[Item]) -> list[Sequence[Item]]:
    """What is known of each day, by the pieces the days are in."""
    size = size_of(chosen)
    return [days[start : start + size] for start in range(0, len(days), size)]


def what_of(chosen: ReportFilter) -> str:
    """What one piece is called."""
    return {1: _("Day"), 7: _("Week")}.get(size_of(chosen), _("4 weeks"))


def axis_name(span: ReportFilter) -> str:
    """A piece in the little room below a column."""
    return date_format(span.since, "n/j" if is_japanese(_language()) else "j M")


def full_name(span: ReportFilter) -> str:
    """A piece in words."""
    first, last = (day_name(day) for day in (span.since, span.until))
    return first if first == last else _("%(since)s to %(until)s") % {"since": first, "until": last}


def day_name(day: date) -> str:
    return format_day(day, language=_language())


def _language() -> str:
    return get_language() or "en"
