"""What customers said of our work, and making up for what was bad."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from desk import access
from desk.origin import Origin
from tickets.events import rating_words
from tickets.models import Rating
from tickets.services.rating import finish_recovery

SHOWN = 50
LATELY = timedelta(days=30)


class RecoveryForm(forms.Form):
    """What was done."""

    words = forms.CharField(max_length=500)


def index(request: HttpRequest) -> HttpResponse:
    """What is to be made up for, the most urgent first, and the newest ratings."""
    now = timezone.now()
    ratings = access.ratings(access.agent(request)).select_related("ticket__customer")
    given = ratings.filter(answered_at__isnull=False)
    to_do = given.filter(recovery_due_at__isnull=False, recovered_at=None)
    context = {
        "to_do": [_line(each) for each in to_do.order_by("recovery_due_at")[:SHOWN]],
        "given": [_line(each) for each in given.order_by("-answered_at", "-pk")[:SHOWN]],
        "count": ratings.filter(asked_at__gt=now - LATELY).aggregate(
            asked=Count("pk"),
            answered=Count("pk", filter=Q(answered_at__isnull=False)),
            good=Count("pk", filter=Q(kind="csat", value=1) | Q(kind="effort", value__gte=3)),
        ),
        "now": now,
    }
    return render(request, "desk/ratings.html", context)


def create_recovery(request: HttpRequest, number: str) -> HttpResponse:
    """Say that it is made up for, and how."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    rating, form = access.rating_to_recover(agent, ticket), RecoveryForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say in at most 500 characters what was done."))
    elif finish_recovery(rating, words=form.cleaned_data["words"], by=agent):
        messages.success(request, _("Noted. Thank you for speaking to the customer."))
    else:
        messages.info(request, _("A colleague has taken care of it already."))
    return redirect(Origin.of(request).ticket(number))


def _line(rating: Rating) -> tuple[Rating, str]:
    return rating, rating_words(rating.kind, rating.value)
