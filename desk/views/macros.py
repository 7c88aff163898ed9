"""Choosing a macro for a ticket; and keeping macros."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from desk import access
from desk.forms import MoveForm
from desk.macros import (
    MacroForm,
    audience_of,
    example_of,
    offers,
    placeholder_names,
    promise_of,
)
from desk.origin import Origin
from tickets.exceptions import BadMacro
from tickets.macros import filled
from tickets.models import Macro
from tickets.services import macros
from tickets.services.drafting import begin_with_macro

# Choosing -------------------------------------------------------------------------------------


def choose(request: HttpRequest, number: str) -> HttpResponse:
    """The macros for this customer, filled in: a page, or the lines of the picker."""
    agent, now = access.agent(request), timezone.now()
    ticket = access.ticket(agent, number)
    text = request.GET.get("q", "")[:200]
    found = macros.macros_for(ticket, agent=agent, text=text)
    context = {
        "ticket": ticket,
        "offers": offers(found, ticket, agent=agent, now=now),
        "text": text,
        "back_url": Origin.of(request).ticket(ticket.number),
        "origin": Origin.of(request),
    }
    is_part = bool(request.headers.get("HX-Request"))
    return render(request, f"desk/{'_macro_options' if is_part else 'macros'}.html", context)


def use(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Put the text of a macro into one's reply, with what it proposes."""
    agent, now = access.agent(request), timezone.now()
    ticket = access.ticket(agent, number)
    macro = access.macro(agent, pk)
    begin_with_macro(
        ticket,
        macro,
        body=filled(macro.body, ticket, agent=agent),
        promise_at=promise_of(macro, ticket, now=now),
        agent=agent,
        now=now,
    )
    return redirect(f"{Origin.of(request).ticket(ticket.number)}#reply_body")


# Keeping --------------------------------------------------------------------------------------


def index(request: HttpRequest) -> HttpResponse:
    """All macros this agent may use, and which of them they may change."""
    agent = access.agent(request)
    kept = set(macros.macros_kept_by(agent).values_list("pk", flat=True))
    context = {
        "macros": [
            {
                "macro": macro,
                "is_kept": macro.pk in kept,
                "audience": audience_of(macro),
            }
            for macro in macros.macros_in_order(agent)
        ]
    }
    return render(request, "desk/settings/macros.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    macro = Macro()
    return _page(request, macro, MacroForm(macro=macro, agent=access.agent(request)))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    return _save(request, Macro())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    agent = access.agent(request)
    macro = access.kept_macro(agent, pk)
    return _page(request, macro, MacroForm(macro=macro, agent=agent))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it. Replies that were begun with it stay as they are."""
    return _save(request, access.kept_macro(access.agent(request), pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """The macro goes; what was written with it stays."""
    macro = access.kept_macro(access.agent(request), pk)
    macro.delete()
    messages.success(request, _("The macro “%(name)s” is deleted.") % {"name": macro.name})
    return redirect("desk:macro_list")


def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    macro = access.kept_macro(access.agent(request), pk)
    form = MoveForm(request.POST)
    if form.is_valid():
        macros.move_macro(macro, by=int(form.cleaned_data["by"]))
    return redirect("desk:macro_list")


def preview(request: HttpRequest) -> HttpResponse:
    """The text as it would be for a customer."""
    agent, text = access.agent(request), request.POST.get("body", "")[:20_000]
    language = request.POST.get("language", "") or get_language() or "ja"
    shown = filled(
        text, example_of(language), agent=agent, promise_at=timezone.now() + timedelta(days=1)
    )
    return render(request, "desk/_preview.html", {"text": shown, "language": language})


def _save(request: HttpRequest, macro: Macro) -> HttpResponse:
    form = MacroForm(request.POST, macro=macro, agent=access.agent(request))
    if not form.is_valid():
        return _page(request, macro, form, status=422)
    try:
        macros.save_macro(macro, fields=form.fields_of_macro())
    except BadMacro as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, macro, form, status=422)
    messages.success(request, _("The macro “%(name)s” is saved.") % {"name": macro.name})
    return redirect("desk:macro_list")


def _page(
    request: HttpRequest, macro: Macro, form: MacroForm, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"macro": macro, "form": form, "placeholders": placeholder_names()}
    return render(request, "desk/settings/macro.html", context, status=status)
