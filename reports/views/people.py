"""What teams and people had to do, by name: for load, and never a ranking. And the targets of the
policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from reports import access, figures, said
from reports.behind import url_behind
from reports.charts.parts import Value
from reports.filtering import ReportFilter
from reports.frame import Frame
from reports.load import Compliance, compliance, open_now
from reports.measures import DECIDED, MEASURES
from reports.names import LABELS, names_of
from reports.page import report_page
from reports.said import Figure
from reports.tables import Heading, Row, Table
from reports.views.quality import Numbers, percent_value, total, with_before
from sla.models import Kind
from tickets.queue import QueueFilter

COUNTED = (
    *("contact", "answered", "next_answered", "resolved", "gave_on", "took_over"),
    *("sla_kept", "sla_broken"),
    *DECIDED,
)
SHOWN = ("contact", "answered", "next_answered", "resolved")
HANDED = ("gave_on", "took_over")


def people(request: HttpRequest) -> HttpResponseBase:
    """The page, or one of its tables."""
    return report_page(request, "reports/people.html", contents(request))


def contents(request: HttpRequest) -> dict[str, Any]:
    """Counts are read from tallies; what is open is counted now."""
    frame = Frame.of(request)
    chosen = frame.chosen
    days_before, days = with_before(chosen, COUNTED)
    now = open_now(access.agent(request), chosen)
    return {
        "current": "people",
        "frame": frame,
        "figures": _figures(chosen, total(days, COUNTED), total(days_before, COUNTED)),
        "tables": [
            *(_table(frame, by, now[by]) for by in ("team", "agent")),
            _targets_table(chosen),
        ],
    }


def _figures(chosen: ReportFilter, now: Numbers, then: Numbers) -> list[Figure]:
    return [
        *(said.counted(chosen, each, now[each], then[each]) for each in (*SHOWN, HANDED[0])),
        said.share(
            chosen,
            "sla_kept",
            label=_("Share of targets met"),
            of=_met(now),
            before=_met(then),
            tone="kept",
        ),
    ]


def _met(numbers: Numbers) -> tuple[int, int]:
    return numbers["sla_kept"], numbers["sla_kept"] + numbers["sla_broken"]


def _table(frame: Frame, by: str, open_tickets: Mapping[int, int]) -> Table:
    """In the order of their names, whatever the numbers."""
    found = dict(figures.by(frame.chosen, COUNTED, by))
    keys = {*found, *(key for key, number in open_tickets.items() if number)}
    names = names_of(by, keys)
    nothing = dict.fromkeys(COUNTED, 0)
    return Table(
        name=by,
        title={"team": _("Teams"), "agent": _("People")}[by],
        first=str(LABELS[by]),
        headings=[
            Heading(_("open now")),
            *(Heading(str(MEASURES[each].name), MEASURES[each]) for each in SHOWN),
            Heading(_("promises kept"), MEASURES["promise_kept"]),
            *(Heading(str(MEASURES[each].name), MEASURES[each]) for each in HANDED),
        ],
        rows=[
            _row(frame, by, key, names[key], found.get(key, nothing), open_tickets.get(key, 0))
            for key in sorted(keys, key=lambda key: (not key, names[key].casefold(), key))
        ],
        note=_("By name, to see who has how much to do; it says nothing of how well.")
        if by == "agent"
        else "",
    )


def _row(frame: Frame, by: str, key: int, name: str, numbers: Numbers, open_tickets: int) -> Row:
    part: dict[str, Any] = {by: key}

    def value(measure: str) -> Value:
        number = numbers[measure]
        return Value(number, url_behind(frame.chosen, measure, **part) if number else "")

    kept, decided = numbers["promise_kept"], sum(numbers[each] for each in DECIDED)
    return Row(
        name,
        [
            Value(open_tickets, _queue(frame.chosen, by, key) if open_tickets else ""),
            *(value(each) for each in SHOWN),
            percent_value(kept, decided, url_behind(frame.chosen, "promise_kept", **part)),
            *(value(each) for each in HANDED),
        ],
        f"?{frame.query(**part)}",
    )


def _queue(chosen: ReportFilter, by: str, key: int) -> str:
    """The queue with the same tickets; nothing where it cannot be cut down so."""
    if chosen.customer or chosen.organization is not None or chosen.topic == ReportFilter.NOBODY:
        return ""
    agent = key if by == "agent" else chosen.agent
    queue = QueueFilter(
        scope="unassigned" if agent == ReportFilter.NOBODY else "team",
        team=key if by == "team" else chosen.team,
        assignee=agent or None,
        topic=chosen.topic,
        channel=chosen.channel or "",
    )
    return f"{reverse('desk:queue')}?{queue.query()}"


def _targets_table(chosen: ReportFilter) -> Table:
    def behind(each: Compliance, measure: str) -> str:
        return url_behind(chosen, measure, policy=each.policy, kind=each.kind)

    return Table(
        name="targets",
        title=_("Targets of the policies"),
        first=_("Policy and target"),
        headings=[
            Heading(_("met"), MEASURES["sla_kept"]),
            Heading(_("missed"), MEASURES["sla_broken"]),
            Heading(_("share met"), MEASURES["sla_kept"]),
        ],
        rows=[
            Row(
                _("%(policy)s: %(target)s")
                % {"policy": each.name, "target": Kind(each.kind).label},
                [
                    Value(each.kept, behind(each, "sla_kept")),
                    Value(each.broken, behind(each, "sla_broken")),
                    percent_value(each.kept, each.kept + each.broken, behind(each, "sla_kept")),
                ],
            )
            for each in compliance(chosen)
        ],
    )
