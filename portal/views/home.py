from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from sla.selectors import promise_for_inquiry
from tickets.models import Channel


def home(request: HttpRequest) -> HttpResponse:
    """The help centre's front door: how to reach a person."""
    promise_at = promise_for_inquiry(
        channel=Channel.WEB, language=get_language() or "ja", now=timezone.now()
    )
    return render(request, "portal/home.html", {"promise_at": promise_at})
