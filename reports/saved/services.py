"""Keeping reports, and sending those that are due: each due time once, to everybody who may read it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from accounts.models import Agent
from accounts.permissions import Permission, holding
from mail.enclosing import Enclosure
from mail.letters import write_letter
from mail.services import queue_email
from reports.exports.facts import FactsAsked
from reports.exports.models import Export
from reports.exports.working import ask_for_export, export_at_once
from reports.figures import counts
from reports.filtering import ReportFilter, desk_today
from reports.saved.models import SavedReport
from reports.saved.pages import SUMMARIES, summary_figures
from reports.saved.scheduling import next_due

logger = structlog.get_logger(__name__)
BATCH = 100
NEXT_TRY = timedelta(minutes=10)
# What an address says beside its filter: by what a table tells apart, and what a map is of.
MORE = ("by", "heat")
CHOICE = re.compile(r"[a-z_]{1,30}")
# More rows than these are fetched from the desk.
MOST_ATTACHED = 5000


def readers() -> QuerySet[Agent]:
    """Who may read reports, and so may get them by mail."""
    active = Agent.objects.filter(holding(Permission.REPORTS), is_active=True)
    return active.order_by("name", "pk")


@transaction.atomic
def save_report(
    report: SavedReport, *, recipients: Collection[Agent], now: datetime | None = None
) -> None:
    """Store it with everything that was chosen; when it goes out next follows from that."""
    report.next_at = next_due(
        report.schedule, report.hour, report.owner.time_zone, now=now or timezone.now()
    )
    report.save()
    report.recipients.set(recipients)


def send_due_reports(*, now: datetime | None = None) -> int:
    """Send every report whose time has come; return how many were looked at. A time that passed
    while nobody looked is made up for once."""
    now = now or timezone.now()
    due = SavedReport.objects.filter(next_at__lte=now).order_by("next_at")
    keys = list(due.values_list("pk", flat=True)[:BATCH])
    for pk in keys:
        try:
            _send_due(pk, now=now)
        # Whatever is wrong with one of them, the others go out.
        except Exception:
            logger.exception("report.not_sent", report=pk)
            SavedReport.objects.filter(pk=pk, next_at__lte=now).update(next_at=now + NEXT_TRY)
    return len(keys)


@transaction.atomic
def _send_due(pk: int, *, now: datetime) -> None:
    # Held, so that of two processes one sends it and the other finds it sent.
    due = SavedReport.objects.filter(pk=pk, next_at__lte=now).select_related("owner")
    report = due.select_for_update(of=("self",), skip_locked=True).first()
    if report is None or report.next_at is None:
        return
    if not report.is_shared and not _reads(report.owner):
        # Nobody else could ever end it.
        report.schedule, report.next_at = SavedReport.Schedule.NONE, None
        report.save(update_fields=["schedule", "next_at"])
        return
    at = report.next_at
    report.next_at = next_due(report.schedule, report.hour, report.owner.time_zone, now=now)
    report.sent_at = now
    report.save(update_fields=["next_at", "sent_at"])
    chosen = filter_at(report, at)
    for agent in report.recipients.select_related("permission_set").order_by("pk"):
        if _reads(agent):
            _write(report, agent, chosen, key=f"{at:%Y%m%dT%H%M%S}", now=now)


@transaction.atomic
def send_now(report: SavedReport, *, to: Agent, now: datetime | None = None) -> None:
    """Send it to whoever asks for it, as the next mail would have it."""
    now = now or timezone.now()
    _write(report, to, filter_at(report, now), key=f"now{now:%Y%m%dT%H%M%S%f}", now=now)


def filter_at(report: SavedReport, at: datetime) -> ReportFilter:
    """What the report is about when it goes out then. A period in words has whole days only, so it
    ends the day before."""
    yesterday = desk_today(at) - timedelta(days=1)
    chosen = ReportFilter.from_query(QueryDict(report.query), yesterday)
    return replace(chosen, period="", message="")


def _reads(agent: Agent) -> bool:
    return agent.is_active and agent.may(Permission.REPORTS)


def _write(
    report: SavedReport, agent: Agent, chosen: ReportFilter, *, key: str, now: datetime
) -> None:
    """The letter to one reader, in their language and by their clock."""
    export, number = _rows(report, agent, chosen, now=now)
    query = with_more(chosen.query(), QueryDict(report.query))
    with translation.override(agent.language), timezone.override(agent.time_zone):
        context = {
            "agent": agent,
            "report": report,
            "figures": summary_figures(report.page, chosen),
            "days": " – ".join(
                dict.fromkeys(
                    date_format(day, "DATE_FORMAT") for day in (chosen.since, chosen.until)
                )
            ),
            "url": f"{settings.BASE_URL}{address_of(report.page, query)}",
            "export_url": f"{settings.BASE_URL}{reverse('reports:export', args=[export.pk])}",
            "is_attached": export.is_ready,
            "number": number,
            "base_url": settings.BASE_URL,
            "now": now,
        }
        html = render_to_string("mail/report.html", context)
    letter = write_letter(
        "report", language=agent.language, time_zone=agent.time_zone, context=context
    )
    queue_email(
        to=agent.email,
        letter=replace(letter, html=html),
        dedupe_key=f"report:{report.pk}:{key}:{agent.pk}",
        language=agent.language,
        now=now,
        headers={"Auto-Submitted": "auto-generated"},
        files=[_enclosure(export, chosen)] if export.is_ready else [],
    )


def address_of(page: str, query: str) -> str:
    """Where a report page shows this filter."""
    return f"{reverse(f'reports:{page}')}?{query}"


def with_more(query: str, said: Mapping[str, Any]) -> str:
    """A filter and what else an address says of its page, as far as that can be a choice there."""
    more = {name: said[name] for name in MORE if CHOICE.fullmatch(str(said.get(name, "")))}
    return f"{query}&{urlencode(more)}" if more else query


def _rows(
    report: SavedReport, agent: Agent, chosen: ReportFilter, *, now: datetime
) -> tuple[Export, int]:
    """The rows behind the figures as a file, ready unless there are too many, and how many."""
    measures = SUMMARIES[report.page].rows
    asked = FactsAsked(chosen=chosen, measures=tuple(measures))
    number = sum(counts(chosen, measures).values())
    export = export_at_once if number <= MOST_ATTACHED else ask_for_export
    return (
        export(
            agent=agent,
            kind=Export.Kind.FACTS,
            query=asked.query(),
            encoding=report.encoding,
            now=now,
        ),
        number,
    )


def _enclosure(export: Export, chosen: ReportFilter) -> Enclosure:
    name = f"report-{chosen.since.isoformat()}-{chosen.until.isoformat()}.csv"
    return Enclosure(path=str(export.file.name), name=name, content_type="text/csv")
