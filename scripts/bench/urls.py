"""The least that Django can do for a page, a list and a form: what everything is measured by."""

from __future__ import annotations

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path
from django.utils import timezone

from helpdesk.access import RULES, Rule, Who
from sla.models import UNRESOLVED
from tickets.models import Message, Note, Ticket, TicketEvent

PAGE = "x" * 20_000
for _name, _methods in {
    "floor_view": {"GET"},
    "floor_list": {"GET"},
    "floor_form": {"GET", "POST"},
}.items():
    RULES[_name] = Rule(Who.ANYONE, frozenset(_methods))


class FloorForm(forms.Form):
    name = forms.CharField(max_length=100)
    email = forms.EmailField()
    subject = forms.CharField(max_length=200)
    body = forms.CharField(max_length=20_000)


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE)


def page(request: HttpRequest) -> HttpResponse:
    tickets = Ticket.objects.filter(status__in=UNRESOLVED).order_by("next_due_at", "pk")[:50]
    return render(request, "floor_list.html", {"tickets": tickets})


def form(request: HttpRequest) -> HttpResponse:
    bound = FloorForm(request.POST or None)
    if request.method == "POST" and bound.is_valid():
        _insert_four(bound.cleaned_data["body"])
        return redirect("floor_form")
    return render(request, "floor_form.html", {"form": bound})


@transaction.atomic
def _insert_four(body: str) -> None:
    now, ticket = timezone.now(), Ticket.objects.order_by("pk").values_list("pk", flat=True)[0]
    Message.objects.create(
        ticket_id=ticket, direction="inbound", channel="web", body=body, sent_at=now
    )
    Note.objects.create(ticket_id=ticket, body=body, written_at=now)
    TicketEvent.objects.create(ticket_id=ticket, kind="opened", at=now)
    TicketEvent.objects.create(ticket_id=ticket, kind="acknowledged", at=now)


urlpatterns = [
    path("floor/view/", view, name="floor_view"),
    path("floor/list/", page, name="floor_list"),
    path("floor/form/", form, name="floor_form"),
    path("", include("helpdesk.urls")),
]
