"""Asking: form, confirmation, and the page that says it arrived."""

from __future__ import annotations

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from portal.forms import InquiryForm, Submission
from portal.pages import page, private_page
from portal.visitors import may_post
from sla.selectors import promise_for_inquiry
from tickets import links
from tickets.attachments import AttachmentRefused, keep_uploads, remove_upload, uploads
from tickets.models import Channel, Ticket
from tickets.services.opening import Inquiry, Opened, open_ticket

RECEIVED = "portal.received"
AN_HOUR = 3600


def new_inquiry(request: HttpRequest) -> HttpResponse:
    """Show the form; take it in; in Japanese ask once whether all is right before sending."""
    if request.method != "POST":
        return _form_page(request, InquiryForm(), Submission.new())
    submission = Submission.read(request.POST.get("submission", ""))
    if not may_post(request, cost=2 if submission.is_quicker_than_a_person else 1):
        return _form_page(request, InquiryForm(request.POST), submission, status=429)
    if "remove" in request.POST:
        return _remove_file(request, InquiryForm(request.POST, request.FILES), submission)
    return _take_in(request, InquiryForm(request.POST, request.FILES), submission)


def received(request: HttpRequest, token: str) -> HttpResponse:
    """It arrived: the number and the promised time. What was sent again and otherwise was added."""
    try:
        ticket_id, shows_link, is_addition = signing.loads(token, salt=RECEIVED, max_age=AN_HOUR)
    except (signing.BadSignature, ValueError):
        raise Http404 from None
    ticket = Ticket.objects.select_related("customer").filter(pk=ticket_id).first()
    if ticket is None:
        raise Http404
    context = {
        "ticket": ticket,
        "is_addition": is_addition,
        "link": links.url_for(ticket, now=timezone.now()) if shows_link else "",
    }
    with timezone.override(ticket.customer.time_zone):
        return private_page(request, "portal/received.html", context)


def _remove_file(request: HttpRequest, form: InquiryForm, submission: Submission) -> HttpResponse:
    """Take one file off the form. Files chosen meanwhile stay, as the text does."""
    remove_upload(request.POST["remove"], submission_key=submission.key)
    form.is_valid()
    if "website" not in form.errors and not _keep_files(form, submission):
        return _form_page(request, form, submission, status=422)
    return _form_page(request, _unchecked_form(request), submission)


def _take_in(request: HttpRequest, form: InquiryForm, submission: Submission) -> HttpResponse:
    is_complete = form.is_valid()
    # Browsers cannot fill in a file again, so files stay whatever else must be corrected.
    is_kept = "website" in form.errors or _keep_files(form, submission)
    if not (is_complete and is_kept):
        return _form_page(request, form, submission, status=422)
    if request.POST.get("step") == "edit":
        return _form_page(request, _unchecked_form(request), submission)
    if _wants_confirmation(request):
        return _confirmation_page(request, form, submission)
    return _send(form, submission)


def _unchecked_form(request: HttpRequest) -> InquiryForm:
    """The form with what was typed so far, without complaints about what is missing."""
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    return InquiryForm(initial=typed)


def _keep_files(form: InquiryForm, submission: Submission) -> bool:
    """Store what was uploaded with this step, so that no step asks for it again."""
    try:
        kept = keep_uploads(
            form.cleaned_data["attachments"], submission_key=submission.key, now=timezone.now()
        )
    except AttachmentRefused as refusal:
        form.add_error("attachments", str(refusal))
        return False
    submission.has_uploads = submission.has_uploads or bool(kept)
    return True


def _wants_confirmation(request: HttpRequest) -> bool:
    """確認画面 is expected in Japan and unknown elsewhere."""
    return translation.get_language() == "ja" and request.POST.get("step") != "send"


def _send(form: InquiryForm, submission: Submission) -> HttpResponse:
    opened = _open(form, submission)
    # Somebody who is known already gets the link by mail only: whoever types an address here has
    # not shown that it is theirs.
    facts = [opened.ticket.pk, opened.ticket.customer.is_new, opened.is_addition]
    return redirect("portal:inquiry_received", token=signing.dumps(facts, salt=RECEIVED))


def _open(form: InquiryForm, submission: Submission) -> Opened:
    fields = form.cleaned_data
    return open_ticket(
        Inquiry(
            email=fields["email"],
            name=fields["name"],
            phone=fields["phone"],
            subject=fields["subject"],
            body=fields["body"],
            topic=form.chosen_topic,
            channel=Channel.WEB,
            language=translation.get_language() or "ja",
            submission_key=submission.key,
            has_uploads=submission.has_uploads,
        )
    )


def _form_page(
    request: HttpRequest, form: InquiryForm, submission: Submission, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "submission": submission.value(),
        "uploads": uploads(submission.key) if submission.has_uploads else [],
        "promise_at": promise_for_inquiry(
            channel=Channel.WEB, language=translation.get_language() or "ja", now=timezone.now()
        ),
        "is_too_often": status == 429,
        "wants_confirmation": _wants_confirmation(request),
    }
    return page(request, "portal/inquiry_new.html", context, status=status)


def _confirmation_page(
    request: HttpRequest, form: InquiryForm, submission: Submission
) -> HttpResponse:
    context = {
        "answers": form.answers,
        "submission": submission.value(),
        "uploads": uploads(submission.key) if submission.has_uploads else [],
        "promise_at": promise_for_inquiry(
            channel=Channel.WEB, language=translation.get_language() or "ja", now=timezone.now()
        ),
    }
    return page(request, "portal/inquiry_confirm.html", context)
