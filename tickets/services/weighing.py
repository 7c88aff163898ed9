"""What counts how much as work for a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from accounts.models import Agent
from tickets.models import EffortWeights


def save_effort_weights(points: Mapping[str, int], *, by: Agent, now: datetime) -> None:
    """What holds from now on, by the names of EffortWeights; each score that is counted after this
    is counted by it."""
    EffortWeights.objects.update_or_create(
        pk=1, defaults={**points, "changed_at": now, "changed_by": by}
    )
