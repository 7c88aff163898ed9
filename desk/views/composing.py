"""Around the writing of a reply: its files, how it will look, and what is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from desk import access
from desk.forms import NoteForm, ReplyForm, UploadsForm
from desk.origin import Origin
from desk.sent import forget_sent
from desk.views.tickets import keep_files, ticket_page
from tickets.attachments import AttachmentRefused, keep_uploads, remove_upload, uploads
from tickets.exceptions import TooLateToUndo
from tickets.models import Ticket
from tickets.services.drafting import begin_draft
from tickets.services.scheduling import call_off
from tickets.services.unsending import take_back


def undo_reply(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take back a reply of one's own that has not left; its text is in the reply box again."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    message = access.own_message(agent, ticket, pk)
    forget_sent(request, pk)
    return _give_back(request, ticket, lambda: take_back(message, by=agent))


def call_off_reply(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Do not send what was to leave later: its writer has it in the reply box again."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    scheduled = access.scheduled_reply(ticket, pk)
    return _give_back(request, ticket, lambda: call_off(scheduled, by=agent))


def _give_back(request: HttpRequest, ticket: Ticket, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
        messages.success(request, _("Taken back. The text is in its writer’s reply box again."))
    except TooLateToUndo as refusal:
        messages.error(request, str(refusal))
    return redirect(Origin.of(request).ticket(ticket.number))


def create_uploads(request: HttpRequest, number: str) -> HttpResponse:
    """Take files in while the reply is still being written; the page asks for it by itself."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = UploadsForm(request.POST, request.FILES)
    if not form.is_valid():
        return HttpResponse(status=422)
    key, refusal = form.cleaned_data["submission_key"], ""
    try:
        keep_uploads(form.cleaned_data["attachments"], submission_key=key, now=timezone.now())
        begin_draft(ticket, submission_key=key, agent=agent)
    except AttachmentRefused as refused:
        refusal = str(refused)
    return _uploads(request, ticket, form, refusal=refusal)


def delete_upload(request: HttpRequest, number: str) -> HttpResponse:
    """Take a file off the reply. Without scripts the page comes again with all that was typed."""
    agent = access.agent(request)
    ticket = access.ticket(agent, number)
    form = UploadsForm(request.POST, request.FILES)
    if not form.is_valid():
        return HttpResponse(status=422)
    remove_upload(form.cleaned_data["remove"], submission_key=form.cleaned_data["submission_key"])
    if request.headers.get("HX-Request"):
        return _uploads(request, ticket, form)
    return _shown_again(request, ticket)


def _uploads(
    request: HttpRequest, ticket: Ticket, form: UploadsForm, *, refusal: str = ""
) -> HttpResponse:
    context = {
        "uploads": uploads(form.cleaned_data["submission_key"]),
        "ticket_number": ticket.number,
        "refusal": refusal,
    }
    return render(request, "desk/_uploads.html", context, status=422 if refusal else 200)


def preview(request: HttpRequest, number: str) -> HttpResponse:
    """The text as its readers will see it: a part of the page, or the page with it."""
    ticket = access.ticket(access.agent(request), number)
    is_note, text = request.POST.get("kind") == "note", request.POST.get("body", "")
    if request.headers.get("HX-Request"):
        context = {"text": text, "is_note": is_note, "language": ticket.language}
        return render(request, "desk/_preview.html", context)
    if is_note:
        note = NoteForm(request.POST).only_shown()
        return ticket_page(request, ticket, form=note, previewed_note=text)
    return _shown_again(request, ticket, previewed=text)


def _shown_again(request: HttpRequest, ticket: Ticket, **context: Any) -> HttpResponse:
    """The page with what was typed so far, without complaints, and with the files."""
    form = ReplyForm(request.POST, request.FILES).only_shown()
    form.is_valid()
    keep_files(form)
    return ticket_page(request, ticket, form=form, **context)
