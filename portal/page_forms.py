"""What customers choose on the page of one inquiry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tickets.models import Ticket

# One of each time that people live by, by its best known city.
ZONES = (
    *("Asia/Tokyo", "Asia/Seoul", "Asia/Shanghai", "Asia/Taipei", "Asia/Hong_Kong"),
    *("Asia/Singapore", "Asia/Bangkok", "Asia/Jakarta", "Asia/Kolkata", "Asia/Dubai"),
    *("Europe/Istanbul", "Europe/Athens", "Europe/Paris", "Europe/Berlin", "Europe/London"),
    *("UTC", "America/Sao_Paulo", "America/New_York", "America/Chicago", "America/Denver"),
    *("America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "Pacific/Auckland"),
    *("Australia/Sydney", "Australia/Adelaide", "Australia/Perth"),
)


class LanguageForm(forms.Form):
    """How we write about it: in which language, and by which clock."""

    language = forms.ChoiceField(label=_("Language of our letters"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Times are shown for"))

    def __init__(self, data: Any = None, *, ticket: Ticket) -> None:
        own = ticket.customer.time_zone
        super().__init__(data, initial={"language": ticket.language, "time_zone": own})
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        names = ZONES if own in ZONES else (own, *ZONES)
        field.choices = [(name, name.replace("_", " ")) for name in names]
