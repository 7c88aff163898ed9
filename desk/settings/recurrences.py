"""Tickets that are opened again and again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Team
from customers.models import ContactPoint, Customer
from customers.normalizing import normalize_email
from desk import access
from desk.forms import wall_time_field
from rules.exceptions import BadRule
from rules.models import Recurrence
from rules.recurring import save_recurrence
from sla.models import Priority

KEPT = ("subject", "body", "team", "assignee", "priority", "every", "first_at", "is_active")


class RecurrenceForm(forms.Form):
    """For whom, what and how often."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("What it is about"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("The first entry of each ticket. The customer can read it."),
    )
    customer = forms.EmailField(
        label=gettext_lazy("The customer's email address"),
        max_length=320,
        help_text=gettext_lazy("Of somebody who has a record here already."),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"), queryset=Team.objects.order_by("name"), empty_label=None
    )
    assignee = forms.ModelChoiceField(
        label=gettext_lazy("Assignee"),
        queryset=Agent.objects.filter(is_active=True).order_by("name"),
        required=False,
        empty_label="–",
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), choices=Priority.choices, initial=Priority.NORMAL
    )
    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=Recurrence.Every.choices)
    first_at = wall_time_field(gettext_lazy("For the first time on"))
    is_active = forms.BooleanField(label=gettext_lazy("On"), required=False, initial=True)

    def __init__(self, data: Any = None, *, recurrence: Recurrence) -> None:
        values = {}
        if recurrence.pk:
            values = {name: getattr(recurrence, name) for name in KEPT}
            points = recurrence.customer.contact_points.filter(kind=ContactPoint.Kind.EMAIL)
            values["customer"] = points.values_list("value", flat=True).first() or ""
        super().__init__(data, initial=values)
        self.fields["first_at"].required = True

    def clean_customer(self) -> Customer:
        address = normalize_email(self.cleaned_data["customer"])
        points = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, value=address)
        point = points.select_related("customer").first()
        if point is None:
            raise forms.ValidationError(_("There is no customer with this address."))
        return point.customer


def index(request: HttpRequest) -> HttpResponse:
    """All of them, what comes next first."""
    found = Recurrence.objects.select_related("customer", "last_ticket")
    return render(request, "desk/settings/recurrences.html", {"recurrences": found})


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    recurrence = Recurrence()
    return _page(request, recurrence, RecurrenceForm(recurrence=recurrence))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    return _save(request, Recurrence())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    recurrence = access.recurrence(pk)
    return _page(request, recurrence, RecurrenceForm(recurrence=recurrence))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it; tickets that were opened stay as they are."""
    return _save(request, access.recurrence(pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good. Its tickets stay."""
    recurrence = access.recurrence(pk)
    recurrence.delete()
    messages.success(request, _("“%(name)s” is deleted.") % {"name": recurrence.subject})
    return redirect("desk:settings_recurrences")


def _save(request: HttpRequest, recurrence: Recurrence) -> HttpResponse:
    form = RecurrenceForm(request.POST, recurrence=recurrence)
    if form.is_valid():
        for name, value in form.cleaned_data.items():
            setattr(recurrence, name, value)
        recurrence.keeper = access.agent(request)
        try:
            save_recurrence(recurrence)
        except BadRule as refusal:
            form.add_error(refusal.field, str(refusal))
    if not form.is_valid():
        return _page(request, recurrence, form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % {"name": recurrence.subject})
    return redirect("desk:settings_recurrences")


def _page(
    request: HttpRequest, recurrence: Recurrence, form: RecurrenceForm, *, status: int = 200
) -> HttpResponse:
    context = {"recurrence": recurrence, "form": form}
    return render(request, "desk/settings/recurrence.html", context, status=status)
