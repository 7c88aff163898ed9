"""The only way a manager reaches an export or a saved report: what is somebody else's does not exist
for them."""

from __future__ import annotations

from typing import cast

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Agent
from accounts.permissions import Permission
from reports.exports.models import Export
from reports.saved.models import SavedReport


def agent(request: HttpRequest) -> Agent:
    """Who is signed in; helpdesk.access has let nobody else come this far."""
    return cast("Agent", request.user)


def exports(visitor: Agent) -> QuerySet[Export]:
    """Their own; everybody's for who may read who did what."""
    every = Export.objects.select_related("agent")
    return every if visitor.may(Permission.AUDIT) else every.filter(agent=visitor)


def export(visitor: Agent, pk: int) -> Export:
    """One of them. Raises Http404."""
    found = exports(visitor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def saved_reports(visitor: Agent) -> QuerySet[SavedReport]:
    """Their own, and those that are for everybody who reads reports."""
    return SavedReport.objects.filter(Q(owner=visitor) | Q(is_shared=True))


def saved_report(visitor: Agent, pk: int) -> SavedReport:
    """One that they may read. Raises Http404."""
    found = saved_reports(visitor).select_related("owner").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def own_saved_report(visitor: Agent, pk: int) -> SavedReport:
    """One that they may change. Raises Http404."""
    found = saved_report(visitor, pk)
    if not may_change(visitor, found):
        raise Http404
    return found


def may_change(visitor: Agent, report: SavedReport) -> bool:
    """Its owner; of those for everybody also who manages people, for its owner may have left."""
    is_kept = report.is_shared and visitor.may(Permission.PEOPLE)
    return report.owner_id == visitor.pk or is_kept
