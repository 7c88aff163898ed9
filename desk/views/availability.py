"""Being there and being away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.absence import come_back, go_away, substitutes_of
from accounts.models import Agent
from accounts.selectors import teams_led_by
from desk import access


class AbsenceForm(forms.Form):
    """Until when, and who stands in."""

    until = forms.DateTimeField(
        label=gettext_lazy("Back on"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Empty: until you say that you are back."),
        error_messages={
            "invalid": gettext_lazy("Enter a date and a time such as 2026-11-24 15:00.")
        },
    )
    substitute = forms.ChoiceField(
        label=gettext_lazy("Who stands in"),
        required=False,
        help_text=gettext_lazy(
            "They are told what you would be told, and get tickets that are given to you."
        ),
    )

    def __init__(self, data: Any = None, *, agent: Agent) -> None:
        self._people = {str(each.pk): each for each in substitutes_of(agent)}
        known = str(agent.substitute_id) if agent.substitute_id else ""
        until = agent.away_until if agent.is_absent else None
        super().__init__(data, initial={"substitute": known, "until": until})
        field = self.fields["substitute"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        names = [(pk, each.name) for pk, each in self._people.items()]
        field.choices = [("", gettext_lazy("Nobody")), *names]

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until <= timezone.now():
            raise forms.ValidationError(_("This time is in the past. Choose a later one."))
        return until

    def stand_in(self) -> Agent | None:
        """The colleague that was chosen."""
        return self._people.get(self.cleaned_data["substitute"])


def show(request: HttpRequest) -> HttpResponse:
    """Whether one is there, until when not, and who stands in."""
    return _page(request, AbsenceForm(agent=access.agent(request)))


def update(request: HttpRequest) -> HttpResponse:
    """Go away, or come back."""
    agent = access.agent(request)
    if request.POST.get("is") == "back":
        come_back(agent)
        messages.success(request, _("Welcome back. New tickets can come to you again."))
        return redirect("desk:availability")
    form = AbsenceForm(request.POST, agent=agent)
    if not form.is_valid():
        return _page(request, form, status=422)
    go_away(agent, until=form.cleaned_data["until"], substitute=form.stand_in())
    messages.success(request, _("You are away now. No ticket is assigned to you automatically."))
    return redirect("desk:availability")


def _page(request: HttpRequest, form: AbsenceForm, *, status: int = 200) -> HttpResponse:
    agent = access.agent(request)
    led = teams_led_by(agent)
    context = {"form": form, "led": led, "now": timezone.now()}
    return render(request, "desk/availability.html", context, status=status)
