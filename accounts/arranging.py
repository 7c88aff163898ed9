"""Teams and permission sets: what people are given."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.exceptions import PeopleError
from accounts.models import Agent, Membership, PermissionSet, Team


@transaction.atomic
def save_team(team: Team, *, name: str, is_default: bool) -> Team:
    """Keep a team by this name; the default one gets what nothing else decides, and there is
    always exactly one. Raises PeopleError."""
    name = " ".join(name.split())
    if Team.objects.exclude(pk=team.pk).filter(name__iexact=name).exists():
        raise PeopleError(_("There is a team by this name already."), field="name")
    if team.is_default and not is_default:
        raise PeopleError(_("Make another team the default one instead."), field="is_default")
    if is_default:
        Team.objects.exclude(pk=team.pk).filter(is_default=True).update(is_default=False)
    team.name, team.is_default = name, is_default
    team.save()
    return team


@transaction.atomic
def set_members(team: Team, leads: Mapping[int, bool], *, among: Collection[Agent]) -> None:
    """Make exactly these of the agents `among` its members, by their keys with whether they lead
    it. What else is known of a member stays."""
    people = {agent.pk: agent for agent in among}
    team.memberships.filter(agent__in=people).exclude(agent__in=leads).delete()
    for pk, is_lead in leads.items():
        Membership.objects.update_or_create(
            team=team, agent=people[pk], defaults={"is_lead": is_lead}
        )


@transaction.atomic
def delete_team(team: Team) -> None:
    """For good, when nothing belongs to it and nothing ever did. Raises PeopleError."""
    if team.is_default:
        raise PeopleError(_("Make another team the default one first."))
    try:
        team.delete()
    except ProtectedError:
        raise PeopleError(
            _("Tickets, topics or mailboxes belong to this team. It can be renamed.")
        ) from None


@transaction.atomic
def save_permission_set(
    permission_set: PermissionSet, *, name: str, permissions: Collection[str], by: Agent
) -> PermissionSet:
    """Keep it; whoever has it may do this from the next page on. Raises PeopleError for a name that
    is taken, and for what `by` may not do themselves."""
    name = " ".join(name.split())
    others = PermissionSet.objects.exclude(pk=permission_set.pk)
    if others.filter(name__iexact=name).exists():
        raise PeopleError(_("There is a permission set by this name already."), field="name")
    check_keeps(permission_set, by=by)
    if not by.permissions.issuperset(permissions):
        raise PeopleError(
            _("You can give nobody more than you may do yourself."), field="permissions"
        )
    permission_set.name, permission_set.permissions = name, sorted(permissions)
    permission_set.save()
    return permission_set


@transaction.atomic
def delete_permission_set(permission_set: PermissionSet, *, by: Agent) -> None:
    """For good. Raises PeopleError while somebody has it, or is invited to."""
    check_keeps(permission_set, by=by)
    if permission_set.invitations.filter(accepted_at=None, withdrawn_at=None).exists():
        raise PeopleError(_("Somebody is invited to this permission set."))
    try:
        permission_set.delete()
    except ProtectedError:
        raise PeopleError(_("Somebody has this permission set. Give them another one.")) from None


def check_keeps(permission_set: PermissionSet, *, by: Agent) -> None:
    """Raises PeopleError for a set of more than they have themselves."""
    if not by.permissions.issuperset(permission_set.permissions):
        raise PeopleError(_("This permission set allows more than you may do."))
