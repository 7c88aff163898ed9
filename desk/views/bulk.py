"""Many tickets at once: say what would happen, do it, tell what became of each, take it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from desk import access
from desk.bulk import BulkForm, Progress, Selection, preview
from desk.bulk_merging import merging_in_words
from desk.filtering import Choices
from desk.origin import Origin, queue_address
from desk.views import bulk_letters
from tickets.exceptions import TooLateToUndo
from tickets.models import BulkChange, BulkItem
from tickets.services.bulk import start_bulk_change, undo_bulk_change
from tickets.services.merging_several import Merging

SHOWN = 200
TROUBLE = [BulkItem.Outcome.FAILED, BulkItem.Outcome.KEPT]


def new(request: HttpRequest) -> HttpResponse:
    """What would happen, in words. Nothing is changed."""
    agent = access.agent(request)
    if _is_about_letters(request.GET):
        return bulk_letters.new(request)
    form, selection = _asked(request.GET, agent)
    if (refusal := _refusal(form, selection)) is not None:
        messages.error(request, refusal)
        return redirect(_list_of(request.GET))
    chosen = form.cleaned_data
    tickets = selection.tickets(agent, now=timezone.now())
    if chosen["action"] == BulkChange.Action.MERGE:
        return _merge_page(request, chosen["into"], selection)
    context = {
        "preview": preview(tickets, action=chosen["action"], facts=chosen["facts"]),
        "selection": selection,
        "asked": chosen,
        "came_from": request.GET.get("from", ""),
        "list_url": _list_of(request.GET),
    }
    return render(request, "desk/bulk_new.html", context)


def create(request: HttpRequest) -> HttpResponse:
    """Do it: at once, or in the background when there are many."""
    agent = access.agent(request)
    form, selection = _asked(request.POST, agent)
    if (refusal := _refusal(form, selection)) is not None:
        messages.error(request, refusal)
        return redirect(_list_of(request.POST))
    action, facts = form.cleaned_data["action"], form.cleaned_data["facts"]
    tickets = selection.tickets(agent, now=timezone.now())
    if action == BulkChange.Action.MERGE:
        merge = Merging.of(tickets, into=form.cleaned_data["into"])
        if merge is None or merge.refusal:
            return _merge_page(request, form.cleaned_data["into"], selection)
        tickets, facts = tickets.exclude(pk=merge.into.pk), merge.facts
    change = start_bulk_change(
        tickets,
        action=action,
        facts=facts,
        by=agent,
        query=Origin.parse(request.POST.get("from", "")).query,
    )
    return _lead_on(change)


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come, and what could not be done."""
    change = access.bulk_change(access.agent(request), pk)
    context = {
        "progress": Progress.of(change),
        "trouble": change.items.filter(outcome__in=TROUBLE)
        .select_related("ticket")
        .order_by("pk")[:SHOWN],
        "list_url": _address_of(change),
    }
    return render(request, "desk/bulk_change.html", context)


def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back where nobody has gone on since."""
    change = access.bulk_change(access.agent(request), pk)
    try:
        undo_bulk_change(change)
    except TooLateToUndo as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:bulk_change", pk=pk)


def _is_about_letters(sent: QueryDict) -> bool:
    """Also when somebody typed the name of a macro and pressed Enter."""
    action = sent.get("do", "").partition(":")[0]
    return action in {"reply", "macro"} or bool(not action and sent.get("words"))


def _merge_page(request: HttpRequest, into: int | None, selection: Selection) -> HttpResponse:
    """Which of them goes on, and what becomes of the others."""
    sent = request.POST if request.method == "POST" else request.GET
    tickets = selection.tickets(access.agent(request), now=timezone.now())
    merging = Merging.of(tickets, into=into)
    if merging is None or merging.refusal:
        messages.error(request, merging.refusal if merging else _("Tick the tickets first."))
        return redirect(_list_of(sent))
    context = {
        "merging": merging,
        "sentences": merging_in_words(merging),
        "came_from": sent.get("from", ""),
        "list_url": _list_of(sent),
    }
    return render(request, "desk/bulk_merge.html", context)


def _asked(sent: QueryDict, agent: Agent) -> tuple[BulkForm, Selection]:
    return BulkForm(sent, choices=Choices.load(agent)), Selection.read(sent)


def _refusal(form: BulkForm, selection: Selection) -> str | None:
    """Why nothing can be done, as a sentence; None when all is well."""
    if not (selection.numbers or selection.is_all):
        return _("Tick the tickets first.")
    if form.is_valid():
        return None
    return " ".join(map(str, form.non_field_errors())) or _("Choose what to do from the bar.")


def _lead_on(change: BulkChange) -> HttpResponse:
    """Back to the list, where it can be undone; to its own page when there is something to tell."""
    has_trouble = change.items.filter(outcome__in=TROUBLE).exists()
    if change.finished_at is None or has_trouble:
        return redirect("desk:bulk_change", pk=change.pk)
    return redirect(_address_of(change))


def _address_of(change: BulkChange) -> str:
    return queue_address(Origin.parse(change.query).query)


def _list_of(sent: QueryDict) -> str:
    return queue_address(Origin.parse(sent.get("from", "")).query)
