"""Teams: their names and their people. How their tickets find somebody is in desk.settings.teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.arranging import delete_team
from accounts.exceptions import PeopleError
from accounts.models import Agent, Team
from accounts.people import may_manage
from desk import access
from sla.models import UNRESOLVED
from tickets.services.leaving import keep_team


class MembersForm(forms.Form):
    """A name, whether it is the default team, and who is in it: the boxes of those whom `by` may
    change."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    is_default = forms.BooleanField(
        label=gettext_lazy("The default team"),
        required=False,
        help_text=gettext_lazy("It gets every inquiry of which nothing else says whose it is."),
    )

    def __init__(self, data: Any = None, *, team: Team, by: Agent) -> None:
        initial = {"name": team.name, "is_default": team.is_default}
        super().__init__(data, initial=initial)
        leads = dict(team.memberships.values_list("agent", "is_lead")) if team.pk else {}
        active = Agent.objects.filter(is_active=True).select_related("permission_set")
        self.people = [each for each in active.order_by("name", "pk") if may_manage(by, each)]
        for each in self.people:
            for what, label, is_on in (
                ("member", _("%(name)s is a member"), each.pk in leads),
                ("lead", _("%(name)s leads the team"), leads.get(each.pk, False)),
            ):
                self.fields[f"{what}_{each.pk}"] = forms.BooleanField(
                    label=label % {"name": each.name}, required=False, initial=is_on
                )

    @property
    def rows(self) -> list[tuple[Agent, forms.BoundField, forms.BoundField]]:
        """Each person with their boxes."""
        return [(each, self[f"member_{each.pk}"], self[f"lead_{each.pk}"]) for each in self.people]

    def leads(self) -> dict[int, bool]:
        """Who is a member, with whether they lead; who leads is one."""
        said = self.cleaned_data
        return {
            each.pk: said[f"lead_{each.pk}"]
            for each in self.people
            if said[f"member_{each.pk}"] or said[f"lead_{each.pk}"]
        }


def index(request: HttpRequest) -> HttpResponse:
    """Every team, with how many people and open tickets it has."""
    people = Count("memberships", filter=Q(memberships__agent__is_active=True), distinct=True)
    unresolved = Count("tickets", filter=Q(tickets__status__in=UNRESOLVED), distinct=True)
    teams = Team.objects.annotate(people=people, open_tickets=unresolved)
    return render(request, "desk/settings/teams.html", {"teams": teams})


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    return _page(request, Team(), MembersForm(team=Team(), by=access.agent(request)))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    return _save(request, Team())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    team = access.managed_team(pk)
    return _page(request, team, MembersForm(team=team, by=access.agent(request)))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename it, and change who is in it."""
    return _save(request, access.managed_team(pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, when nothing belongs to it."""
    team = access.managed_team(pk)
    try:
        delete_team(team)
    except PeopleError as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:settings_team_members", pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": team.name})
    return redirect("desk:settings_teams")


def _save(request: HttpRequest, team: Team) -> HttpResponse:
    by = access.agent(request)
    form = MembersForm(request.POST, team=team, by=by)
    if form.is_valid():
        try:
            said = form.cleaned_data
            keep_team(
                team,
                name=said["name"],
                is_default=said["is_default"],
                leads=form.leads(),
                among=form.people,
                by=by,
            )
        except PeopleError as refusal:
            form.add_error(refusal.field or None, str(refusal))
    if not form.is_valid():
        return _page(request, team, form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % {"name": team.name})
    return redirect("desk:settings_teams")


def _page(
    request: HttpRequest, team: Team, form: MembersForm, *, status: int = 200
) -> HttpResponse:
    context = {"team": team, "form": form}
    return render(request, "desk/settings/members.html", context, status=status)
