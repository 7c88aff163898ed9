"""Policies as people write them, and the tester."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Language, Team
from desk.settings.calendar_form import NotationField
from sla.engine.settings import STOPWATCHES
from sla.models import BusinessCalendar, Kind, Policy, PolicyVersion, Priority
from sla.notation import read_duration, write_duration
from tickets.models import Channel

PROMISES = {"promise_initial": _("First promise"), "promise_default": _("Next promise")}
TARGETS = {kind: Kind(kind).label for kind in STOPWATCHES}
WAITS = ("nudge_1", "nudge_2", "auto_close")
LEVELS = (1, 2, 3, 4)


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
    holding_note = forms.BooleanField(
        label=_("Tell the customer in time when it takes longer"),
        required=False,
        help_text=_(
            "When 90% of a promise's time is used, or 5 minutes are left, and nobody has been in"
            " touch, the customer gets a letter that names a later time; never twice in a row, and"
            " only for promises made from then on. Reports count the promise as rescued, not as kept."
        ),
    )
    returns_unanswered = forms.BooleanField(
        label=_("Bring it back to us instead of closing it"),
        required=False,
        help_text=_(
            "After both reminders somebody may be stuck rather than done. The ticket is open again at"
            " the time below, with a new promise, and says that somebody should call."
        ),
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
    def of(
        cls, policy: Policy, settings: Mapping[str, Any], *, calendar: BusinessCalendar | None
    ) -> PolicyForm:
        """The form filled with a policy and what one of its versions says, or a preset."""
        conditions = policy.conditions
        return cls(
            initial={
                "name": policy.name,
                "is_active": policy.is_active,
                "calendar": calendar and calendar.pk,
                **{name: conditions.get(name, []) for name in ("channel", "priority", "language")},
                "team": conditions.get("team", []),
                "resolution_mode": settings["resolution_mode"],
                "warn_percent": ", ".join(map(str, settings["warn_percent"])),
                "notifies_around_the_clock": settings.get("notifies_around_the_clock", False),
                "holding_note": settings.get("holding_note", False),
                "returns_unanswered": settings.get("returns_unanswered", False),
                **{wait: write_duration(settings["customer_wait"][wait]) for wait in WAITS},
                "reopen_floor": write_duration(settings["reopen_floor"]),
                **_times(settings),
                **_levels(settings),
            }
        )

    def clean_warn_percent(self) -> list[int]:
        words = self.cleaned_data["warn_percent"].replace("、", ",").replace("%", "").split(",")
        are_numbers = all(word.strip().isascii() and word.strip().isdigit() for word in words)
        if not are_numbers or not all(1 <= int(word) <= 100 for word in words):
            raise forms.ValidationError(
                _("Write whole numbers from 1 to 100 with commas between, such as 75, 90.")
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
            "holding_note": fields["holding_note"],
            "returns_unanswered": fields["returns_unanswered"],
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
