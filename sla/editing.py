"""Changing calendars and policies. An edit never changes a version, it adds one.

What the edit means for open matters is brought to them afterwards, in batches, by whoever owns the
matters (tickets.services.rematching).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from sla.engine.settings import STOPWATCHES, PolicySettings, SettingsError
from sla.models import BusinessCalendar, CalendarVersion, Policy, PolicyVersion, Priority
from sla.working_time import Calendar, CalendarError, epoch_seconds, never_opens

SHORTEST_TARGET = 60
LONGEST_TARGET = 366 * 24 * 3600


class EditRefused(ValueError):
    """Nothing was saved; the sentence says what to correct."""


class NeverOpens(EditRefused):
    """The calendar has no opening in the next 366 days: save it only when that is meant."""


@transaction.atomic
def save_calendar(
    *,
    calendar: BusinessCalendar | None,
    name: str,
    hours: Mapping[str, Any],
    may_never_open: bool = False,
    by: Agent | None = None,
) -> BusinessCalendar:
    """Make a calendar, or give one new hours: a new version of it and of each policy that uses it.

    Raises EditRefused for hours that mean nothing, NeverOpens unless `may_never_open`.
    """
    _check_name(name, BusinessCalendar.objects.all(), of=calendar)
    _check_hours(hours, may_never_open=may_never_open)
    if calendar is None:
        calendar = BusinessCalendar.objects.create(name=name)
    elif calendar.name != name:
        calendar.name = name
        calendar.save(update_fields=["name"])
    newest = calendar.versions.order_by("-number").first()
    if newest is None or newest.hours != hours:
        version = CalendarVersion.objects.create(
            calendar=calendar,
            number=newest.number + 1 if newest else 1,
            hours=dict(hours),
            created_by=by,
        )
        for policy in calendar.policy_set.all():
            _add_version(policy, settings=current_version(policy).settings, hours=version, by=by)
    return calendar


@transaction.atomic
def save_policy(  # noqa: PLR0913 - all of it is what a policy is
    *,
    policy: Policy | None,
    name: str,
    calendar: BusinessCalendar,
    conditions: Mapping[str, Sequence[object]],
    settings: Mapping[str, Any],
    is_active: bool = True,
    by: Agent | None = None,
) -> Policy:
    """Make a policy, or change one; new settings or another calendar make a new version.

    A new policy stands just before the default one. Raises EditRefused.
    """
    check_settings(settings)
    _check_name(name, Policy.objects.all(), of=policy)
    if policy is None:
        last = Policy.objects.filter(is_default=False).aggregate(last=Max("position"))["last"] or 0
        policy = Policy(position=last + 1)
    if policy.is_default and (conditions or not is_active):
        raise EditRefused(_("The default policy is for everything else: no conditions, always on."))
    policy.name, policy.calendar = name, calendar
    policy.conditions, policy.is_active = dict(conditions), is_active
    policy.save()
    hours = calendar.versions.latest("number")
    newest = policy.versions.order_by("-number").first()
    if newest is None or newest.settings != settings or newest.calendar_version_id != hours.pk:
        _add_version(policy, settings=settings, hours=hours, by=by)
    return policy


@transaction.atomic
def order_policies(ids: Sequence[int]) -> None:
    """Ask the policies in this order; the default one stays last. Raises EditRefused."""
    policies = {policy.pk: policy for policy in Policy.objects.select_for_update()}
    ordered = [pk for pk in ids if pk in policies and not policies[pk].is_default]
    if set(ordered) != {pk for pk, policy in policies.items() if not policy.is_default}:
        raise EditRefused(_("The list of policies has changed meanwhile. Look at it once more."))
    # Out of the way first: two policies may not share a position even for a moment.
    Policy.objects.update(position=F("position") + 1_000_000)
    for position, pk in enumerate(ordered, start=1):
        Policy.objects.filter(pk=pk).update(position=position)
    Policy.objects.filter(is_default=True).update(position=len(ordered) + 1_000)


def current_version(policy: Policy) -> PolicyVersion:
    return policy.versions.latest("number")


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raise EditRefused, with a sentence, for settings no clock could run by."""
    try:
        PolicySettings.from_json(settings, calendar=_ALWAYS_OPEN)
    except SettingsError as error:
        raise EditRefused(str(error)) from None
    for priority in Priority:
        if priority not in settings["promise_default"]:
            raise EditRefused(
                _("Every priority needs a promise; “%(priority)s” has none.")
                % {"priority": priority.label}
            )
    for seconds in _durations(settings):
        if not SHORTEST_TARGET <= seconds <= LONGEST_TARGET:
            raise EditRefused(_("Times lie between one minute and one year of working time."))
    _check_waits(settings["customer_wait"])


def _durations(settings: Mapping[str, Any]) -> list[int]:
    """Every target and promise, in seconds of working time; a target left out is not tracked."""
    targets = [
        targets[kind]
        for targets in settings["targets"].values()
        for kind in STOPWATCHES
        if targets.get(kind) is not None
    ]
    return [
        *targets,
        *settings["promise_initial"].values(),
        *settings["promise_default"].values(),
    ]


def _check_waits(waits: Mapping[str, int]) -> None:
    if not 0 < waits["nudge_1"] < waits["nudge_2"] < waits["auto_close"]:
        raise EditRefused(_("The second reminder comes after the first, and closing after both."))


def _check_name(
    name: str,
    known: QuerySet[BusinessCalendar] | QuerySet[Policy],
    *,
    of: BusinessCalendar | Policy | None,
) -> None:
    namesake = known.filter(name=name).first()
    if namesake is not None and namesake != of:
        raise EditRefused(
            _("There is another “%(name)s” already. Choose a name that tells them apart.")
            % {"name": name}
        )


def _check_hours(hours: Mapping[str, Any], *, may_never_open: bool) -> None:
    try:
        calendar = Calendar.from_json(hours)
    except CalendarError as error:
        raise EditRefused(str(error)) from None
    if not may_never_open and never_opens(calendar, epoch_seconds(timezone.now())):
        raise NeverOpens(
            _("With these hours nobody is here in the next 366 days, and no promise could be kept.")
        )


def _add_version(
    policy: Policy, *, settings: Mapping[str, Any], hours: CalendarVersion, by: Agent | None
) -> PolicyVersion:
    number = (policy.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    return PolicyVersion.objects.create(
        policy=policy,
        number=number,
        calendar_version=hours,
        settings=dict(settings),
        created_by=by,
    )


_ALWAYS_OPEN = Calendar.from_json(
    {
        "tz": "UTC",
        "weekly": {
            day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        },
    }
)
