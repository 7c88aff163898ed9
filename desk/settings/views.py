"""Settings of the clocks: opening hours and policies. Managers read, administrators change."""

from __future__ import annotations

from calendar import Calendar as MonthGrid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings as site_settings
from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from desk import access
from desk.settings.forms import CalendarForm, PolicyForm, TesterForm
from sla.defaults import office_hours, standard_settings
from sla.editing import (
    EditRefused,
    NeverOpens,
    check_settings,
    current_version,
    order_policies,
    save_calendar,
    save_policy,
)
from sla.models import BusinessCalendar, Policy, PolicyVersion
from sla.previewing import due_times_now, preview_edit
from sla.selectors import policy_version_for
from sla.working_time import Calendar
from tickets.models import Rematch
from tickets.services.rematching import start_rematch


@dataclass(frozen=True)
class Day:
    date: date
    state: str  # open, special, holiday, closed


def overview(request: HttpRequest) -> HttpResponse:
    """Policies in the order they are asked, calendars, and how far the last edit has come."""
    form = TesterForm(request.GET) if request.GET else TesterForm()
    context = {
        "policies": Policy.objects.select_related("calendar"),
        "calendars": BusinessCalendar.objects.order_by("name"),
        "rematch": Rematch.objects.order_by("-started_at").first(),
        "may_change": _may_change(request),
        "tester": form,
        "tested": _test(form) if form.is_bound and form.is_valid() else None,
    }
    return render(request, "desk/settings/overview.html", context)


def show_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """A year of open days, and the form."""
    calendar = get_object_or_404(BusinessCalendar, pk=pk)
    newest = calendar.versions.latest("number")
    return _calendar_page(request, calendar, CalendarForm.of(calendar, newest.hours), newest.hours)


def new_calendar(request: HttpRequest) -> HttpResponse:
    """An empty form, or a copy of a calendar named by ?copy=."""
    hours = office_hours(site_settings.TIME_ZONE)
    source = request.GET.get("copy", "")
    if source.isascii() and source.isdigit() and len(source) < 18:
        copied = BusinessCalendar.objects.filter(pk=int(source)).first()
        hours = copied.versions.latest("number").hours if copied else hours
    return _calendar_page(request, None, CalendarForm.of(None, hours), hours)


def create_calendar(request: HttpRequest) -> HttpResponse:
    return _save_calendar(request, None)


def update_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    return _save_calendar(request, get_object_or_404(BusinessCalendar, pk=pk))


def show_policy(request: HttpRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(Policy, pk=pk)
    return _policy_page(request, policy, PolicyForm.of(policy, current_version(policy).settings))


def new_policy(request: HttpRequest) -> HttpResponse:
    return _policy_page(request, None, PolicyForm.of(None, standard_settings()))


def create_policy(request: HttpRequest) -> HttpResponse:
    return _save_policy(request, None)


def update_policy(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview what the edit would move, or save it and bring it to all open tickets."""
    return _save_policy(request, get_object_or_404(Policy, pk=pk))


def update_order(request: HttpRequest) -> HttpResponse:
    """Move one policy a place up or down."""
    ids = [policy.pk for policy in Policy.objects.filter(is_default=False)]
    moved, step = request.POST.get("policy", ""), -1 if request.POST.get("to") == "up" else 1
    if moved in map(str, ids):
        here = ids.index(int(moved))
        there = min(max(here + step, 0), len(ids) - 1)
        ids[here], ids[there] = ids[there], ids[here]
        with transaction.atomic():
            order_policies(ids)
            start_rematch()
    return redirect("desk:settings")


def _may_change(request: HttpRequest) -> bool:
    return access.agent(request).is_administrator


def _lock_for_readers(request: HttpRequest, form: Form) -> None:
    """Managers see every field and can change none."""
    if not _may_change(request):
        for field in form.fields.values():
            field.disabled = True


def _test(form: TesterForm) -> dict[str, Any]:
    fields = form.cleaned_data
    version_id = policy_version_for({**fields, "team": fields["team"].pk})
    version = PolicyVersion.objects.select_related("policy").get(pk=version_id)
    due = due_times_now(version_id, fields["priority"], now=timezone.now())
    return {"policy": version.policy, "due": sorted(due.items(), key=lambda each: str(each[1]))}


def _save_calendar(request: HttpRequest, calendar: BusinessCalendar | None) -> HttpResponse:
    form = CalendarForm(request.POST)
    hours = calendar.versions.latest("number").hours if calendar else {}
    if form.is_valid():
        try:
            with transaction.atomic():
                saved = save_calendar(
                    calendar=calendar,
                    name=form.cleaned_data["name"],
                    hours=form.hours(),
                    may_never_open=form.cleaned_data["may_never_open"],
                )
                start_rematch()
        except NeverOpens as error:
            form.add_error("may_never_open", str(error))
        except EditRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. Open tickets follow within moments."))
            return redirect("desk:settings_calendar", pk=saved.pk)
    return _calendar_page(request, calendar, form, hours, status=422)


def _save_policy(request: HttpRequest, policy: Policy | None) -> HttpResponse:
    form = PolicyForm(request.POST)
    if not form.is_valid():
        return _policy_page(request, policy, form, status=422)
    try:
        if policy and request.POST.get("step") == "preview":
            return _preview(request, policy, form)
        saved = _store_policy(form, policy)
    except EditRefused as error:
        form.add_error(None, str(error))
        return _policy_page(request, policy, form, status=422)
    messages.success(request, _("Saved. Open tickets follow within moments."))
    return redirect("desk:settings_policy", pk=saved.pk)


@transaction.atomic
def _store_policy(form: PolicyForm, policy: Policy | None) -> Policy:
    fields = form.cleaned_data
    saved = save_policy(
        policy=policy,
        name=fields["name"],
        calendar=fields["calendar"],
        conditions=form.conditions(),
        settings=form.settings(),
        is_active=fields["is_active"],
    )
    start_rematch()
    return saved


def _preview(request: HttpRequest, policy: Policy, form: PolicyForm) -> HttpResponse:
    settings = form.settings()
    check_settings(settings)
    hours = form.cleaned_data["calendar"].versions.latest("number").hours
    preview = preview_edit(policy, settings=settings, hours=hours, now=timezone.now())
    return _policy_page(request, policy, form, preview=preview)


def _calendar_page(
    request: HttpRequest,
    calendar: BusinessCalendar | None,
    form: CalendarForm,
    hours: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    year = _year(request)
    _lock_for_readers(request, form)
    context = {
        "calendar": calendar,
        "form": form,
        "versions": calendar.versions.order_by("-number") if calendar else [],
        "months": _months(hours, year) if hours else [],
        "year": year,
        "may_change": _may_change(request),
    }
    return render(request, "desk/settings/calendar.html", context, status=status)


def _policy_page(
    request: HttpRequest,
    policy: Policy | None,
    form: PolicyForm,
    *,
    preview: Any = None,
    status: int = 200,
) -> HttpResponse:
    _lock_for_readers(request, form)
    context = {
        "policy": policy,
        "form": form,
        "preview": preview,
        "versions": policy.versions.order_by("-number") if policy else [],
        "may_change": _may_change(request),
    }
    return render(request, "desk/settings/policy.html", context, status=status)


def _year(request: HttpRequest) -> int:
    text = request.GET.get("year", "")
    is_year = text.isascii() and text.isdigit() and 2000 <= int(text[:5]) <= 2100
    return int(text) if is_year else timezone.localdate().year


def _months(hours: dict[str, Any], year: int) -> list[tuple[date, list[list[Day | None]]]]:
    """Each month as weeks from Sunday; days of other months are None."""
    calendar = Calendar.from_json(hours)
    grid = MonthGrid(firstweekday=6)
    return [
        (
            date(year, month, 1),
            [
                [Day(day, _state(calendar, day)) if day.month == month else None for day in week]
                for week in grid.monthdatescalendar(year, month)
            ],
        )
        for month in range(1, 13)
    ]


def _state(calendar: Calendar, day: date) -> str:
    """What decides over this date, in the order of sla.md 2.1."""
    if day in dict(calendar.special):
        return "special" if calendar.hours_on(day) else "closed"
    if day in calendar.closed:
        return "closed"
    if any(day in known for known in calendar.holidays):
        return "holiday"
    return "open" if calendar.hours_on(day) else "closed"
