"""Taking the whole desk along."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from audit.looking import note_look
from audit.models import Access
from common.downloads import as_download
from desk import access
from transfers.models import DeskExport
from transfers.taking_along import ask_for_export

SHOWN = 20


def index(request: HttpRequest) -> HttpResponse:
    """To ask for all of it, and what was asked for so far."""
    access.check_may_everything(access.agent(request))
    exports = list(DeskExport.objects.select_related("agent")[:SHOWN])
    context = {
        "exports": exports,
        "is_working": any(each.is_working for each in exports),
        "now": timezone.now(),
    }
    return render(request, "desk/settings/export.html", context)


def create(request: HttpRequest) -> HttpResponse:
    """Begin to put all of it into a file."""
    agent = access.agent(request)
    access.check_may_everything(agent)
    export = ask_for_export(by=agent)
    note_look(Access.Kind.EXPORT, thing=f"desk {export.pk}")
    return redirect("desk:settings_export")


def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file; who fetched it is written down."""
    access.check_may_everything(access.agent(request))
    export = DeskExport.objects.filter(pk=pk).first()
    if export is None or not export.is_ready:
        raise Http404
    name = f"yakusoku-{timezone.localtime(export.asked_at):%Y-%m-%d-%H%M}.zip"
    response = as_download(export.file, name=name, content_type="application/zip")
    if request.method == "GET":
        note_look(Access.Kind.DOWNLOAD, thing=f"desk {export.pk}")
    return response
