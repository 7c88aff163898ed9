"""Who of a team gets its tickets. Who manages teams, and the team's leads, change it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Assignment, Membership, Team
from accounts.selectors import may_keep_team
from accounts.services import change_assignment
from accounts.signatures import keep_signature
from desk import access
from desk.settings.calendar_form import NotationField
from desk.signatures import SignatureField
from sla.notation import read_duration, write_duration


class TeamForm(forms.Form):
    """The method, how much each may have, and when a ticket comes back."""

    assignment = forms.ChoiceField(
        label=gettext_lazy("Who gets new tickets"),
        choices=Assignment.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Nobody who is away gets any. What nobody has room for waits, and goes to the first who"
            " has: tickets of VIP customers first, then what is due next."
        ),
    )
    takes_back_after = NotationField(
        label=gettext_lazy("Take a ticket back when nothing was done for"),
        read=read_duration,
        help_text=gettext_lazy(
            "Hours and minutes of working time, such as 4:00. Whoever had it and the team's leads"
            " are told. Empty: never."
        ),
    )
    signature = SignatureField(
        label=gettext_lazy("Signature of the team"),
        help_text=gettext_lazy(
            "Below replies of members who have none of their own. Empty: the names of the agent and"
            " of this desk. You can use {{agent}}, {{team}} and {{brand}}."
        ),
    )

    def __init__(self, data: Any = None, *, team: Team) -> None:
        patience = team.takes_back_after
        seconds = int(patience.total_seconds()) if patience else None
        super().__init__(
            data,
            initial={
                "assignment": team.assignment,
                "takes_back_after": write_duration(seconds),
                "signature": team.signature,
            },
        )
        members = team.memberships.filter(agent__is_active=True).select_related("agent")
        self.members = list(members.order_by("agent__name"))
        for member in self.members:
            self.fields[_name(member)] = forms.IntegerField(
                label=member.agent.name,
                required=False,
                min_value=0,
                max_value=9999,
                initial=member.capacity,
            )

    @property
    def rows(self) -> list[tuple[Membership, forms.BoundField]]:
        """Each member with the field of how many tickets they may have."""
        return [(member, self[_name(member)]) for member in self.members]

    def save(self, team: Team) -> None:
        """Store what was entered."""
        fields = self.cleaned_data
        seconds = fields["takes_back_after"]
        change_assignment(
            team,
            method=fields["assignment"],
            takes_back_after=timedelta(seconds=seconds) if seconds else None,
            capacities={member.pk: fields[_name(member)] for member in self.members},
        )
        keep_signature(team, fields["signature"])


def show_team(request: HttpRequest, pk: int) -> HttpResponse:
    """How this team's tickets find somebody."""
    team = access.team(access.agent(request), pk)
    return _page(request, team, TeamForm(team=team))


def update_team(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it; tickets that arrive from now on follow."""
    team = access.kept_team(access.agent(request), pk)
    form = TeamForm(request.POST, team=team)
    if not form.is_valid():
        return _page(request, team, form, status=422)
    form.save(team)
    messages.success(request, _("Saved. It holds for what arrives from now on."))
    return redirect("desk:settings_team", pk=team.pk)


def _name(member: Membership) -> str:
    return f"capacity_{member.pk}"


def _page(request: HttpRequest, team: Team, form: TeamForm, *, status: int = 200) -> HttpResponse:
    agent = access.agent(request)
    may_change = may_keep_team(agent, team)
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    context = {"team": team, "form": form, "may_change": may_change}
    return render(request, "desk/settings/team.html", context, status=status)
