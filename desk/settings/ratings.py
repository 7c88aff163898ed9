"""Whether customers are asked how it was, and how seldom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from tickets.models import RatingSettings
from tickets.services.rating import rating_settings, save_rating_settings


class RatingSettingsForm(forms.Form):
    """The two rules."""

    is_on = forms.BooleanField(
        label=gettext_lazy("Ask customers how it was when a reply solves their inquiry"),
        required=False,
    )
    days_between = forms.IntegerField(
        label=gettext_lazy("Days between two questions to one customer"),
        min_value=1,
        max_value=365,
        help_text=gettext_lazy(
            "Satisfaction and effort are asked in turn, and never those who want no automatic mail."
        ),
    )

    def __init__(self, data: Any = None, *, rules: RatingSettings) -> None:
        super().__init__(data, initial={"is_on": rules.is_on, "days_between": rules.days_between})


def show(request: HttpRequest) -> HttpResponse:
    """What holds."""
    return _page(request, RatingSettingsForm(rules=rating_settings()))


def update(request: HttpRequest) -> HttpResponse:
    """What holds from now on."""
    form = RatingSettingsForm(request.POST, rules=rating_settings())
    if not form.is_valid():
        return _page(request, form, status=422)
    save_rating_settings(**form.cleaned_data, by=access.agent(request), now=timezone.now())
    messages.success(request, _("Saved. It holds for replies from now on."))
    return redirect("desk:settings_ratings")


def _page(request: HttpRequest, form: RatingSettingsForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "rules": rating_settings()}
    return render(request, "desk/settings/ratings.html", context, status=status)
