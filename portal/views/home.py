from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from knowledge.selectors import shelves
from portal.pages import promise_if_asked_now


def home(request: HttpRequest) -> HttpResponse:
    """The help centre's front door: answers to find, and how to reach a person."""
    context = {
        "shelves": shelves(get_language() or "ja"),
        "promise_at": promise_if_asked_now(),
    }
    return render(request, "portal/home.html", context)
