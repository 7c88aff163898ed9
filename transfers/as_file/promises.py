"""Opening hours and policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Language, Team
from sla.editing import check_settings, current_version, save_calendar, save_policy
from sla.models import BusinessCalendar, Policy, Priority
from sla.presets import office_hours, standard_settings
from sla.working_time import WEEKDAYS
from tickets.models import Channel
from transfers.as_file.section import Entry, FileError, Section

CONDITIONS: Mapping[str, Any] = {
    "channel": Channel.values,
    "priority": Priority.values,
    "language": Language.values,
}
HOURS = {"tz", "weekly", "holidays", "closed", "open", "closed_dates", "open_dates"}
# Policies that were written before there were these have none of them.
LATER = {"notifies_around_the_clock", "holding_note", "returns_unanswered"}


def _calendars() -> list[Entry]:
    return [
        {
            "name": calendar.name,
            "is_default": calendar.is_default,
            "hours": calendar.versions.latest("number").hours,
        }
        for calendar in BusinessCalendar.objects.order_by("-is_default", "name")
    ]


def _save_calendar(entry: Entry, here: Entry | None, by: Agent) -> None:
    calendar = BusinessCalendar.objects.get(name=here["name"]) if here else None
    _check_default(entry, here)
    _check_parts(entry["hours"], needed={"tz", "weekly"}, known=HOURS)
    _check_parts(entry["hours"]["weekly"], needed=set(), known=set(WEEKDAYS))
    try:
        save_calendar(
            calendar=calendar,
            name=entry["name"],
            hours=entry["hours"],
            may_never_open=True,
            by=by,
        )
    except (KeyError, TypeError, AttributeError):
        raise FileError(_("Something in it cannot be understood.")) from None


def _policies() -> list[Entry]:
    teams = dict(Team.objects.values_list("pk", "name"))
    return [
        {
            "name": policy.name,
            "is_default": policy.is_default,
            "is_active": policy.is_active,
            "calendar": policy.calendar.name,
            "conditions": _conditions(policy, teams),
            "settings": current_version(policy).settings,
        }
        for policy in Policy.objects.select_related("calendar").order_by("position")
    ]


def _conditions(policy: Policy, teams: Mapping[int, str]) -> dict[str, list[Any]]:
    conditions = {name: list(values) for name, values in policy.conditions.items()}
    if "team" in conditions:
        conditions["team"] = [teams[pk] for pk in conditions["team"] if pk in teams]
    return conditions


def _save_policy(entry: Entry, here: Entry | None, by: Agent) -> None:
    _check_default(entry, here)
    known = set(standard_settings())
    _check_parts(entry["settings"], needed=known - LATER, known=known)
    try:
        check_settings(entry["settings"])
    except (KeyError, TypeError, AttributeError):
        raise FileError(_("Something in it cannot be understood.")) from None
    calendar = BusinessCalendar.objects.filter(name=entry["calendar"]).first()
    if calendar is None:
        raise FileError(_("There are no opening hours “%(name)s”.") % {"name": entry["calendar"]})
    save_policy(
        policy=Policy.objects.get(name=here["name"]) if here else None,
        name=entry["name"],
        calendar=calendar,
        conditions=_read_conditions(entry["conditions"]),
        settings=entry["settings"],
        is_active=entry["is_active"],
        by=by,
    )


def _read_conditions(written: Mapping[str, Any]) -> dict[str, list[Any]]:
    teams = dict(Team.objects.values_list("name", "pk"))
    known: dict[str, Any] = {**CONDITIONS, "team": teams}
    for name, values in written.items():
        wrong = [name] if name not in known or not isinstance(values, list) else []
        wrong = wrong or [str(value) for value in values if value not in known[name]]
        if wrong:
            raise FileError(_("“%(name)s” is not known here.") % {"name": ", ".join(wrong)})
    conditions = {name: list(values) for name, values in written.items()}
    if "team" in conditions:
        conditions["team"] = [teams[name] for name in conditions["team"]]
    return conditions


def _check_parts(written: Mapping[str, Any], *, needed: set[str], known: set[str]) -> None:
    if missing := needed - set(written):
        raise FileError(_("“%(name)s” is missing.") % {"name": ", ".join(sorted(missing))})
    if unknown := set(written) - known:
        raise FileError(_("“%(name)s” is not known here.") % {"name": ", ".join(sorted(unknown))})


def _check_default(entry: Entry, here: Entry | None) -> None:
    """Which one is for everything else is not changed: only what it is called and what it says."""
    if entry["is_default"] != (here is not None and here["is_default"]):
        raise FileError(
            _(
                "Which one is the default cannot be changed by a file. Give both the same name first."
            )
        )


SECTIONS = (
    Section(
        name="calendars",
        title=gettext_lazy("Opening hours"),
        fields={"name": "", "is_default": False, "hours": office_hours("UTC")},
        keys=("name",),
        models=(BusinessCalendar,),
        read=_calendars,
        save=_save_calendar,
        renames_default=True,
    ),
    Section(
        name="policies",
        title=gettext_lazy("Policies"),
        fields={
            "name": "",
            "is_default": False,
            "is_active": True,
            "calendar": "",
            "conditions": {},
            "settings": standard_settings(),
        },
        keys=("name",),
        models=(Policy,),
        read=_policies,
        save=_save_policy,
        renames_default=True,
    ),
)
