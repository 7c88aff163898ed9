"""One letter to many: choose a macro or write, see what would be sent, send it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from desk import access
from desk.bulk import Selection
from desk.bulk_letters import MOST_LETTERS, LetterForm, Recipients, as_sent, read_seen
from desk.macros import audience_of, placeholder_names
from desk.origin import Origin, queue_address
from tickets.models import BulkChange, Macro, TicketQuerySet
from tickets.services.bulk import start_bulk_change
from tickets.services.macros import macros_named


def macros(request: HttpRequest) -> HttpResponse:
    """The macros of these words, for the bar."""
    return render(request, "desk/_bulk_macros.html", _choices(request))


def new(request: HttpRequest) -> HttpResponse:
    """Where the bar leads: a box to write in, the macros to choose from, or what one would send."""
    agent = access.agent(request)
    action, _colon, chosen = request.GET.get("do", "").partition(":")
    selection = Selection.read(request.GET)
    tickets = selection.tickets(agent, now=timezone.now())
    if (refusal := _refusal(request, tickets, sent=request.GET)) is not None:
        return refusal
    if action == "reply":
        return _write(request, LetterForm(macros=[]), tickets, sent=request.GET)
    found = access.macros(agent, [chosen])
    if not found:
        return _choose_macro(request, tickets)
    form = LetterForm(as_sent(found[0]), macros=found)
    if not form.is_valid():
        return _write(request, form, tickets, sent=request.GET)
    return _confirm(request, form, tickets, sent=request.GET)


def confirm(request: HttpRequest) -> HttpResponse:
    """What would be sent, in words and in examples; or the box again. Nothing is changed."""
    agent = access.agent(request)
    tickets = Selection.read(request.POST).tickets(agent, now=timezone.now())
    form = _form(request, agent)
    if (refusal := _refusal(request, tickets, sent=request.POST)) is not None:
        return refusal
    is_valid = form.is_valid()
    if request.POST.get("step") == "write":
        return _write(request, form, tickets, sent=request.POST)
    if not is_valid:
        return _write(request, form, tickets, sent=request.POST, status=422)
    return _confirm(request, form, tickets, sent=request.POST)


def create(request: HttpRequest) -> HttpResponse:
    """Send it. The same form sends once."""
    agent = access.agent(request)
    tickets = Selection.read(request.POST).tickets(agent, now=timezone.now())
    form = _form(request, agent)
    if (refusal := _refusal(request, tickets, sent=request.POST)) is not None:
        return refusal
    if not form.is_valid():
        return _write(request, form, tickets, sent=request.POST, status=422)
    change = start_bulk_change(
        tickets,
        action=BulkChange.Action.REPLY,
        facts={**form.facts(), "seen": read_seen(request.POST.getlist("seen"))},
        by=agent,
        query=Origin.parse(request.POST.get("from", "")).query,
        submission_key=form.key,
    )
    return redirect("desk:bulk_change", pk=change.pk)


def _form(request: HttpRequest, agent: Agent) -> LetterForm:
    return LetterForm(request.POST, macros=access.macros(agent, request.POST.getlist("macro")))


def _refusal(
    request: HttpRequest, tickets: TicketQuerySet, *, sent: QueryDict
) -> HttpResponse | None:
    """Back to the list, which says why nothing can be sent; None when something can."""
    number = tickets.count()
    if 0 < number <= MOST_LETTERS:
        return None
    too_many = _("At most %(most)s tickets get one letter at a time. Choose fewer.")
    messages.error(
        request, too_many % {"most": MOST_LETTERS} if number else _("Tick the tickets first.")
    )
    return redirect(_list_of(sent))


def _choices(request: HttpRequest) -> dict[str, Any]:
    words = request.GET.get("words", "")[:200]
    found: list[Macro] = macros_named(access.agent(request), words)
    return {
        "words": words,
        "macros": [{"macro": macro, "audience": audience_of(macro)} for macro in found],
    }


def _choose_macro(request: HttpRequest, tickets: TicketQuerySet) -> HttpResponse:
    context = {**_kept(request.GET, tickets), **_choices(request)}
    return render(request, "desk/bulk_macros.html", context)


def _write(
    request: HttpRequest,
    form: LetterForm,
    tickets: TicketQuerySet,
    *,
    sent: QueryDict,
    status: int = 200,
) -> HttpResponse:
    context = {
        **_kept(sent, tickets),
        "form": form,
        "number": tickets.count(),
        "placeholders": placeholder_names(),
    }
    return render(request, "desk/bulk_letter.html", context, status=status)


def _confirm(
    request: HttpRequest, form: LetterForm, tickets: TicketQuerySet, *, sent: QueryDict
) -> HttpResponse:
    agent, now = access.agent(request), timezone.now()
    recipients = Recipients.of(tickets)
    context = {
        **_kept(sent, tickets),
        "form": form,
        "recipients": recipients,
        "sentences": recipients.sentences(form, now=now),
        "examples": recipients.examples(form.facts(), agent=agent, now=now),
    }
    return render(request, "desk/bulk_letter_confirm.html", context)


def _kept(sent: QueryDict, tickets: TicketQuerySet) -> dict[str, Any]:
    """What every page of this brings on: exactly the tickets that were there on the first one."""
    return {
        "numbers": list(tickets.order_by("pk").values_list("number", flat=True)),
        "came_from": sent.get("from", ""),
        "list_url": _list_of(sent),
    }


def _list_of(sent: QueryDict) -> str:
    return queue_address(Origin.parse(sent.get("from", "")).query)
