"""What is asked about somebody who works here, or is to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.inviting import Invited
from accounts.models import Agent, Language, PermissionSet, Role, Team
from accounts.people import Place, may_give, may_give_team
from accounts.skills import LENGTH, MOST, read_skills

TAKES_PLACE = _("In place of what the role allows. Only who they are stays with the role.")


@dataclass(frozen=True)
class TeamRow:
    """One team with the boxes of what somebody is in it."""

    team: Team
    is_member: forms.BoundField
    is_lead: forms.BoundField
    capacity: forms.BoundField


class AccessForm(forms.Form):
    """What somebody may do: a role, or a permission set in its place; never more than `by` may."""

    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    permission_set = forms.ModelChoiceField(
        label=_("Permission set"),
        queryset=PermissionSet.objects.none(),
        required=False,
        empty_label=_("As the role says"),
        help_text=TAKES_PLACE,
    )

    def __init__(
        self, data: Any = None, *, by: Agent, agent: Agent | None = None, **more: Any
    ) -> None:
        super().__init__(data, **more)
        role, known_set = (agent.role, agent.permission_set_id) if agent else (Role.AGENT, None)
        roles, sets = self.fields["role"], self.fields["permission_set"]
        assert isinstance(roles, forms.ChoiceField)  # noqa: S101 - declared above
        assert isinstance(sets, forms.ModelChoiceField)  # noqa: S101 - declared above
        roles.choices = [
            (value, label)
            for value, label in Role.choices
            if value == role or may_give(by, value, None)
        ]
        given = [each.pk for each in PermissionSet.objects.all() if may_give(by, "", each)]
        sets.queryset = PermissionSet.objects.filter(pk__in=[*given, *filter(None, [known_set])])


class PersonForm(AccessForm):
    """Everything about one agent, and a line for each team that `by` may give."""

    name = forms.CharField(label=_("Name"), max_length=100)
    email = forms.EmailField(
        label=_("Email address"), help_text=_("They sign in with it, and are told of news there.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(name, name) for name in sorted(available_timezones())],
    )
    skills = forms.CharField(
        label=_("Skills"),
        max_length=900,
        required=False,
        help_text=_("With commas between them, such as: English, network. Topics can ask for one."),
    )
    FACTS = ("name", "email", "role", "permission_set", "language", "time_zone", "skills")

    field_order = FACTS

    def __init__(self, data: Any = None, *, by: Agent, agent: Agent) -> None:
        initial = {name: getattr(agent, name) for name in self.FACTS}
        super().__init__(
            data, by=by, agent=agent, initial={**initial, "skills": ", ".join(agent.skills)}
        )
        self.teams = {team.pk: team for team in Team.objects.all() if may_give_team(by, team)}
        places = {each.team_id: each for each in agent.memberships.all()}
        for pk, team in self.teams.items():
            place = places.get(pk)
            self.fields[f"member_{pk}"] = _box(_("Member of %(team)s"), team, place is not None)
            self.fields[f"lead_{pk}"] = _box(
                _("Leads %(team)s"), team, place is not None and place.is_lead
            )
            self.fields[f"capacity_{pk}"] = forms.IntegerField(
                label=_("Open tickets at most in %(team)s") % {"team": team.name},
                required=False,
                min_value=0,
                max_value=9999,
                initial=place.capacity if place else None,
            )

    def clean_skills(self) -> list[str]:
        skills = read_skills(self.cleaned_data["skills"])
        if len(skills) > MOST or any(len(each) > LENGTH for each in skills):
            sentence = gettext(
                "Name at most %(most)s skills, each with at most %(length)s letters."
            )
            raise forms.ValidationError(sentence % {"most": MOST, "length": LENGTH})
        return skills

    @property
    def facts(self) -> list[forms.BoundField]:
        """The fields that are no matter of a team."""
        return [self[name] for name in self.FACTS]

    @property
    def rows(self) -> list[TeamRow]:
        """Each team with its boxes."""
        return [
            TeamRow(team, self[f"member_{pk}"], self[f"lead_{pk}"], self[f"capacity_{pk}"])
            for pk, team in self.teams.items()
        ]

    def values(self) -> Mapping[str, Any]:
        """What was said about them."""
        return {name: self.cleaned_data[name] for name in self.FACTS}

    def places(self) -> dict[int, Place]:
        """What they are in which team; who leads it is in it."""
        said = self.cleaned_data
        return {
            pk: Place(is_lead=said[f"lead_{pk}"], capacity=said[f"capacity_{pk}"])
            for pk in self.teams
            if said[f"member_{pk}"] or said[f"lead_{pk}"]
        }


class InvitationForm(AccessForm):
    """Whom to invite."""

    name = forms.CharField(label=_("Name"), max_length=100)
    email = forms.EmailField(label=_("Email address"))
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Whoever is in none sees no tickets, unless the role shows those of all teams."
        ),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=Language.choices, help_text=_("Of the letter and of the desk.")
    )

    field_order = ("name", "email", "role", "permission_set", "teams", "language")

    def __init__(self, data: Any = None, *, by: Agent) -> None:
        given = [team.pk for team in Team.objects.all() if may_give_team(by, team)]
        initial = {"role": Role.AGENT, "language": settings.LANGUAGE_CODE}
        if len(given) == 1:
            initial["teams"] = given
        super().__init__(data, by=by, initial=initial)
        teams = self.fields["teams"]
        assert isinstance(teams, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        teams.queryset = Team.objects.filter(pk__in=given)

    def invited(self) -> Invited:
        """Whom, and to what."""
        return Invited(**self.cleaned_data)


class LeavingForm(forms.Form):
    """Who goes on with what somebody had in hand."""

    to = forms.ModelChoiceField(
        label=_("Open tickets go to"),
        queryset=Agent.objects.none(),
        required=False,
        empty_label=_("Their teams"),
        help_text=_("Tickets of teams that a colleague is not in go to those teams all the same."),
    )
    scheduled = forms.ChoiceField(
        label=_("Scheduled replies"),
        choices=[
            ("leave", _("Leave as they were planned")),
            ("stay", _("Are called off")),
        ],
        widget=forms.RadioSelect,
        initial="leave",
    )

    def __init__(self, data: Any = None, *, agent: Agent) -> None:
        super().__init__(data)
        to = self.fields["to"]
        assert isinstance(to, forms.ModelChoiceField)  # noqa: S101 - declared above
        colleagues = Agent.objects.filter(is_active=True).exclude(pk=agent.pk)
        to.queryset = colleagues.select_related("permission_set").order_by("name")


def _box(label: Any, team: Team, is_on: bool) -> forms.BooleanField:
    return forms.BooleanField(label=label % {"team": team.name}, required=False, initial=is_on)
