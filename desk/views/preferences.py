from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Language
from desk import access
from reports.charts.examples import examples

THEMES = {"", "light", "dark"}


def update(request: HttpRequest) -> HttpResponse:
    """Change one's own language, theme or keys, and stay on the page."""
    agent = access.agent(request)
    language, theme = request.POST.get("language"), request.POST.get("theme")
    if language in Language.values:
        agent.language = language
    if theme in THEMES and theme is not None:
        agent.theme = theme
    if (keys := request.POST.get("keys")) in {"on", "off"}:
        agent.keys_off = keys == "off"
    agent.save(update_fields=["language", "theme", "keys_off"])
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    # An address, never the name of a view.
    if target.startswith("/") and is_ours:
        return HttpResponseRedirect(target)
    return redirect("desk:queue")


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    return render(request, "desk/styleguide.html", {"charts": examples()})
