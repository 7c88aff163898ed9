"""What somebody says of a saved report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from reports.exports.models import Export
from reports.saved.models import SavedReport
from reports.saved.services import readers

HOURS = [(hour, f"{hour}:00") for hour in range(24)]


class SavedReportForm(forms.Form):
    """Its name, who finds it, and when it goes to whom by mail."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        error_messages={"required": gettext_lazy("Give the report a name.")},
    )
    is_shared = forms.BooleanField(
        label=gettext_lazy("Everybody who reads reports finds it in their list"), required=False
    )
    schedule = forms.ChoiceField(
        label=gettext_lazy("By mail"),
        choices=SavedReport.Schedule.choices,
        required=False,
        help_text=gettext_lazy(
            "A period such as “7 days” then ends the day before: the mail has whole days only."
        ),
    )
    hour = forms.TypedChoiceField(label=gettext_lazy("At"), choices=HOURS, coerce=int, initial=8)
    recipients = forms.ModelMultipleChoiceField(
        label=gettext_lazy("To"),
        queryset=Agent.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("The attached CSV file"),
        choices=Export.Encoding.choices,
        initial=Export.Encoding.UTF_8,
    )

    def __init__(self, data: Any = None, *, report: SavedReport) -> None:
        super().__init__(
            data,
            initial={
                "name": report.name,
                "is_shared": report.is_shared,
                "schedule": report.schedule,
                "hour": report.hour,
                "encoding": report.encoding,
                "recipients": report.recipients.all() if report.pk else [report.owner_id],
            },
        )
        recipients = self.fields["recipients"]
        assert isinstance(recipients, forms.ModelMultipleChoiceField)  # noqa: S101 - see above
        recipients.queryset = readers()
        self.fields["hour"].help_text = _("By the clock of %(zone)s.") % {
            "zone": report.owner.time_zone
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        nobody = "recipients" in cleaned and not cleaned["recipients"]
        if cleaned.get("schedule") and nobody:
            self.add_error("recipients", _("Say to whom it goes."))
        return cleaned
