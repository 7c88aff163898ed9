"""What an edit of a policy would do to open matters, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sla.engine.commitments import CommitmentState
from sla.engine.events import Event
from sla.engine.replay import replay
from sla.engine.settings import STOPWATCHES, PolicySettings
from sla.models import UNRESOLVED, Clock, Kind, Policy
from sla.selectors import terms_of
from sla.services import named_policies, read_log, replay_log
from sla.working_time import Calendar, epoch_seconds, utc_datetime

LOOKED_AT = 200
DRAFT = "draft"


@dataclass(frozen=True)
class Move:
    """One due time of one matter that the edit would change; None is "no time"."""

    label: str
    path: str
    kind: str
    before: datetime | None
    after: datetime | None

    @property
    def kind_label(self) -> str:
        return str(Kind(self.kind).label)


@dataclass(frozen=True)
class Preview:
    """Moves among the first `looked_at` of `open` matters under the policy."""

    open: int
    looked_at: int
    moves: list[Move]


def preview_edit(
    policy: Policy, *, settings: Mapping[str, Any], hours: Mapping[str, Any], now: datetime
) -> Preview:
    """Compute rule R for the matters under this policy as if the edit were saved at `now`.

    Raises SettingsError or CalendarError for an edit that could not be saved.
    """
    draft = PolicySettings.from_json(settings, calendar=Calendar.from_json(hours))
    clocks = Clock.objects.filter(policy_version__policy=policy, status__in=UNRESOLVED)
    first = list(clocks.order_by("pk")[:LOOKED_AT])
    moves = [move for clock in first for move in _moves(clock, draft, now=now)]
    return Preview(open=clocks.count(), looked_at=len(first), moves=moves)


def _moves(clock: Clock, draft: PolicySettings, *, now: datetime) -> list[Move]:
    log = read_log(clock)
    before = _due(replay_log(log, now=now).commitments)
    at = max(epoch_seconds(now), log[-1].at)
    edited = [*log, Event(at, "policy", {"to": DRAFT})]
    policies = {**named_policies(log), DRAFT: draft}
    after = _due(replay(edited, policies=policies, now=at).commitments)
    return [
        Move(
            label=clock.label,
            path=clock.path,
            kind=kind,
            before=_instant(before.get(kind)),
            after=_instant(after.get(kind)),
        )
        for kind in STOPWATCHES
        if before.get(kind) != after.get(kind)
    ]


def due_times_now(
    policy_version_id: int, priority: str, *, now: datetime
) -> dict[str, datetime | None]:
    """For the tester: what a ticket of this priority that came now would owe, and when."""
    create = Event(
        epoch_seconds(now), "create", {"policy": str(policy_version_id), "priority": priority}
    )
    settings = terms_of(policy_version_id).settings
    rows = replay(
        [create], policies={str(policy_version_id): settings}, now=epoch_seconds(now)
    ).commitments
    return {row.kind: _instant(row.due_at) for row in rows}


def _due(rows: tuple[CommitmentState, ...]) -> dict[str, int | None]:
    return {row.kind: row.due_at for row in rows if row.is_live}


def _instant(epoch: int | None) -> datetime | None:
    return None if epoch is None else utc_datetime(epoch)
