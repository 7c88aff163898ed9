"""Who works here: what is known of them, what they may do, and whether they still do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.api_tokens import revoke_tokens_of
from accounts.exceptions import PeopleError
from accounts.models import Agent, Membership, PermissionSet, Role, Team
from accounts.permissions import OF_ROLE, Permission
from accounts.second_factor import take_away_second_factors
from accounts.sessions import end_sessions


@dataclass(frozen=True)
class Place:
    """What somebody is in one team; `capacity` None: any number of open tickets."""

    is_lead: bool = False
    capacity: int | None = None


def may_manage(by: Agent, agent: Agent) -> bool:
    """Whether the one may change the other: nobody changes somebody who may do more."""
    return by.may(Permission.PEOPLE) and agent.permissions <= by.permissions


def may_give(by: Agent, role: str, permission_set: PermissionSet | None) -> bool:
    """Whether it is no more than they have themselves."""
    given = permission_set.permissions if permission_set else OF_ROLE[role]
    return by.permissions.issuperset(given)


def may_give_team(by: Agent, team: Team) -> bool:
    """Whether they see the team's tickets themselves."""
    return by.sees_everything or team.pk in by.team_ids


def check_gives(by: Agent, role: str, permission_set: PermissionSet | None) -> None:
    """Raises PeopleError when it is more than they have."""
    if not may_give(by, role, permission_set):
        field = "permission_set" if permission_set else "role"
        raise PeopleError(_("You can give nobody more than you may do yourself."), field=field)


@transaction.atomic
def save_person(agent: Agent, *, values: Mapping[str, Any], by: Agent) -> Agent:
    """Keep what is known of them and what they may do. Raises PeopleError."""
    held = _hold(agent, by=by)
    before = (held.role, held.permission_set)
    has_moved = held.email != values["email"].strip().lower()
    for name, value in values.items():
        setattr(held, name, value)
    held.email = held.email.strip().lower()
    if has_moved:
        _check_address_is_free(held)
        # An address that they no longer have must not lead to a new password.
        EmailAddress.objects.filter(user=held).delete()
    if (held.role, held.permission_set) != before:
        check_gives(by, held.role, held.permission_set)
    held.save()
    _check_administrator_remains()
    return held


@transaction.atomic
def set_places(agent: Agent, places: Mapping[int, Place], *, among: Mapping[int, Team]) -> None:
    """Make them a member of exactly these of the teams `among`, each by its key; they stay in all
    others."""
    agent.memberships.filter(team__in=among).exclude(team__in=places).delete()
    for pk, place in places.items():
        Membership.objects.update_or_create(
            team=among[pk],
            agent=agent,
            defaults={"is_lead": place.is_lead, "capacity": place.capacity},
        )


@transaction.atomic
def end_work(agent: Agent, *, by: Agent) -> Agent:
    """They come in no more; every session and token of theirs is over at once. Raises PeopleError for
    oneself and for the last administrator."""
    held = _hold(agent, by=by)
    if held == by:
        raise PeopleError(_("You cannot deactivate yourself. Ask a colleague."))
    held.is_active = False
    held.session_round += 1
    held.save(update_fields=["is_active", "session_round"])
    end_sessions(held)
    revoke_tokens_of(held, now=timezone.now())
    _check_administrator_remains()
    return held


@transaction.atomic
def remove_second_factors(agent: Agent, *, by: Agent) -> Agent:
    """They have lost what they sign in with besides the password: none of it lets in any more, and
    every session of theirs is over. Raises PeopleError for oneself and for who has none."""
    held = _hold(agent, by=by)
    if held == by:
        raise PeopleError(_("Remove your own on your page “Sign-in and security”."))
    if not take_away_second_factors(held):
        raise PeopleError(_("%(name)s has no second factor.") % {"name": held.name})
    held.session_round += 1
    held.save(update_fields=["session_round"])
    end_sessions(held)
    return held


@transaction.atomic
def take_up_work(agent: Agent, *, by: Agent) -> Agent:
    """They may come in again, by the password they had. Raises PeopleError."""
    held = _hold(agent, by=by)
    held.is_active = True
    held.save(update_fields=["is_active"])
    return held


def _hold(agent: Agent, *, by: Agent) -> Agent:
    """The agent as they are now. All administrators are held with them, so that of the last two
    only one can go."""
    wanted = Agent.objects.filter(Q(pk=agent.pk) | Q(role=Role.ADMINISTRATOR)).order_by("pk")
    held = {each.pk: each for each in wanted.select_for_update(no_key=True)}[agent.pk]
    if not may_manage(by, held):
        raise PeopleError(_("%(name)s may do more than you.") % {"name": held.name})
    return held


def _check_administrator_remains() -> None:
    remaining = Agent.objects.filter(role=Role.ADMINISTRATOR, permission_set=None, is_active=True)
    if not remaining.exists():
        raise PeopleError(
            _("This is the last administrator. Make somebody else one first."), field="role"
        )


def _check_address_is_free(agent: Agent) -> None:
    others = Agent.objects.exclude(pk=agent.pk).filter(email__iexact=agent.email)
    if other := others.first():
        raise PeopleError(
            _("%(name)s has this address already.") % {"name": other.name}, field="email"
        )
