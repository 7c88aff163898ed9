"""What policies and calendars say, compiled once per version and process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, Subquery

from sla.engine.settings import PolicySettings
from sla.models import Policy, PolicyVersion
from sla.working_time import Calendar


@dataclass(frozen=True)
class Terms:
    """One policy version, ready to be computed with."""

    settings: PolicySettings
    audiences: Mapping[int, str]
    notifies_around_the_clock: bool

    @property
    def calendar(self) -> Calendar:
        return self.settings.calendar


def policy_version_for(matter: Mapping[str, object]) -> int:
    """The version now in force of the first active policy whose conditions all hold.

    A condition is a field of the matter and the list of values it may have. Raises LookupError
    when there is no policy at all.
    """
    newest = PolicyVersion.objects.filter(policy=OuterRef("pk")).order_by("-number")
    policies = (
        Policy.objects.filter(is_active=True)
        .annotate(version_id=Subquery(newest.values("pk")[:1]))
        .order_by("is_default", "position")
    )
    for conditions, version_id in policies.values_list("conditions", "version_id"):
        if all(matter.get(field) in values for field, values in conditions.items()):
            return int(version_id)
    raise LookupError("There is no default policy; run `manage.py prepare`.")


@lru_cache(maxsize=1000)
def terms_of(policy_version_id: int) -> Terms:
    """The terms of a policy version. Versions never change, so they are read once per process."""
    version = PolicyVersion.objects.select_related("calendar_version").get(pk=policy_version_id)
    calendar = _calendar(version.calendar_version_id, version.calendar_version.hours)
    return Terms(
        settings=PolicySettings.from_json(version.settings, calendar=calendar),
        audiences={step["level"]: step["audience"] for step in version.settings["escalation"]},
        notifies_around_the_clock=version.settings.get("notifies_around_the_clock", False),
    )


_calendars: dict[int, Calendar] = {}


def _calendar(version_id: int, hours: Mapping[str, Any]) -> Calendar:
    """One object per calendar version, so that policies share its compiled days."""
    if version_id not in _calendars:
        _calendars[version_id] = Calendar.from_json(hours)
    return _calendars[version_id]
