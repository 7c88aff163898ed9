"""A number of a report in words: how much, of what, and how it was in the time before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from common.time_formatting import duration
from reports.behind import url_behind
from reports.charts.parts import Value
from reports.figures import Distribution
from reports.filtering import ReportFilter
from reports.measures import MEASURES, SCORES, Measure

NOTHING = "–"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number with its unit; `change` compares it with the time before, `url` opens what it counts,
    and `measure` says what it means. To programs it is a `value` in `scale`: "number", "percent",
    "seconds" or "score"; None: there is none, or it is beyond all bounds."""

    measure: Measure
    value: float | None
    scale: str
    label: str
    number: str
    unit: str = ""
    context: str = ""
    change: str = ""
    url: str = ""
    tone: str = ""


def counted(
    chosen: ReportFilter,
    measure: str,
    number: int,
    before: int | None = None,
    *,
    label: str = "",
    tone: str = "",
) -> Figure:
    """How many; `before` is how many there were in the time before. It is drawn in its tone if there
    are any."""
    known = MEASURES[measure]
    return Figure(
        measure=known,
        value=number,
        scale="number",
        label=label or str(known.name),
        number=str(number),
        change="" if before is None else number_change(chosen, number, before),
        url=url_behind(chosen, measure),
        tone=tone if number else "",
    )


def share(  # noqa: PLR0913 - what a figure says is one thing
    chosen: ReportFilter,
    measure: str,
    *,
    label: str,
    of: tuple[int, int],
    before: tuple[int, int] | None = None,
    context: str = "",
    tone: str = "",
) -> Figure:
    """What per cent a number is of another one, floored so that 100 means all. It opens the part."""
    percent = per_cent(*of)
    change = ""
    if before is not None and percent is not None and (other := per_cent(*before)) is not None:
        change = _points_change(chosen, percent, other)
    return Figure(
        measure=MEASURES[measure],
        value=percent,
        scale="percent",
        label=label,
        number=NOTHING if percent is None else str(percent),
        unit="" if percent is None else "%",
        context=context,
        change=change,
        url=url_behind(chosen, measure),
        tone="" if percent is None else tone,
    )


def percentile(
    chosen: ReportFilter,
    spread: Distribution,
    percent: int,
    before: Distribution | None = None,
    *,
    label: str = "",
) -> Figure:
    """What so many per cent do not exceed, as "at most"; 100 is the worst."""
    measure, value = spread.measure, spread.percentile(percent)
    change = ""
    if before is not None and value is not None and (other := before.percentile(percent)):
        change = _value_change(chosen, measure, value, other)
    return Figure(
        measure=measure,
        value=value,
        scale="seconds" if measure.is_duration else "score",
        label=label or str(measure.name),
        number=at_most(spread, percent),
        change=change,
        url=url_behind(chosen, measure.key),
    )


def leading_to(url: str, figure: Figure) -> Figure:
    """The same figure, which opens its report."""
    return replace(figure, url=url)


def score(figure: Figure) -> Figure:
    """A percentile of scores with what it is of, for it is no number of tickets; others as they are."""
    is_score = figure.measure.bounds is SCORES and figure.number != NOTHING
    return replace(figure, unit="/100") if is_score else figure


def at_most(spread: Distribution, percent: int) -> str:
    """A percentile in words: "1 h 30 min", and what is beyond all bounds as more than the highest."""
    value = spread.percentile(percent)
    if value is not None:
        return value_said(spread.measure, value)
    if not spread.count:
        return NOTHING
    return _("over %(value)s") % {"value": value_said(spread.measure, spread.measure.bounds[-1])}


def percentile_value(spread: Distribution, percent: int) -> Value | None:
    """The same in a table; what is beyond all bounds stands at the highest."""
    if not spread.count:
        return None
    value = spread.percentile(percent)
    number = spread.measure.bounds[-1] if value is None else value
    return Value(number, text=at_most(spread, percent))


def value_said(measure: Measure, value: int) -> str:
    """A value of a timed measure: a length of time, or a score."""
    return duration(value, get_language() or "en") if measure.is_duration else str(value)


def per_cent(part: int, whole: int) -> int | None:
    """Floored, so that 100 means all; None when there is nothing to have a part of."""
    return 100 * part // whole if whole else None


# Beside the time before ---------------------------------------------------------------------------


def time_before(chosen: ReportFilter) -> str:
    """What the time directly before is called."""
    number = chosen.days
    return ngettext("the day before", "the %(number)s days before", number) % {"number": number}


def number_change(chosen: ReportFilter, number: int, before: int) -> str:
    """How many more or fewer there are than in the time before."""
    said = {"number": abs(number - before), "before": time_before(chosen)}
    if number == before:
        return _("as many as %(before)s") % said
    if number > before:
        return _("%(number)s more than %(before)s") % said
    return _("%(number)s fewer than %(before)s") % said


def _points_change(chosen: ReportFilter, percent: int, before: int) -> str:
    points = abs(percent - before)
    said = {"number": points, "before": time_before(chosen)}
    if not points:
        return _("as %(before)s") % said
    if percent > before:
        return (
            ngettext(
                "%(number)s point more than %(before)s",
                "%(number)s points more than %(before)s",
                points,
            )
            % said
        )
    return (
        ngettext(
            "%(number)s point less than %(before)s",
            "%(number)s points less than %(before)s",
            points,
        )
        % said
    )


def _value_change(chosen: ReportFilter, measure: Measure, value: int, before: int) -> str:
    said = {
        "value": value_said(measure, abs(value - before)),
        "before": time_before(chosen),
    }
    if value == before:
        return _("as %(before)s") % said
    if not measure.is_duration:
        more = _("%(value)s more than %(before)s"), _("%(value)s less than %(before)s")
        return more[value < before] % said
    longer = _("%(value)s longer than %(before)s"), _("%(value)s shorter than %(before)s")
    return longer[value < before] % said
