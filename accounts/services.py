"""What changes the people who work here and what they are told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import Agent, Membership, Notification, Team
from common.bulk import insert_new


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One thing to tell one agent; the same `dedupe_key` is told once, for ever."""

    agent_id: int
    kind: str
    label: str
    path: str
    dedupe_key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    mail_after: datetime | None = None


def notify_agents(notices: Iterable[Notice], *, now: datetime) -> None:
    """Tell agents, in the desk at once and by mail from `mail_after` on (None: not by mail)."""
    told = list(notices)
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
