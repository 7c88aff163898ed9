"""How it was: clean tickets and why the others were not, what customers had to do, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from reports import figures, said
from reports.behind import url_behind
from reports.charts.bars import Row as Bar
from reports.charts.bars import bar_chart
from reports.charts.columns import Limit, histogram
from reports.charts.lines import Moment, line_chart
from reports.charts.parts import Chart, Value
from reports.correlation import FEWEST, Correlation, correlations
from reports.figures import Distribution
from reports.filtering import ReportFilter
from reports.frame import Frame
from reports.measures import MEASURES, REASONS, SCORES
from reports.names import LABELS, names_of
from reports.page import report_page
from reports.said import Figure
from reports.spans import axis_name, full_name, in_spans, spans, what_of
from reports.tables import Heading, Row, Table
from tickets.cleanliness import REASONS as REASON_WORDS

WHY = tuple(f"unclean_{reason}" for reason in REASONS)
HAD_TO_DO = ("contact", "handed_over", "asked_again", "channel_changed", "chased", "reopened")
RATED = ("rated_good", "rated_bad")
COUNTED = (
    *("clean", "unclean", "repeat_failure", "resolved", "promise_late", "promise_silent"),
    *(*WHY, *HAD_TO_DO, *RATED),
)
BY = ("topic", "team")
BY_COUNTED = ("clean", "unclean", "repeat_failure", "effort", *RATED)
# From this grade on it was easy (1 very hard, 5 very easy).
HARD = 3
Numbers = Mapping[str, int]


def quality(request: HttpRequest) -> HttpResponseBase:
    """The page, or one of its tables."""
    return report_page(request, "reports/quality.html", contents(request))


def contents(request: HttpRequest) -> dict[str, Any]:
    """Everything counted is read from tallies; each number opens its tickets."""
    asked = request.GET.get("by", "")
    by = asked if asked in BY else BY[0]
    frame = Frame.of(request, by=by if by != BY[0] else "")
    chosen, before = frame.chosen, frame.chosen.before()
    days_before, days = with_before(chosen, COUNTED)
    now, then = total(days), total(days_before)
    good, easy = correlations(chosen)
    spreads = figures.spreads(chosen, ("effort", "effort_rated"))
    spreads_before = figures.spreads(before, ("effort", "effort_rated"))
    return {
        "current": "quality",
        "frame": frame,
        "figures": _figures(chosen, now, then),
        "trend_chart": _trend_chart(chosen, days, days_before),
        "reasons_chart": _reasons_chart(chosen, now),
        "effort": _effort(chosen, spreads["effort"], spreads_before["effort"]),
        "effort_chart": _effort_chart(chosen, spreads["effort"]),
        "ratings": _ratings(chosen, (now, then), (spreads, spreads_before)),
        "correlations": [
            (_("Good or not good"), correlation_words(good)),
            (_("How easy it was"), correlation_words(easy)),
        ],
        "parts_table": _parts_table(chosen, now, then),
        "by_table": _by_table(frame, by),
        "choices": [
            {"label": LABELS[each], "query": _by_query(frame, each), "is_current": each == by}
            for each in BY
        ],
    }


def with_before(
    chosen: ReportFilter, measures: Iterable[str]
) -> tuple[list[Numbers], list[Numbers]]:
    """The days of the time before and those of the report, in one query."""
    both = replace(chosen, since=chosen.before().since)
    days: list[Numbers] = [numbers for _day, numbers in figures.series(both, measures)]
    return days[: chosen.days], days[chosen.days :]


def total(days: Iterable[Numbers], measures: Iterable[str] = COUNTED) -> dict[str, int]:
    """All days together."""
    sums: dict[str, int] = dict.fromkeys(measures, 0)
    for numbers in days:
        for measure, number in numbers.items():
            sums[measure] += number
    return sums


def judged(numbers: Numbers) -> tuple[int, int]:
    """How many were clean, of how many."""
    return numbers["clean"], numbers["clean"] + numbers["unclean"]


def _rated(numbers: Numbers) -> tuple[int, int]:
    return numbers["rated_good"], numbers["rated_good"] + numbers["rated_bad"]


def clean_share(chosen: ReportFilter, now: Numbers, then: Numbers) -> Figure:
    """The headline: which share of the resolved tickets was clean."""
    part, whole = judged(now)
    context = _("%(number)s clean of %(all)s") % {"number": part, "all": whole}
    return said.share(
        chosen,
        "clean",
        label=_("Clean tickets"),
        of=(part, whole),
        before=judged(then),
        context=context if whole else _("Nothing was resolved."),
        tone="kept",
    )


def _figures(chosen: ReportFilter, now: Numbers, then: Numbers) -> list[Figure]:
    return [
        clean_share(chosen, now, then),
        *(
            said.counted(chosen, each, now[each], then[each], tone=tone)
            for each, tone in (("unclean", ""), ("repeat_failure", "late"))
        ),
    ]


def _trend_chart(
    chosen: ReportFilter, days: Sequence[Numbers], days_before: Sequence[Numbers]
) -> Chart:
    pieces = zip(spans(chosen), in_spans(chosen, days), in_spans(chosen, days_before), strict=True)
    return line_chart(
        "trend",
        title=_("Clean tickets, in per cent"),
        about=_("Of the resolved tickets, the share that was clean, beside the time before."),
        heading=what_of(chosen),
        what=_("clean"),
        before=said.time_before(chosen),
        moments=[
            Moment(
                axis_name(span),
                full_name(span),
                value=_share(total(part), url_behind(span, "clean")),
                before=_share(total(part_before)),
            )
            for span, part, part_before in pieces
        ],
    )


def _share(numbers: Numbers, url: str = "") -> Value | None:
    return percent_value(*judged(numbers), url)


def percent_value(part: int, whole: int, url: str = "") -> Value | None:
    """A share in a table or a drawing; nothing where there is nothing to have a part of."""
    percent = said.per_cent(part, whole)
    return None if percent is None else Value(percent, url if part else "", f"{percent}%")


def _reasons_chart(chosen: ReportFilter, now: Numbers) -> Chart:
    ranked = sorted(REASONS, key=lambda reason: (-now[f"unclean_{reason}"], REASONS.index(reason)))
    return bar_chart(
        "reasons",
        title=_("Where tickets fell short"),
        about=_("One bar for each reason, the most frequent first; a ticket may have several."),
        headings=[_("Reason"), _("Tickets")],
        rows=[
            Bar(
                str(REASON_WORDS[reason]),
                Value(
                    now[f"unclean_{reason}"],
                    url_behind(chosen, f"unclean_{reason}") if now[f"unclean_{reason}"] else "",
                ),
            )
            for reason in ranked
        ],
    )


def _effort(chosen: ReportFilter, spread: Distribution, before: Distribution) -> list[Figure]:
    labels = {50: _("Half at most"), 90: _("9 of 10 at most"), 100: _("The highest")}
    return [
        said.score(said.percentile(chosen, spread, percent, before, label=label))
        for percent, label in labels.items()
    ]


def _effort_chart(chosen: ReportFilter, spread: Distribution) -> Chart:
    return histogram(
        "effort",
        title=_("Customer effort"),
        about=_("How many resolved tickets had which score, from 0 to 100."),
        headings=(_("Score"), _("Tickets")),
        bins=[
            (str(upper), _score_name(lower, upper), _score_value(chosen, lower, upper, number))
            for lower, upper, number in zip((None, *SCORES), SCORES, spread.bins, strict=False)
        ],
        limits=[
            Limit(label, SCORES.index(score) + 1)
            for percent, label in ((50, _("half")), (90, _("9 of 10")))
            if (score := spread.percentile(percent)) is not None
        ],
    )


def _score_name(lower: int | None, upper: int) -> str:
    return "0" if lower is None else f"{lower + 1}–{upper}"


def _score_value(chosen: ReportFilter, lower: int | None, upper: int, number: int) -> Value:
    url = url_behind(chosen, "effort", more_than=lower, at_most=upper) if number else ""
    return Value(number, url)


def _ratings(
    chosen: ReportFilter,
    numbers: tuple[Numbers, Numbers],
    spreads: tuple[Mapping[str, Distribution], Mapping[str, Distribution]],
) -> list[Figure]:
    """What customers said."""
    now, then = numbers
    easy, easy_before = (_easy(each["effort_rated"]) for each in spreads)
    part, whole = _rated(now)
    figure = said.share(
        chosen,
        "rated_good",
        label=_("Rated good"),
        of=(part, whole),
        before=_rated(then),
        context=_("%(number)s good of %(all)s") % {"number": part, "all": whole}
        if whole
        else _("Nobody rated."),
        tone="kept",
    )
    was_easy = said.share(
        chosen,
        "effort_rated",
        label=_("It was easy, customers said"),
        of=easy,
        before=easy_before,
        context=_("%(number)s easy of %(all)s") % {"number": easy[0], "all": easy[1]}
        if easy[1]
        else _("Nobody rated."),
    )
    return [
        figure,
        said.counted(chosen, "rated_bad", now["rated_bad"], then["rated_bad"], tone="late"),
        said.leading_to(url_behind(chosen, "effort_rated", more_than=HARD), was_easy),
    ]


def _easy(spread: Distribution) -> tuple[int, int]:
    return spread.count - spread.number_within(HARD), spread.count


def correlation_words(found: Correlation) -> str:
    """What there is to say of it, honestly."""
    if found.is_too_few:
        return _("Too few ratings: %(number)s, and at least %(fewest)s are needed.") % {
            "number": found.count,
            "fewest": FEWEST,
        }
    if found.value is None:
        return _("Nothing can be said: all %(number)s are alike.") % {"number": found.count}
    numbers = {
        "value": f"{found.value:+.2f}",
        "low": f"{found.low:+.2f}",
        "high": f"{found.high:+.2f}",
        "number": found.count,
    }
    exact = (
        _("%(value)s (with 95%% confidence between %(low)s and %(high)s, %(number)s ratings)")
        % numbers
    )
    if not found.is_clear:
        return _("%(exact)s. That may be chance.") % {"exact": exact}
    if found.value < 0:
        return _("%(exact)s. The more effort, the worse the rating.") % {"exact": exact}
    return _("%(exact)s. The more effort, the better the rating.") % {"exact": exact}


def _parts_table(chosen: ReportFilter, now: Numbers, then: Numbers) -> Table:
    """What customers had to do, for each hundred tickets that were resolved."""
    return Table(
        name="parts",
        title=_("What customers had to do and to wait for"),
        first=_("What"),
        headings=[
            Heading(_("how often")),
            Heading(_("for 100 resolved tickets"), MEASURES["resolved"]),
            Heading(_("for 100, the time before")),
        ],
        rows=[
            Row(
                str(MEASURES[each].name),
                [
                    Value(now[each], url_behind(chosen, each) if now[each] else ""),
                    _for_hundred(now[each], now["resolved"]),
                    _for_hundred(then[each], then["resolved"]),
                ],
                measure=MEASURES[each],
            )
            for each in (*HAD_TO_DO, "promise_late", "promise_silent")
        ],
    )


def _for_hundred(number: int, resolved: int) -> Value | None:
    return Value(round(100 * number / resolved, 1)) if resolved else None


def _by_table(frame: Frame, by: str) -> Table:
    found = figures.spreads_by(frame.chosen, BY_COUNTED, by)
    names = names_of(by, [key for key, _spreads in found])
    return Table(
        name="by",
        title=_("Quality by %(what)s") % {"what": LABELS[by]},
        first=str(LABELS[by]),
        headings=[
            Heading(_("clean"), MEASURES["clean"]),
            Heading(_("fell short"), MEASURES["unclean"]),
            Heading(_("share clean"), MEASURES["clean"]),
            Heading(_("effort, half at most"), MEASURES["effort"]),
            Heading(_("effort, 9 of 10 at most"), MEASURES["effort"]),
            Heading(_("rated good"), MEASURES["rated_good"]),
            Heading(_("rated not good"), MEASURES["rated_bad"]),
            Heading(_("fell short again"), MEASURES["repeat_failure"]),
        ],
        rows=[
            _by_row(frame, by, key, names[key], spreads)
            for key, spreads in sorted(found, key=lambda each: names[each[0]].casefold())
        ],
    )


def _by_row(frame: Frame, by: str, key: Any, name: str, spreads: Mapping[str, Distribution]) -> Row:
    part: dict[str, Any] = {by: key}
    numbers = {measure: spread.count for measure, spread in spreads.items()}

    def value(measure: str) -> Value:
        number = numbers[measure]
        return Value(number, url_behind(frame.chosen, measure, **part) if number else "")

    effort = spreads["effort"]
    return Row(
        name,
        [
            value("clean"),
            value("unclean"),
            _share(numbers),
            said.percentile_value(effort, 50),
            said.percentile_value(effort, 90),
            value("rated_good"),
            value("rated_bad"),
            value("repeat_failure"),
        ],
        f"?{frame.query(**part)}",
    )


def _by_query(frame: Frame, by: str) -> str:
    query = frame.chosen.query()
    return query if by == BY[0] else f"{query}&by={by}"
