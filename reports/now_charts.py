"""The two drawings of what is open now: by the time left, and by who has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from reports.charts.bars import Row, bar_chart
from reports.charts.parts import Chart, Series, Value
from reports.now import TIME_LEFT, Counted, Load, TeamLoad
from tickets.queue import QueueFilter

TONES = {"broken": "late", "hour": "soon"}


def time_left_chart(counted: Counted) -> Chart:
    """How many open tickets are promised for when."""
    names = {
        "broken": _("Promise broken"),
        "hour": _("Within 1 hour"),
        "four_hours": _("In 1 to 4 hours"),
        "day": _("In 4 to 24 hours"),
        "later": _("Later"),
    }
    rows = [
        Row(names[name], in_queue(getattr(counted, name), chosen), tone=TONES.get(name, ""))
        for name, chosen in TIME_LEFT.items()
    ]
    return bar_chart(
        "time-left",
        title=_("Open tickets by the time left until the promised contact"),
        about=_("One bar for each span of time, the most urgent first."),
        headings=[_("Promised contact"), _("Tickets")],
        rows=rows,
    )


def load_chart(teams: list[TeamLoad]) -> Chart:
    """How much each team and each of its people has to do, by name."""
    return bar_chart(
        "load",
        title=_("What each team and person has to do"),
        about=_(
            "One bar of open tickets for each team and its people by name; over it, how many of"
            " them are broken promises and how many are due within the hour."
        ),
        headings=[_("Team or person"), _("Open"), _("Promise broken"), _("Within 1 hour")],
        rows=list(_rows(teams)),
        whole=_("tickets open"),
        series=[Series(_("promise broken"), "late"), Series(_("within 1 hour"), "soon")],
    )


def _rows(teams: list[TeamLoad]) -> Iterator[Row]:
    for team in teams:
        yield _row(team, team.name, is_part=False)
        for load in team.people:
            yield _row(load, load.name or _("Unassigned"), is_part=True)


def _row(load: Load, name: str, *, is_part: bool) -> Row:
    counted, chosen = load.counted, load.chosen
    return Row(
        label=name,
        value=in_queue(counted.open, chosen),
        tone="second",
        parts=[
            in_queue(counted.broken, replace(chosen, due="broken")),
            in_queue(counted.hour, replace(chosen, due="hour")),
        ],
        detail=_detail(counted),
        is_part=is_part,
    )


def _detail(counted: Counted) -> str:
    """In words, so that colours need not be told apart."""
    said = [_("%(number)s open") % {"number": counted.open}]
    if counted.broken:
        said.append(_("%(number)s broken") % {"number": counted.broken})
    if counted.hour:
        said.append(_("%(number)s due soon") % {"number": counted.hour})
    return _(", ").join(said)


def in_queue(number: int, chosen: QueueFilter) -> Value:
    """A number that opens its tickets."""
    return Value(number, f"{reverse('desk:queue')}?{chosen.query()}")
