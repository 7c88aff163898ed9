"""The customer's own page of one inquiry."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from branding.selectors import brand_name
from customers.services import set_time_zone
from portal import access
from portal.forms import ReplyForm, Submission
from portal.page_forms import LanguageForm
from portal.pages import private_page
from portal.visitors import may_post
from tickets.attachments import AttachmentRefused, keep_uploads, uploads
from tickets.exceptions import TicketError
from tickets.models import Message, Ticket
from tickets.selectors import customer_page
from tickets.services import asking, handling, inviting, replying
from tickets.services.speaking import change_language
from tickets.state_words import state_in_words


@access.by_link
def request_page(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """What was said, whose turn it is, and when we are in touch next."""
    return _page(request, ticket, token, ReplyForm(), Submission.new())


@access.by_link
def create_reply(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """Take in what the customer adds, once however often it is sent."""
    submission = Submission.read(request.POST.get("submission", ""))
    form = ReplyForm(request.POST, request.FILES)
    if not may_post(request):
        form.add_error(
            None, _("That was a lot of messages. Please wait some minutes; your text is kept.")
        )
        return _page(request, ticket, token, form, submission, status=429)
    is_complete = form.is_valid()
    # Browsers cannot fill in a file again, so files stay whatever else must be corrected.
    if not (_keep_files(form, submission) and is_complete):
        return _page(request, ticket, token, form, submission, status=422)
    replying.receive_reply(ticket, body=form.cleaned_data["body"], submission_key=submission.key)
    messages.success(request, _("Thank you. Your message has arrived."))
    return redirect("portal:request", token=token)


@access.by_link
def create_solution(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """The customer says that it is solved."""
    try:
        handling.solve(ticket, agent=None)
        messages.success(request, _("Thank you for telling us. The inquiry is marked as solved."))
    except TicketError as error:
        messages.info(request, str(error))
    return redirect("portal:request", token=token)


@access.by_link
def create_done(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """The customer has done what we asked them to do."""
    try:
        asking.complete_task(ticket)
        messages.success(request, _("Thank you. We have noted that it is done, and go on."))
    except TicketError as error:
        messages.info(request, str(error))
    return redirect("portal:request", token=token)


@access.by_link
def update_language(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """From now on we write about this inquiry in this language, and name times of this zone."""
    form = LanguageForm(request.POST, ticket=ticket)
    if not form.is_valid():
        messages.error(request, _("Choose a language and a time zone from the lists."))
        return redirect("portal:request", token=token)
    chosen = form.cleaned_data["language"]
    change_language(ticket, to=chosen)
    set_time_zone(ticket.customer, time_zone=form.cleaned_data["time_zone"])
    with translation.override(chosen):
        messages.success(request, _("Saved. Our letters about this inquiry follow."))
    response = redirect("portal:request", token=token)
    # Who had chosen another language for the pages would not see that anything has changed.
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


@access.by_link
def create_reopening(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """The customer says that it is not solved after all."""
    try:
        handling.reopen(ticket, agent=None)
        messages.success(request, _("The inquiry is open again."))
    except TicketError as error:
        messages.info(request, str(error))
    return redirect("portal:request", token=token)


def _keep_files(form: ReplyForm, submission: Submission) -> bool:
    try:
        keep_uploads(
            form.cleaned_data["attachments"], submission_key=submission.key, now=timezone.now()
        )
    except AttachmentRefused as refusal:
        form.add_error("attachments", str(refusal))
        return False
    return True


def _page(
    request: HttpRequest,
    ticket: Ticket,
    token: str,
    form: ReplyForm,
    submission: Submission,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "ticket": ticket,
        "page": (seen := customer_page(ticket)),
        "state": state_in_words(ticket.status),
        "task": asking.current_task(ticket),
        "people": inviting.people_of(ticket),
        "language_form": LanguageForm(ticket=ticket),
        "entries": [entry_of(message, "attachment", token) for message in seen.messages],
        "token": token,
        "form": form,
        "submission": submission.value(),
        "uploads": uploads(submission.key),
        "now": timezone.now(),
    }
    return private_page(request, "portal/request.html", context, status=status)


def entry_of(message: Message, file_page: str, opened_by: str) -> dict[str, object]:
    """One message with its author's name and the addresses of its files: a page of the portal, and
    the token or the number by which it is opened."""
    author = message.ticket.customer.name if message.is_inbound else _author(message)
    return {
        "message": message,
        "author": author or _("You"),
        "attachments": [
            {
                "url": reverse(f"portal:{file_page}", args=[opened_by, attachment.public_id]),
                "name": attachment.name,
                "size_label": filesizeformat(attachment.size),
            }
            for attachment in message.attachments.all()
        ],
    }


def _author(message: Message) -> str:
    return message.agent.name if message.agent else brand_name()
