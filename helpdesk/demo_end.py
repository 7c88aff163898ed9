"""DEMO only: whoever has seen enough starts with an empty desk. The supervisor does it."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from desk import access
from desk.secret_links import make_private
from helpdesk.supervisor.emptying import ask_for_the_end

# By then the pages of the demo are gone, and the next one waits for the empty desk.
SECONDS = 10


class EndForm(forms.Form):
    """Nobody deletes everything with one click."""

    is_known = forms.BooleanField(
        label=_("Delete everything in this desk. I know that it cannot be brought back"),
        error_messages={"required": _("Tick this to start with an empty desk.")},
    )


def end(request: HttpRequest) -> HttpResponse:
    """What it means; and then that it happens, until the empty desk can be set up."""
    access.check_sees_first_steps(access.agent(request))
    if not settings.CAN_START_EMPTY:
        raise Http404
    form = EndForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "dev/demo_end.html", {"form": form}, status=status)
    token = ask_for_the_end(settings.DATA_DIR)
    link = reverse("desk:first_run_begin", args=[token])
    response = make_private(render(request, "dev/demo_ends.html", {"link": link}))
    response.headers["Refresh"] = f"{SECONDS};url={link}"
    return response
