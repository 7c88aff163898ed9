"""Opening hours as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sla.countries import country_choices, country_code, read_region, region_name
from sla.notation import (
    NotationError,
    read_days,
    read_duration,
    read_hours,
    read_special_days,
    read_zone,
    write_hours,
    write_special_days,
)

WEEKDAYS = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}
MOST_COUNTRIES = 12


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
    tz = NotationField(
        label=_("Time zone"),
        read=read_zone,
        required=True,
        max_length=64,
        help_text=_("For example Asia/Tokyo or Europe/London."),
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
    worked = NotationField(
        label=_("Public holidays on which we work"),
        read=read_days,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line: 2026-11-03, or 11-03 for every year. The hours of the week hold."),
    )
    may_never_open = forms.BooleanField(
        label=_("Nobody is ever here with these hours, and that is meant"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day, label in WEEKDAYS.items():
            self.fields[day] = NotationField(label=label, read=read_hours, max_length=200)
        self._places = self._add_places()

    def _add_places(self) -> list[int]:
        """Two fields for each place there is, and while reading a place more to fill in."""
        filled = self.data if self.is_bound else self.initial
        every = range(1, MOST_COUNTRIES + 1)
        known = len(list(takewhile(lambda n: f"country_{n}" in filled, every)))
        places = list(every[: max(known, 1) if self.is_bound else max(known + 1, 2)])
        choices = [("", _("none")), *country_choices()]
        for n in places:
            self.fields[f"country_{n}"] = forms.ChoiceField(
                label=_("Country %(number)s") % {"number": n}, required=False, choices=choices
            )
            self.fields[f"region_{n}"] = forms.CharField(
                label=_("Region %(number)s") % {"number": n}, required=False, max_length=60
            )
        return places

    @classmethod
    def of(cls, name: str, hours: Mapping[str, Any]) -> CalendarForm:
        """The form filled with hours as they are stored."""
        return cls(
            initial={
                "name": name,
                "tz": hours["tz"],
                **_places(hours),
                "closed": "\n".join(hours.get("closed", [])),
                "open": write_special_days(hours.get("open", {})),
                "worked": "\n".join(worked_holidays(hours)),
                **{day: write_hours(hours["weekly"].get(day, [])) for day in WEEKDAYS},
            }
        )

    def weekdays(self) -> list[forms.BoundField]:
        return [self[day] for day in WEEKDAYS]

    def places(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"country_{n}"], self[f"region_{n}"]) for n in self._places]

    def clean(self) -> dict[str, Any]:
        """A region belongs to a country, and we know it."""
        fields = self.cleaned_data
        for n in self._places:
            country, region = fields.get(f"country_{n}"), fields.get(f"region_{n}", "")
            try:
                fields[f"region_{n}"] = _region(country, region)
            except NotationError as error:
                self.add_error(f"region_{n}", str(error))
        return fields

    def hours(self) -> dict[str, Any]:
        """What was written, as it is stored."""
        fields = self.cleaned_data
        places = [(fields[f"country_{n}"], fields[f"region_{n}"]) for n in self._places]
        return {
            "tz": fields["tz"],
            "weekly": {day: fields[day] for day in WEEKDAYS if fields[day]},
            "holidays": [
                {
                    "country": country,
                    **({"subdivision": region} if region else {}),
                    **({"removals": fields["worked"]} if fields["worked"] else {}),
                }
                for country, region in dict.fromkeys(places)
                if country
            ],
            "closed": fields["closed"],
            "open": fields["open"],
        }


def _places(hours: Mapping[str, Any]) -> dict[str, str]:
    """Countries and regions by the names that the form shows."""
    places: dict[str, str] = {}
    for n, entry in enumerate(hours.get("holidays", []), start=1):
        country, region = country_code(entry["country"]), entry.get("subdivision")
        places[f"country_{n}"] = country
        places[f"region_{n}"] = region_name(country, region) if region else ""
    return places


def worked_holidays(hours: Mapping[str, Any]) -> list[str]:
    """The holidays taken out, once each, of whichever country they are."""
    entries = hours.get("holidays", [])
    return list(dict.fromkeys(day for entry in entries for day in entry.get("removals", [])))


def _region(country: str | None, text: str) -> str | None:
    if country:
        return read_region(country, text)
    if text:
        raise NotationError(_("Choose the country of “%(text)s”, too.") % {"text": text})
    return None
