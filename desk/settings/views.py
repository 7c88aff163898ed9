"""Settings of the clocks: opening hours and policies. Who reads reports may look at them too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.conf import settings as site_settings
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from accounts.permissions import Permission
from common.numbers import whole_number
from desk import access
from desk.settings.calendar_form import CalendarForm
from desk.settings.entries import sections_for, url_of
from desk.settings.forms import PolicyForm, TesterForm
from desk.settings.history import history_of_calendar, history_of_policy
from desk.settings.words import conditions_in_words
from desk.settings.year import year_of
from sla.editing import (
    EditRefused,
    NeverOpens,
    check_settings,
    order_policies,
    save_calendar,
    save_policy,
)
from sla.models import BusinessCalendar, CalendarVersion, Kind, Policy, PolicyVersion
from sla.presets import CALENDARS, POLICIES, office_hours, preset_named
from sla.previewing import due_times_now, preview_edit
from sla.selectors import always_open_calendar, policy_version_for
from tickets.models import Rematch
from tickets.services.rematching import start_rematch

Version = TypeVar("Version", CalendarVersion, PolicyVersion)


def index(request: HttpRequest) -> HttpResponse:
    """Everything this agent may set, with what it does; with ?q= what has these words."""
    text = request.GET.get("q", "")[:100]
    sections = [
        {"label": section.label, "entries": [(entry, url_of(entry)) for entry in section.entries]}
        for section in sections_for(access.agent(request), text)
    ]
    context = {"sections": sections, "text": text}
    return render(request, "desk/settings/index.html", context)


def overview(request: HttpRequest) -> HttpResponse:
    """Policies in the order they are asked, calendars, and how far the last edit has come."""
    form = TesterForm(request.GET) if request.GET else TesterForm()
    teams = dict(Team.objects.values_list("pk", "name"))
    policies = Policy.objects.select_related("calendar")
    context = {
        "policies": [(policy, conditions_in_words(policy, teams)) for policy in policies],
        "calendars": BusinessCalendar.objects.order_by("name"),
        "rematch": Rematch.objects.order_by("-started_at").first(),
        "may_change": _may_change(request),
        "tester": form,
        "tested": _test(form) if form.is_bound and form.is_valid() else None,
    }
    return render(request, "desk/settings/overview.html", context)


def show_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """A year of open days and the form: as they are, or as the version named by ?version= was."""
    calendar = get_object_or_404(BusinessCalendar, pk=pk)
    asked = _asked_version(request, calendar.versions.all())
    hours = (asked or calendar.versions.latest("number")).hours
    form = CalendarForm.of(calendar.name, hours)
    return _calendar_page(request, calendar, form, hours, asked_version=asked)


def new_calendar(request: HttpRequest) -> HttpResponse:
    """A form to fill in: from the hours of this desk, ?preset= or a calendar named by ?copy=."""
    preset = preset_named(request.GET.get("preset", ""), CALENDARS)
    copied = BusinessCalendar.objects.filter(pk=_number(request, "copy") or 0).first()
    if copied:
        hours = copied.versions.latest("number").hours
    else:
        hours = preset.content if preset else office_hours(site_settings.TIME_ZONE)
    name = str(preset.name) if preset else ""
    return _calendar_page(request, None, CalendarForm.of(name, hours), hours, preset=preset)


def create_calendar(request: HttpRequest) -> HttpResponse:
    return _save_calendar(request, None)


def update_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    return _save_calendar(request, get_object_or_404(BusinessCalendar, pk=pk))


def show_policy(request: HttpRequest, pk: int) -> HttpResponse:
    """The form: as the policy is, or as its version named by ?version= was."""
    policy = get_object_or_404(Policy, pk=pk)
    versions = policy.versions.select_related("calendar_version__calendar")
    asked = _asked_version(request, versions)
    version = asked or versions.latest("number")
    calendar = version.calendar_version.calendar
    form = PolicyForm.of(policy, version.settings, calendar=calendar)
    return _policy_page(request, policy, form, asked_version=asked)


def new_policy(request: HttpRequest) -> HttpResponse:
    """A form to fill in: from the standard settings, or those of ?preset=."""
    preset = preset_named(request.GET.get("preset", ""), POLICIES)
    settings = (preset or POLICIES[0]).content
    policy = Policy(name=str(preset.name) if preset else "")
    calendar = _calendar_for(settings)
    form = PolicyForm.of(policy, settings, calendar=calendar)
    return _policy_page(request, None, form, preset=preset, needs_calendar=calendar is None)


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
    return redirect("desk:settings_promises")


def _may_change(request: HttpRequest) -> bool:
    return access.agent(request).may(Permission.HOURS)


def _number(request: HttpRequest, name: str) -> int | None:
    """A number of the address; None when it is missing or none."""
    return whole_number(request.GET.get(name), longest=9)


def _asked_version(request: HttpRequest, versions: QuerySet[Version]) -> Version | None:
    """The version that ?version= names, to look at it and to restore it."""
    if "version" not in request.GET:
        return None
    return get_object_or_404(versions, number=_number(request, "version"))


def _calendar_for(settings: Mapping[str, Any]) -> BusinessCalendar | None:
    """Whoever is told at night needs hours without a gap; anybody else starts with the default."""
    if not settings["notifies_around_the_clock"]:
        return BusinessCalendar.objects.filter(is_default=True).first()
    return always_open_calendar()


def _test(form: TesterForm) -> dict[str, Any]:
    fields = form.cleaned_data
    version_id = policy_version_for({**fields, "team": fields["team"].pk})
    version = PolicyVersion.objects.select_related("policy").get(pk=version_id)
    due = due_times_now(version_id, fields["priority"], now=timezone.now())
    in_order = sorted(due.items(), key=lambda each: str(each[1]))
    return {"policy": version.policy, "due": [(Kind(kind).label, at) for kind, at in in_order]}


def _save_calendar(request: HttpRequest, calendar: BusinessCalendar | None) -> HttpResponse:
    form = CalendarForm(request.POST)
    hours = calendar.versions.latest("number").hours if calendar else None
    if form.is_valid():
        try:
            with transaction.atomic():
                saved = save_calendar(
                    calendar=calendar,
                    name=form.cleaned_data["name"],
                    hours=form.hours(),
                    may_never_open=form.cleaned_data["may_never_open"],
                    by=access.agent(request),
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
        saved = _store_policy(form, policy, by=access.agent(request))
    except EditRefused as error:
        form.add_error(None, str(error))
        return _policy_page(request, policy, form, status=422)
    messages.success(request, _("Saved. Open tickets follow within moments."))
    return redirect("desk:settings_policy", pk=saved.pk)


@transaction.atomic
def _store_policy(form: PolicyForm, policy: Policy | None, *, by: Agent) -> Policy:
    fields = form.cleaned_data
    saved = save_policy(
        policy=policy,
        name=fields["name"],
        calendar=fields["calendar"],
        conditions=form.conditions(),
        settings=form.settings(),
        is_active=fields["is_active"],
        by=by,
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
    hours: Mapping[str, Any] | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"year": year_of(hours, _year(request)) if hours else None, **more}
    if calendar:
        context |= {
            "calendar": calendar,
            "heading": calendar.name,
            "address": reverse("desk:settings_calendar", args=[calendar.pk]),
            "history": history_of_calendar(calendar.versions.all(), page=_page(request)),
        }
    else:
        context |= {
            "heading": _("New opening hours"),
            "address": reverse("desk:settings_calendar_new"),
            "presets": CALENDARS,
        }
    return _render(request, "desk/settings/calendar.html", form, context, status=status)


def _policy_page(
    request: HttpRequest, policy: Policy | None, form: PolicyForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    if policy:
        context = {
            "policy": policy,
            "heading": policy.name,
            "address": reverse("desk:settings_policy", args=[policy.pk]),
            "history": history_of_policy(policy.versions.all(), page=_page(request)),
        }
    else:
        context = {"heading": _("New policy"), "presets": POLICIES}
    return _render(request, "desk/settings/policy.html", form, {**context, **more}, status=status)


def _render(
    request: HttpRequest, template: str, form: Form, context: Mapping[str, Any], *, status: int
) -> HttpResponse:
    """A page with a form: managers see every field and can change none."""
    may_change = _may_change(request)
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    shown = {"form": form, "may_change": may_change, **context}
    return render(request, template, shown, status=status)


def _year(request: HttpRequest) -> int:
    year = _number(request, "year")
    return year if year and 2000 <= year <= 2100 else timezone.localdate().year


def _page(request: HttpRequest) -> int:
    """The page of the list of versions."""
    return max(_number(request, "page") or 1, 1)
