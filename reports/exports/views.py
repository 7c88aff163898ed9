"""Exports: ask for one, see how far it is, fetch it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.looking import note_look
from audit.models import Access
from common.downloads import as_download
from reports import access
from reports.exports.facts import FactsAsked
from reports.exports.models import Export
from reports.exports.working import ask_for_export, cancel_export, record_download
from reports.filtering import desk_today
from reports.live import live_page
from tickets.queue import QueueFilter

SHOWN = 100
# Longer than the address of any list.
LONGEST_QUERY = 2000
ASKED_FROM: dict[str, str] = {
    Export.Kind.QUEUE: "desk:queue",
    Export.Kind.FACTS: "reports:behind",
}


def index(request: HttpRequest) -> HttpResponse:
    """What one asked for; administrators see everybody's, and who fetched it."""
    agent = access.agent(request)
    exports = (
        access.exports(agent).prefetch_related("downloads__agent").order_by("-asked_at", "-pk")
    )
    context = {"exports": exports[:SHOWN], "now": timezone.now()}
    return render(request, "reports/exports.html", context)


def create(request: HttpRequest) -> HttpResponse:
    """Of the tickets of a list, or of the rows behind a figure."""
    encoding, query = request.POST.get("encoding", ""), request.POST.get("query", "")
    is_of_facts = request.POST.get("kind") == Export.Kind.FACTS
    export = ask_for_export(
        agent=access.agent(request),
        kind=Export.Kind.FACTS if is_of_facts else Export.Kind.QUEUE,
        query=(
            FactsAsked.from_query(query[:LONGEST_QUERY], desk_today()).query()
            if is_of_facts
            else QueueFilter.parse(query).query()
        ),
        encoding=encoding if encoding in Export.Encoding.values else Export.Encoding.UTF_8,
    )
    note_look(Access.Kind.EXPORT, thing=export.pk)
    return redirect("reports:export", pk=export.pk)


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; in the end, where the file is."""
    export = access.export(access.agent(request), pk)
    return live_page(
        request,
        "reports/export.html",
        "reports/_export.html",
        {"export": export, "is_over": not export.is_working},
        more=_around(export),
    )


def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it, while it is at work."""
    export = access.export(access.agent(request), pk)
    if not cancel_export(export):
        messages.info(request, _("It had ended already."))
    return redirect("reports:export", pk=pk)


def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, and a line in the record of who fetched it."""
    agent = access.agent(request)
    export = access.export(agent, pk)
    if not export.is_ready:
        raise Http404
    response = as_download(export.file, name=_file_name(export), content_type="text/csv")
    if request.method == "GET":
        record_download(export, by=agent)
        note_look(Access.Kind.DOWNLOAD, thing=export.pk)
    return response


def _around(export: Export) -> dict[str, Any]:
    return {
        "downloads": export.downloads.select_related("agent"),
        "list_url": f"{reverse(ASKED_FROM[export.kind])}?{export.query}",
        "now": timezone.now(),
    }


def _file_name(export: Export) -> str:
    name = "report" if export.kind == Export.Kind.FACTS else "tickets"
    return f"{name}-{timezone.localtime(export.asked_at):%Y-%m-%d-%H%M}.csv"
