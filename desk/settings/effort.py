"""What each thing that is work for a customer counts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from tickets.effort import MOST, Parts, effort_weights, lines, score
from tickets.models import EffortWeights
from tickets.services.weighing import save_effort_weights

# A matter that took its customer a good deal of work.
EXAMPLE = Parts(
    contacts=3,
    hand_overs=1,
    asked_again=1,
    channel_changes=1,
    chasers=1,
    reopens=1,
    seconds_late=90 * 60,
    broken_promises=1,
)


def _points(label: Any, effect: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=effect, min_value=0, max_value=MOST)


class EffortForm(forms.Form):
    """The points of each thing, by the names of EffortWeights."""

    contact = _points(
        gettext_lazy("Each further message"),
        gettext_lazy("The customer had to write or call again. A bare thanks does not count."),
    )
    hand_over = _points(
        gettext_lazy("Each hand-over"),
        gettext_lazy("Somebody else came to have the ticket, and had to be told."),
    )
    asked_again = _points(
        gettext_lazy("Each thing asked again"),
        gettext_lazy("After the first thing that we asked of the customer, we asked for another."),
    )
    channel_change = _points(
        gettext_lazy("Each change of channel"),
        gettext_lazy("The customer wrote, and then had to call, or the other way round."),
    )
    chaser = _points(
        gettext_lazy("Each time they ask for news"),
        gettext_lazy("Counts on top of the message itself: they should not have had to."),
    )
    reopen = _points(
        gettext_lazy("Each reopening"),
        gettext_lazy("It had been called solved, and was not."),
    )
    hour_late = _points(
        gettext_lazy("Each hour beyond a promise"),
        gettext_lazy("Every hour that has begun, by night too: the customer waits all the time."),
    )

    def __init__(self, data: Any = None, *, weights: EffortWeights) -> None:
        super().__init__(data, initial=model_to_dict(weights, fields=self.base_fields))


def show(request: HttpRequest) -> HttpResponse:
    """What holds, and what it makes of an example."""
    weights = effort_weights()
    return _page(request, EffortForm(weights=weights), weights)


def example(request: HttpRequest) -> HttpResponse:
    """What the points that are being typed make of the example; nothing is saved."""
    form = EffortForm(request.POST, weights=effort_weights())
    if not form.is_valid():
        return HttpResponse(status=204)
    typed = EffortWeights(**form.cleaned_data)
    return render(request, "desk/settings/_effort_example.html", _example(typed))


def update(request: HttpRequest) -> HttpResponse:
    """What holds from now on."""
    weights = effort_weights()
    form = EffortForm(request.POST, weights=weights)
    if not form.is_valid():
        return _page(request, form, weights, status=422)
    save_effort_weights(form.cleaned_data, by=access.agent(request), now=timezone.now())
    messages.success(request, _("Saved. Tickets show their effort by these points from now on."))
    return redirect("desk:settings_effort")


def _page(
    request: HttpRequest, form: EffortForm, weights: EffortWeights, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "weights": weights, **_example(weights)}
    return render(request, "desk/settings/effort.html", context, status=status)


def _example(weights: EffortWeights) -> dict[str, Any]:
    told = lines(EXAMPLE, weights)
    total = sum(line.points for line in told)
    return {"lines": told, "score": score(EXAMPLE, weights), "is_capped": total > MOST}
