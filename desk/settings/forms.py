"""Opening hours and policies as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import holidays
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Language, Team
from sla.engine.settings import STOPWATCHES
from sla.models import BusinessCalendar, Kind, Policy, PolicyVersion, Priority
from sla.notation import (
    NotationError,
    read_days,
    read_duration,
    read_hours,
    read_special_days,
    write_duration,
    write_hours,
    write_special_days,
)
from tickets.models import Channel

WEEKDAYS = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}
PROMISES = {"promise_initial": _("First promise"), "promise_default": _("Next promise")}
TARGETS = {kind: Kind(kind).label for kind in STOPWATCHES}
WAITS = ("nudge_1", "nudge_2", "auto_close")
LEVELS = (1, 2, 3, 4)


class NotationField(forms.CharField):
    """A text in one of the notations of sla.notation."""

    def __init__(self, *, read: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 4000, **kwargs})
        self._read = read

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text and self._read is read_duration:
            return None
        try:
            return self._read(text)
        except NotationError as error:
            raise forms.ValidationError(str(error)) from None


class CalendarForm(forms.Form):
    """The hours of a week, holidays and exceptions of one calendar."""

    name = forms.CharField(label=_("Name"), max_length=100)
    tz = forms.CharField(
        label=_("Time zone"), max_length=64, help_text=_("For example Asia/Tokyo or Europe/London.")
    )
    country = forms.ChoiceField(
        label=_("Public holidays of"),
        required=False,
        choices=[
            ("", _("none")),
            *sorted((code, code) for code in holidays.list_supported_countries()),
        ],
    )
    subdivision = forms.CharField(
        label=_("Region"),
        max_length=10,
        required=False,
        help_text=_("The code of a state or province, if its holidays differ."),
    )
    closed = NotationField(
        label=_("Closed days"),
        read=read_days,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: 2026-08-13, or 12-29..01-03 for every year."),
    )
    open = NotationField(
        label=_("Special hours"),
        read=read_special_days,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: 2026-12-28 09:00-12:00. They win over holidays."),
    )
    may_never_open = forms.BooleanField(
        label=_("Nobody is ever here with these hours, and that is meant"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day, label in WEEKDAYS.items():
            self.fields[day] = NotationField(label=label, read=read_hours, max_length=200)

    @classmethod
    def of(cls, calendar: BusinessCalendar | None, hours: Mapping[str, Any]) -> CalendarForm:
        """The form filled with hours as they are stored."""
        country: Mapping[str, Any] = next(iter(hours.get("holidays", [])), {})
        return cls(
            initial={
                "name": calendar.name if calendar else "",
                "tz": hours["tz"],
                "country": country.get("country", ""),
                "subdivision": country.get("subdivision") or "",
                "closed": "\n".join(hours.get("closed", [])),
                "open": write_special_days(hours.get("open", {})),
                **{day: write_hours(hours["weekly"].get(day, [])) for day in WEEKDAYS},
            }
        )

    def weekdays(self) -> list[forms.BoundField]:
        return [self[day] for day in WEEKDAYS]

    def hours(self) -> dict[str, Any]:
        """What was written, as it is stored."""
        fields = self.cleaned_data
        holiday = {"country": fields["country"], "subdivision": fields["subdivision"] or None}
        return {
            "tz": fields["tz"],
            "weekly": {day: fields[day] for day in WEEKDAYS if fields[day]},
            "holidays": [{key: value for key, value in holiday.items() if value}]
            if fields["country"]
            else [],
            "closed": fields["closed"],
            "open": fields["open"],
        }


class PolicyForm(forms.Form):
    """One policy: for whom, in which hours, how fast, and what follows when it is late."""

    name = forms.CharField(label=_("Name"), max_length=100)
    is_active = forms.BooleanField(label=_("In use"), required=False)
    calendar = forms.ModelChoiceField(
        label=_("Opening hours"), queryset=BusinessCalendar.objects.order_by("name")
    )
    channel = forms.MultipleChoiceField(
        label=_("Channel"),
        required=False,
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    priority = forms.MultipleChoiceField(
        label=_("Priority"),
        required=False,
        choices=Priority.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.MultipleChoiceField(
        label=_("Language"),
        required=False,
        choices=Language.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    team = forms.ModelMultipleChoiceField(
        label=_("Team"),
        required=False,
        queryset=Team.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )
    resolution_mode = forms.ChoiceField(
        label=_("The resolution clock counts"),
        choices=[
            ("total", _("all unresolved time")),
            ("requester_wait", _("all but waiting for the customer")),
            ("agent_work", _("only while we work on it")),
        ],
    )
    warn_percent = forms.CharField(
        label=_("Warn at per cent of the time"), max_length=40, help_text=_("For example 75, 90.")
    )
    notifies_around_the_clock = forms.BooleanField(
        label=_("Write to people outside opening hours too"), required=False
    )
    nudge_1 = NotationField(label=_("First reminder after"), read=read_duration, required=True)
    nudge_2 = NotationField(label=_("Second reminder after"), read=read_duration, required=True)
    auto_close = NotationField(label=_("Close after"), read=read_duration, required=True)
    reopen_floor = NotationField(
        label=_("Least time after reopening"), read=read_duration, required=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for priority in Priority:
            for kind, label in {**TARGETS, **PROMISES}.items():
                self.fields[f"{priority}_{kind}"] = NotationField(
                    label=f"{priority.label}: {label}",
                    read=read_duration,
                    required=kind in PROMISES,
                    max_length=10,
                )
        for level in LEVELS:
            self.fields[f"level_{level}"] = NotationField(
                label=_("Level %(level)s after") % {"level": level}, read=read_duration
            )
            self.fields[f"audience_{level}"] = forms.ChoiceField(
                label=_("Level %(level)s tells") % {"level": level},
                required=False,
                choices=PolicyVersion.Audience.choices,
            )

    @classmethod
    def of(cls, policy: Policy | None, settings: Mapping[str, Any]) -> PolicyForm:
        """The form filled with a policy as it is stored."""
        conditions = policy.conditions if policy else {}
        return cls(
            initial={
                "name": policy.name if policy else "",
                "is_active": policy.is_active if policy else True,
                "calendar": policy.calendar_id if policy else None,
                **{name: conditions.get(name, []) for name in ("channel", "priority", "language")},
                "team": conditions.get("team", []),
                "resolution_mode": settings["resolution_mode"],
                "warn_percent": ", ".join(map(str, settings["warn_percent"])),
                "notifies_around_the_clock": settings.get("notifies_around_the_clock", False),
                **{wait: write_duration(settings["customer_wait"][wait]) for wait in WAITS},
                "reopen_floor": write_duration(settings["reopen_floor"]),
                **_times(settings),
                **_levels(settings),
            }
        )

    def clean_warn_percent(self) -> list[int]:
        words = self.cleaned_data["warn_percent"].replace("、", ",").replace("%", "").split(",")
        if not all(word.strip().isascii() and word.strip().isdigit() for word in words):
            raise forms.ValidationError(
                _("Write whole numbers with commas between, such as 75, 90.")
            )
        return sorted({int(word) for word in words})

    def rows(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The table of times: a priority and its fields."""
        kinds = [*TARGETS, *PROMISES]
        return [(p.label, [self[f"{p}_{kind}"] for kind in kinds]) for p in Priority]

    def columns(self) -> list[Any]:
        return [*TARGETS.values(), *PROMISES.values()]

    def levels(self) -> list[tuple[int, forms.BoundField, forms.BoundField]]:
        return [(level, self[f"level_{level}"], self[f"audience_{level}"]) for level in LEVELS]

    def conditions(self) -> dict[str, list[Any]]:
        """Only what was chosen: nothing chosen means everything."""
        fields = self.cleaned_data
        chosen = {name: fields[name] for name in ("channel", "priority", "language")}
        chosen["team"] = [team.pk for team in fields["team"]]
        return {name: values for name, values in chosen.items() if values}

    def settings(self) -> dict[str, Any]:
        """What was written, as it is stored (see sla.models.PolicyVersion)."""
        fields = self.cleaned_data
        return {
            "resolution_mode": fields["resolution_mode"],
            "ack_seconds": 60,
            "warn_percent": fields["warn_percent"],
            "targets": {
                str(priority): {
                    kind: fields[f"{priority}_{kind}"]
                    for kind in TARGETS
                    if fields[f"{priority}_{kind}"] is not None
                }
                for priority in Priority
            },
            **{
                promise: {str(p): fields[f"{p}_{promise}"] for p in Priority}
                for promise in PROMISES
            },
            "promise_fallback_wall": 24 * 3600,
            "reopen_floor": fields["reopen_floor"],
            "customer_wait": {wait: fields[wait] for wait in WAITS},
            "escalation": [
                {
                    "level": level,
                    "after": fields[f"level_{level}"],
                    "audience": fields[f"audience_{level}"] or PolicyVersion.Audience.ASSIGNEE,
                }
                for level in LEVELS
                if fields[f"level_{level}"] is not None
            ],
            "notifies_around_the_clock": fields["notifies_around_the_clock"],
        }


class TesterForm(forms.Form):
    """A ticket of this kind, arriving now."""

    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices, initial=Channel.WEB)
    priority = forms.ChoiceField(
        label=_("Priority"), choices=Priority.choices, initial=Priority.NORMAL
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.order_by("name"), empty_label=None
    )


def _times(settings: Mapping[str, Any]) -> dict[str, str]:
    times = {
        f"{priority}_{kind}": write_duration(settings["targets"].get(priority, {}).get(kind))
        for priority in Priority
        for kind in TARGETS
    }
    promises = {
        f"{priority}_{promise}": write_duration(settings[promise].get(priority))
        for priority in Priority
        for promise in PROMISES
    }
    return times | promises


def _levels(settings: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for step in settings["escalation"]
        for name, value in (
            (f"level_{step['level']}", write_duration(step["after"])),
            (f"audience_{step['level']}", step["audience"]),
        )
    }
