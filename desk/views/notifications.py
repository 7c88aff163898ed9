from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.services import mark_notifications_read
from desk import access


def index(request: HttpRequest) -> HttpResponse:
    """What this agent was told, the newest first."""
    notifications = access.agent(request).notifications.all()[:100]
    context = {"notifications": notifications, "now": timezone.now()}
    return render(request, "desk/notifications.html", context)


def mark_read(request: HttpRequest) -> HttpResponse:
    """Nothing is unread any more."""
    mark_notifications_read(access.agent(request), now=timezone.now())
    return redirect("desk:notification_list")
