"""Opening hours and policies in words, as the list of versions tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Language
from common.time_formatting import working_time
from desk.settings.calendar_form import WEEKDAYS, worked_holidays
from desk.settings.forms import PROMISES, TARGETS, WAITS, PolicyForm
from sla.countries import place_name
from sla.models import Policy, PolicyVersion, Priority
from sla.notation import write_hours
from tickets.models import Channel

Facts = dict[str, str]
"""What a version says, by what it is about; the text is empty where being there says all."""


def conditions_in_words(policy: Policy, teams: Mapping[int, str]) -> str:
    """For which tickets a policy is; `teams` are names by id."""
    if not policy.conditions:
        return _("Everything else") if policy.is_default else _("Every ticket")
    names: dict[str, Mapping[Any, Any]] = {
        "channel": dict(Channel.choices),
        "priority": dict(Priority.choices),
        "language": dict(Language.choices),
        "team": teams,
    }
    return " · ".join(
        _("%(what)s: %(which)s")
        % {
            "what": PolicyForm.base_fields[name].label,
            "which": ", ".join(str(known.get(each, "?")) for each in policy.conditions[name]),
        }
        for name, known in names.items()
        if policy.conditions.get(name)
    )


def calendar_facts(hours: Mapping[str, Any]) -> Facts:
    """Opening hours in words."""
    return {
        _("Time zone"): hours["tz"],
        **{str(label): _hours(hours["weekly"].get(day)) for day, label in WEEKDAYS.items()},
        **{
            _("Public holidays of %(place)s")
            % {"place": place_name(entry["country"], entry.get("subdivision"))}: ""
            for entry in hours.get("holidays", [])
        },
        **{
            _("Open on the public holidays of %(days)s") % {"days": days}: ""
            for days in worked_holidays(hours)
        },
        **{_("Closed on %(days)s") % {"days": days}: "" for days in hours.get("closed", [])},
        **{
            _("Special hours on %(date)s") % {"date": day}: _hours(intervals)
            for day, intervals in sorted(hours.get("open", {}).items())
        },
    }


def policy_facts(version: PolicyVersion) -> Facts:
    """The settings of a policy in words, in the order of its form."""
    settings, hours = version.settings, version.calendar_version
    fields = PolicyForm.base_fields
    modes = dict(fields["resolution_mode"].choices)  # type: ignore[attr-defined]
    return {
        str(fields["calendar"].label): _("%(name)s, version %(number)s")
        % {"name": hours.calendar.name, "number": hours.number},
        **dict(_times(settings)),
        str(fields["resolution_mode"].label): str(modes[settings["resolution_mode"]]),
        str(fields["reopen_floor"].label): _duration(settings["reopen_floor"]),
        str(fields["warn_percent"].label): ", ".join(map(str, settings["warn_percent"])),
        **dict(_levels(settings)),
        **{
            str(fields[switch].label): _("yes") if settings.get(switch) else _("no")
            for switch in ("notifies_around_the_clock", "holding_note", "returns_unanswered")
        },
        **{str(fields[wait].label): _duration(settings["customer_wait"][wait]) for wait in WAITS},
    }


def _times(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for priority in Priority:
        targets = settings["targets"].get(priority, {})
        promises = {promise: settings[promise].get(priority) for promise in PROMISES}
        for kind, label in {**TARGETS, **PROMISES}.items():
            what = _("%(kind)s, %(priority)s") % {"kind": label, "priority": priority.label.lower()}
            yield what, _duration({**targets, **promises}.get(kind))


def _levels(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for step in settings["escalation"]:
        audience = PolicyVersion.Audience(step["audience"])
        yield (
            _("Escalation, level %(level)s") % {"level": step["level"]},
            _("after %(time)s: %(audience)s")
            % {"time": _duration(step["after"]), "audience": audience.label},
        )


def _hours(intervals: Sequence[Sequence[str]] | None) -> str:
    return write_hours(intervals) if intervals else _("closed")


def _duration(seconds: int | None) -> str:
    return _("none") if seconds is None else working_time(seconds, get_language() or "en")
