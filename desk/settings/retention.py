"""How long customers are remembered who need us no more."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Max, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.numbers import whole_number
from desk import access
from privacy.retention import (
    AN_HOUR,
    FEWEST_MONTHS,
    MOST_MONTHS,
    due_customers,
    retention,
    save_retention,
)
from tickets.models import Ticket

SHOWN = 50
COUNTED = 1000


class RetentionForm(forms.Form):
    """After how many months; whoever erases says that they know it."""

    months = forms.IntegerField(
        label=gettext_lazy("Months"),
        required=False,
        min_value=FEWEST_MONTHS,
        max_value=MOST_MONTHS,
        help_text=gettext_lazy(
            "Counted from the last thing that happened on any of their tickets. Empty: customers are"
            " kept for ever."
        ),
    )
    is_known = forms.BooleanField(
        label=gettext_lazy("I know that what is erased cannot be brought back"), required=False
    )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("months") and not said.get("is_known"):
            self.add_error("is_known", _("Tick this to have customers erased."))
        return said


def show(request: HttpRequest) -> HttpResponse:
    """The form; with ?months= whose time would be over now."""
    kept = retention()
    asked = whole_number(request.GET.get("months", ""))
    months = asked if asked and FEWEST_MONTHS <= asked <= MOST_MONTHS else kept.months
    return _page(request, RetentionForm(initial={"months": months}), months)


def update(request: HttpRequest) -> HttpResponse:
    """From now on so."""
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _page(request, form, form.cleaned_data.get("months"), status=422)
    months = form.cleaned_data["months"]
    save_retention(months=months, by=access.agent(request))
    said = _("Customers are erased from now on.") if months else _("Customers are kept for ever.")
    messages.success(request, said)
    return redirect("desk:settings_retention")


def _page(
    request: HttpRequest, form: RetentionForm, months: int | None, *, status: int = 200
) -> HttpResponse:
    now, rows, number = timezone.now(), [], 0
    if months:
        due = due_customers(months, now=now)
        number = due.order_by()[:COUNTED].count()
        last = Ticket.objects.filter(customer=OuterRef("pk")).values("customer")
        latest = last.annotate(at=Max("updated_at")).values("at")
        rows = list(due.annotate(last_at=Subquery(latest))[:SHOWN])
    context = {
        "form": form,
        "months": months,
        "kept": retention(),
        "number": number,
        "is_more": number >= COUNTED,
        "customers": rows,
        "an_hour": AN_HOUR,
        "now": now,
    }
    return render(request, "desk/settings/retention.html", context, status=status)
