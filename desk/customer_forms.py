"""Forms of a customer's record."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customers.models import ContactPoint, Customer
from desk.describing import FieldsForm
from topics.selectors import definitions


class CustomerForm(FieldsForm):
    """What we know of the person."""

    name = forms.CharField(label=_("Name"), required=False, max_length=100)
    organization = forms.CharField(
        label=_("Organisation"),
        required=False,
        max_length=200,
        help_text=_("A name that is not known yet makes a new organisation."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Letters to the customer are written in it."),
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        help_text=_("Promised times are shown in it, for example Asia/Tokyo."),
    )

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        initial = {
            "name": customer.name,
            "organization": customer.organization.name if customer.organization else "",
            "language": customer.language,
            "time_zone": customer.time_zone,
        }
        super().__init__(data, initial=initial)
        self.ask(definitions().customer_fields(customer.fields), customer.fields)

    @property
    def record(self) -> dict[str, Any]:
        """The values beside those of fields."""
        return {name: self.cleaned_data[name] for name in self.base_fields}

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone not in available_timezones():
            raise ValidationError(_("Enter a time zone such as Asia/Tokyo or Europe/Paris."))
        return zone


class AddressForm(forms.Form):
    """One more way to reach the customer."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ContactPoint.Kind.choices)
    value = forms.CharField(
        label=_("Address or number"),
        max_length=320,
        error_messages={"required": _("Enter an address or a number.")},
    )


class CustomerNoteForm(forms.Form):
    """What colleagues should know of the person."""

    body = forms.CharField(
        label=_("New note"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write what colleagues should know.")},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="customer-note-%s")
