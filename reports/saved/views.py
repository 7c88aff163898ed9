"""Saved reports: the list of them, and what happens with one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from reports import access
from reports.filtering import ReportFilter, desk_today
from reports.frame import Frame
from reports.saved.forms import SavedReportForm
from reports.saved.models import SavedReport
from reports.saved.services import address_of, save_report, send_now, with_more


def index(request: HttpRequest) -> HttpResponse:
    """One's own, and those that are for everybody who reads reports."""
    agent = access.agent(request)
    reports = access.saved_reports(agent).select_related("owner").prefetch_related("recipients")
    context = {
        "reports": [
            {
                "report": report,
                "url": address_of(report.page, report.query),
                "may_change": access.may_change(agent, report),
            }
            for report in reports
        ],
        "now": timezone.now(),
    }
    return render(request, "reports/saved.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """The report of which the address says the page and the filter, to be saved."""
    report = _asked_for(request.GET.get("page", ""), request, access.agent(request))
    return _page(request, report, SavedReportForm(report=report))


def create(request: HttpRequest) -> HttpResponse:
    """Keep it."""
    report = _asked_for(request.GET.get("page", ""), request, access.agent(request))
    form = SavedReportForm(request.POST, report=report)
    if not form.is_valid():
        return _page(request, report, form, status=422)
    _save(report, form)
    messages.success(request, _("The report “%(name)s” is saved.") % {"name": report.name})
    return redirect("reports:saved")


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Its name, who finds it, and when it goes to whom."""
    report = access.own_saved_report(access.agent(request), pk)
    return _page(request, report, SavedReportForm(report=report))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """From now on."""
    report = access.own_saved_report(access.agent(request), pk)
    form = SavedReportForm(request.POST, report=report)
    if not form.is_valid():
        return _page(request, report, form, status=422)
    _save(report, form)
    messages.success(request, _("The report “%(name)s” is saved.") % {"name": report.name})
    return redirect("reports:saved")


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """The name and its mails end; the figures stay where they are."""
    report = access.own_saved_report(access.agent(request), pk)
    report.delete()
    messages.success(request, _("The report “%(name)s” is deleted.") % {"name": report.name})
    return redirect("reports:saved")


def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it sent to oneself, as everybody would get it."""
    agent = access.agent(request)
    report = access.saved_report(agent, pk)
    send_now(report, to=agent)
    messages.success(request, _("The report is on its way to %(email)s.") % {"email": agent.email})
    return redirect("reports:saved")


def _asked_for(page: str, request: HttpRequest, owner: Agent) -> SavedReport:
    if page not in SavedReport.Page.values:
        raise Http404
    chosen = ReportFilter.from_query(request.GET, desk_today())
    return SavedReport(page=page, query=with_more(chosen.query(), request.GET), owner=owner)


def _save(report: SavedReport, form: SavedReportForm) -> None:
    said = form.cleaned_data
    for name in ("name", "is_shared", "schedule", "hour", "encoding"):
        setattr(report, name, said[name])
    save_report(report, recipients=said["recipients"])


def _page(
    request: HttpRequest, report: SavedReport, form: SavedReportForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "report": report,
        "form": form,
        "url": address_of(report.page, report.query),
        "frame": Frame(
            ReportFilter.from_query(QueryDict(report.query), desk_today()), QueryDict(), {}
        ),
        "now": timezone.now(),
    }
    return render(request, "reports/saved_report.html", context, status=status)
