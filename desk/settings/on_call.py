"""Who is on call for a team. Who manages teams, and the team's leads, change it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.exceptions import PeopleError
from accounts.models import Agent, Team
from accounts.on_call import put_on_call
from accounts.selectors import may_keep_team
from desk import access
from desk.forms import wall_time_field


class OnCallForm(forms.Form):
    """Who, from when and until when."""

    agent = forms.ModelChoiceField(
        label=gettext_lazy("Who"), queryset=Agent.objects.none(), empty_label=None
    )
    starts_at = wall_time_field(gettext_lazy("Begins"))
    ends_at = wall_time_field(gettext_lazy("Ends"))

    def __init__(self, data: Any = None, *, team: Team) -> None:
        super().__init__(data)
        members, at = self.fields["agent"], ("starts_at", "ends_at")
        assert isinstance(members, forms.ModelChoiceField)  # noqa: S101 - declared above
        members.queryset = Agent.objects.filter(is_active=True, memberships__team=team).order_by(
            "name"
        )
        for name in at:
            self.fields[name].required = True


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is on call now and from now on."""
    team = access.team(access.agent(request), pk)
    return _page(request, team, OnCallForm(team=team))


def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a line."""
    team = access.kept_team(access.agent(request), pk)
    form = OnCallForm(request.POST, team=team)
    if form.is_valid():
        try:
            put_on_call(team, **form.cleaned_data, now=timezone.now())
        except PeopleError as refusal:
            form.add_error(refusal.field, str(refusal))
    if not form.is_valid():
        return _page(request, team, form, status=422)
    name = form.cleaned_data["agent"].name
    messages.success(request, _("%(name)s is on call.") % {"name": name})
    return redirect("desk:settings_on_call", pk=pk)


def delete(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Take a line away."""
    team = access.kept_team(access.agent(request), pk)
    team.on_call.filter(pk=line).delete()
    messages.success(request, _("Taken off the list."))
    return redirect("desk:settings_on_call", pk=pk)


def _page(request: HttpRequest, team: Team, form: OnCallForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    context = {
        "team": team,
        "form": form,
        "lines": team.on_call.filter(ends_at__gt=now).select_related("agent"),
        "may_change": may_keep_team(access.agent(request), team),
        "now": now,
    }
    return render(request, "desk/settings/on_call.html", context, status=status)
