"""Whose data an agent, or anybody, came near in some days, as a table: for a notice after a breach."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent
from audit.looking import note_look
from audit.models import Access
from audit.selectors import Asked
from common.spreadsheets import Cell, Encoding, csv_rows, mark_of
from desk import access
from desk.settings.audit import LooksForm
from privacy.touched import Touched, touched


def export(request: HttpRequest) -> StreamingHttpResponse:
    """Every customer once, for the agent and the days that the log of looks is cut down to."""
    agent = access.agent(request)
    asked = LooksForm(request.GET).asked
    note_look(Access.Kind.LOG, thing=f"touched?{request.GET.urlencode()}"[:500])
    response = StreamingHttpResponse(_csv(asked, agent), content_type="text/csv; charset=utf-8")
    day = timezone.localdate()
    response["Content-Disposition"] = f'attachment; filename="customers-touched-{day:%Y-%m-%d}.csv"'
    return response


def _csv(asked: Asked, agent: Agent) -> Iterator[bytes]:
    """Piece by piece: it is sent when the page's language and zone are over."""
    encoding = Encoding.UTF_8
    with translation.override(agent.language):
        yield mark_of(encoding) + csv_rows([_headings()], encoding).content
    for line in touched(asked):
        with timezone.override(agent.time_zone):
            yield csv_rows([_row(line)], encoding).content


def _headings() -> list[str]:
    return [
        _("Customer number"),
        _("Name"),
        _("Addresses and telephone numbers"),
        _("Organisation"),
        _("Language"),
        _("First time"),
        _("Most recent time"),
        _("Looks"),
        _("Messages and notes"),
    ]


def _row(line: Touched) -> list[Cell]:
    customer = line.customer
    return [
        customer.pk,
        customer.name,
        ", ".join(point.value for point in customer.contact_points.all()),
        customer.organization.name if customer.organization else "",
        customer.language,
        min(line.times, default=None),
        max(line.times, default=None),
        line.looks,
        line.words,
    ]
