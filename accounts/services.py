"""What changes the people who work here and what they are told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Agent, Membership, Notification, Team
from accounts.notifying import Notice, as_wanted
from common.bulk import insert_new


def notify_agents(notices: Iterable[Notice], *, now: datetime) -> None:
    """Tell agents in the desk at once and by mail from `mail_after` on, each as they want it; for
    those who are away, whoever stands in for them."""
    told = as_wanted(notices, now=now)
    insert_new(
        Notification,
        {
            "agent": [notice.agent_id for notice in told],
            "kind": [notice.kind for notice in told],
            "label": [notice.label for notice in told],
            "path": [notice.path for notice in told],
            "facts": [json.dumps(notice.facts) for notice in told],
            "dedupe_key": [notice.dedupe_key for notice in told],
            "created_at": [now] * len(told),
            "mail_after": [notice.mail_after for notice in told],
            "is_in_desk": [notice.is_in_desk for notice in told],
        },
    )


def mark_notifications_read(agent: Agent, *, now: datetime, path: str | None = None) -> int:
    """Mark what is unread as read: everything, or only what leads to `path`."""
    unread = agent.notifications.filter(read_at=None)
    return (unread.filter(path=path) if path else unread).update(read_at=now)


def add_member(team: Team, agent: Agent, *, is_lead: bool = False) -> Membership:
    """Make the agent a member of the team, or change whether they lead it."""
    membership, _ = Membership.objects.update_or_create(
        team=team, agent=agent, defaults={"is_lead": is_lead}
    )
    return membership


@transaction.atomic
def change_assignment(
    team: Team,
    *,
    method: str,
    takes_back_after: timedelta | None,
    capacities: Mapping[int, int | None],
) -> None:
    """How the team's tickets find somebody, and how many each member may have, by membership."""
    team.assignment, team.takes_back_after = method, takes_back_after
    team.save(update_fields=["assignment", "takes_back_after"])
    members = list(team.memberships.filter(pk__in=capacities))
    for member in members:
        member.capacity = capacities[member.pk]
    Membership.objects.bulk_update(members, ["capacity"])
