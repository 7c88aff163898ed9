"""The only way a manager reaches an export: what somebody else asked for does not exist for them."""

from __future__ import annotations

from typing import cast

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Agent
from reports.exports.models import Export


def agent(request: HttpRequest) -> Agent:
    """Who is signed in; helpdesk.access has let nobody else come this far."""
    return cast("Agent", request.user)


def exports(visitor: Agent) -> QuerySet[Export]:
    """Their own; for administrators everybody's."""
    every = Export.objects.select_related("agent")
    return every if visitor.is_administrator else every.filter(agent=visitor)


def export(visitor: Agent, pk: int) -> Export:
    """One of them. Raises Http404."""
    found = exports(visitor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
