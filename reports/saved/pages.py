"""What of each report page stands in its mail: its figures, and of which of them the rows go with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports import said
from reports.figures import counts, times
from reports.filtering import ReportFilter
from reports.measures import DECIDED, MEASURES, PROMISES
from reports.said import Figure
from reports.saved.models import SavedReport

Page = SavedReport.Page


@dataclass(frozen=True)
class Share:
    """What per cent one measure is of some together."""

    label: str | Promise
    measure: str
    of: Sequence[str]


@dataclass(frozen=True)
class Summary:
    """`counted` are told as numbers and `timed` with what half of them and nine of ten do not exceed;
    `rows` are the measures whose facts go with the mail."""

    rows: Sequence[str]
    shares: Sequence[Share] = ()
    counted: Sequence[str] = ()
    timed: Sequence[str] = ()


KEPT = Share(gettext_lazy("Share kept"), "promise_kept", DECIDED)
CLEAN = Share(gettext_lazy("Clean tickets"), "clean", ("clean", "unclean"))
CONTENT = Share(gettext_lazy("Rated good"), "rated_good", ("rated_good", "rated_bad"))
SUMMARIES: Mapping[str, Summary] = {
    Page.PROMISES: Summary(
        rows=DECIDED,
        shares=(KEPT,),
        counted=PROMISES,
        timed=("promise_late",),
    ),
    Page.TIMES: Summary(
        rows=("answered", "next_answered", "resolved"),
        timed=("answered", "answered_working", "next_answered", "resolved"),
    ),
    Page.ARRIVALS: Summary(rows=("arrived",), counted=("arrived", "contact", "resolved")),
    Page.QUALITY: Summary(
        rows=("clean", "unclean"),
        shares=(CLEAN, CONTENT),
        counted=("unclean", "repeat_failure", "chased"),
        timed=("effort",),
    ),
    Page.CUSTOMERS: Summary(
        rows=("arrived", "unclean"),
        shares=(KEPT, CONTENT),
        counted=("arrived", "contact", "unclean"),
        timed=("effort",),
    ),
    Page.PEOPLE: Summary(
        rows=("answered", "next_answered", "resolved"),
        shares=(
            KEPT,
            Share(gettext_lazy("Share of targets met"), "sla_kept", ("sla_kept", "sla_broken")),
        ),
        counted=("contact", "answered", "next_answered", "resolved", "handed_over"),
    ),
}


def summary_figures(page: str, chosen: ReportFilter) -> list[Figure]:
    """The figures of a page beside those of the time before, in the active language."""
    summary, before = SUMMARIES[page], chosen.before()
    measures = {*summary.counted, *(each for share in summary.shares for each in share.of)}
    now, then = counts(chosen, measures), counts(before, measures)
    figures = [
        said.share(
            chosen,
            share.measure,
            label=str(share.label),
            of=_part(share, now),
            before=_part(share, then),
        )
        for share in summary.shares
    ]
    figures += [said.counted(chosen, each, now[each], then[each]) for each in summary.counted]
    for measure in summary.timed:
        spread, earlier = times(chosen, measure), times(before, measure)
        figures += [
            said.score(
                said.percentile(chosen, spread, percent, earlier, label=_of(measure, percent))
            )
            for percent in (50, 90)
        ]
    return figures


def _part(share: Share, numbers: Mapping[str, int]) -> tuple[int, int]:
    return numbers[share.measure], sum(numbers[each] for each in share.of)


def _of(measure: str, percent: int) -> str:
    words = {"name": MEASURES[measure].name}
    if percent == 50:
        return _("%(name)s: half of them, at most") % words
    return _("%(name)s: nine of ten, at most") % words
