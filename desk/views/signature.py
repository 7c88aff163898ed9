"""What stands below one's own replies."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from accounts.signatures import MOST, keep_signature, signature_of
from desk import access
from desk.signatures import SignatureField


class SignatureForm(forms.Form):
    """Their own."""

    signature = SignatureField(
        label=gettext_lazy("Signature"),
        help_text=gettext_lazy(
            "Empty: that of the team, or else your name and the name of this desk. You can use"
            " {{agent}}, {{team}} and {{brand}}."
        ),
    )


def show(request: HttpRequest) -> HttpResponse:
    """The form, and how it looks below a reply."""
    agent = access.agent(request)
    form = SignatureForm(initial={"signature": agent.signature})
    return _page(request, form, shown=_shown(agent, agent.signature))


def update(request: HttpRequest) -> HttpResponse:
    """Change it. Letters that are written from now on follow."""
    agent, form = access.agent(request), SignatureForm(request.POST)
    if not form.is_valid():
        return _page(request, form, shown="", status=422)
    keep_signature(agent, form.cleaned_data["signature"])
    messages.success(request, _("Your signature is saved."))
    return redirect("desk:signature")


def preview(request: HttpRequest) -> HttpResponse:
    """How it would look: a part of the page, or the page with it."""
    agent, form = access.agent(request), SignatureForm(request.POST)
    text = request.POST.get("signature", "")[:MOST]
    shown = _shown(agent, text.replace("\r\n", "\n").strip())
    if request.headers.get("HX-Request"):
        return render(request, "desk/_signature.html", {"shown": shown})
    return _page(request, form, shown=shown)


def _shown(agent: Agent, text: str) -> str:
    """In the agent's own language, and with their first team."""
    writer = Agent(name=agent.name, signature=text)
    team = agent.teams.order_by("name").first()
    return signature_of(writer, team=team, language=agent.language)


def _page(
    request: HttpRequest, form: SignatureForm, *, shown: str, status: int = 200
) -> HttpResponse:
    return render(request, "desk/signature.html", {"form": form, "shown": shown}, status=status)
