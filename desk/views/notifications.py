from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import Notification
from accounts.services import mark_notifications_read
from desk import access

SHOWN = 200


@dataclass(frozen=True)
class Group:
    """All that was told about one ticket."""

    newest: Notification
    earlier: list[Notification]


def index(request: HttpRequest) -> HttpResponse:
    """What this agent was told, ticket by ticket, the newest first."""
    told = access.agent(request).notifications.filter(is_in_desk=True)[:SHOWN]
    context = {
        "groups": _by_ticket(told),
        "keeps_mail": access.may_keep_mail(access.agent(request)),
        "now": timezone.now(),
    }
    return render(request, "desk/notifications.html", context)


def _by_ticket(told: Iterable[Notification]) -> list[Group]:
    """What concerns one ticket stands together, where its newest is."""
    groups: dict[str, list[Notification]] = {}
    for notification in told:
        groups.setdefault(notification.path, []).append(notification)
    return [Group(newest, earlier) for newest, *earlier in groups.values()]


def mark_read(request: HttpRequest) -> HttpResponse:
    """Nothing is unread any more."""
    mark_notifications_read(access.agent(request), now=timezone.now())
    return redirect("desk:notification_list")
