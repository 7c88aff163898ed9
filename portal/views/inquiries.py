"""Asking: form, confirmation, and the page that says it arrived."""

from __future__ import annotations

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from portal import sessions
from portal.forms import InquiryForm, Submission
from portal.framing import A_DAY, is_framed
from portal.pages import page, private_page, promise_if_asked_now
from portal.visitors import may_post
from reports.usual_times import usual_times
from tickets import links
from tickets.attachments import AttachmentRefused, keep_uploads, remove_upload, uploads
from tickets.form_links import read_form_link
from tickets.likeness import already_asked
from tickets.models import Channel, Ticket
from tickets.services.opening import Inquiry, Opened, open_ticket

RECEIVED = "portal.received"
AN_HOUR = 3600
LONGEST_SUBJECT = 200


def new_inquiry(request: HttpRequest) -> HttpResponse:
    """Show the form; take it in; in Japanese ask once whether all is right before sending."""
    if request.method != "POST":
        return _empty_form(request)
    submission = Submission.read(request.POST.get("submission", ""))
    if not may_post(request, cost=2 if submission.is_quicker_than_a_person else 1):
        return _form_page(request, InquiryForm(request.POST), submission, status=429)
    if is_framed(request) and not (submission.is_ours and submission.age < A_DAY):
        return _form_page(
            request, _unchecked_form(request), Submission.new(), status=422, is_stale=True
        )
    if "remove" in request.POST or request.POST.get("step") == "topic":
        return _show_again(request, InquiryForm(request.POST, request.FILES), submission)
    return _take_in(request, InquiryForm(request.POST, request.FILES), submission)


def _empty_form(request: HttpRequest) -> HttpResponse:
    """Or one that a link of ours has filled in."""
    signed = request.GET.get("prefill", "")
    filled = read_form_link(signed) if signed else None
    form = InquiryForm(initial={**_asked_for(request), **(filled or {})})
    is_bad_link = bool(signed) and filled is None
    return _form_page(request, form, Submission.new(), is_bad_link=is_bad_link)


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


def questions(request: HttpRequest) -> HttpResponse:
    """What a topic asks, for a form that is being filled in: a part of the page."""
    form = InquiryForm(initial=dict(request.GET.items()))
    context = {"form": form, "usual": usual_times().words_for(form.topic_id)}
    return page(request, "portal/_questions.html", context)


def _show_again(request: HttpRequest, form: InquiryForm, submission: Submission) -> HttpResponse:
    """With one file taken off, or with the questions of a topic. Files chosen meanwhile stay, as
    the text does."""
    if "remove" in request.POST:
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
    return _page_before_sending(request, form, submission) or _send(request, form, submission)


def _page_before_sending(
    request: HttpRequest, form: InquiryForm, submission: Submission
) -> HttpResponse | None:
    """What somebody should see before a form that is right is sent; None: nothing."""
    if not form.is_asked_in_full:
        return _form_page(request, _unchecked_form(request), submission, has_more_questions=True)
    asked = _asked_already(request, form)
    # A second click is no second question.
    if asked and asked.submission_key != submission.key:
        return _form_page(request, _unchecked_form(request), submission, asked_already=asked)
    if _wants_confirmation(request):
        return _confirmation_page(request, form, submission)
    return None


def _asked_for(request: HttpRequest) -> dict[str, str]:
    """What the address of the form says: anybody may have written it, and it is only a start."""
    return {
        "topic": request.GET.get("topic", ""),
        "subject": " ".join(request.GET.get("subject", "").split())[:LONGEST_SUBJECT],
    }


def _asked_already(request: HttpRequest, form: InquiryForm) -> Ticket | None:
    """The open inquiry about the same, once, and only for somebody who has shown that it is theirs:
    nobody else is told what a customer has asked."""
    has_decided = "anyway" in request.POST or request.POST.get("step") == "send"
    customer = None if has_decided or is_framed(request) else sessions.visitor(request)
    if customer is None:
        return None
    subject, body = form.cleaned_data["subject"], form.cleaned_data["body"]
    return already_asked(customer, subject, body, now=timezone.now())


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


def _send(request: HttpRequest, form: InquiryForm, submission: Submission) -> HttpResponse:
    opened = _open(form, submission)
    # Somebody who is known already gets the link by mail only: whoever types an address here has
    # not shown that it is theirs.
    facts = [opened.ticket.pk, opened.ticket.customer.is_new, opened.is_addition]
    token = signing.dumps(facts, salt=RECEIVED)
    if is_framed(request):
        address = reverse("portal:framed_received", args=[token])
        return redirect(f"{address}?lang={translation.get_language()}")
    return redirect("portal:inquiry_received", token=token)


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
            fields=form.values,
            channel=Channel.WEB,
            language=translation.get_language() or "ja",
            submission_key=submission.key,
            has_uploads=submission.has_uploads,
        )
    )


def _form_page(
    request: HttpRequest,
    form: InquiryForm,
    submission: Submission,
    *,
    status: int = 200,
    **told: bool | Ticket,
) -> HttpResponse:
    """The form, and what is `told` above it: that there are more questions, that the page was open
    for too long, that the link was no good, which inquiry asks the same."""
    context = {
        **told,
        "form": form,
        "usual": usual_times().words_for(form.topic_id),
        "submission": submission.value(),
        "uploads": uploads(submission.key) if submission.has_uploads else [],
        "promise_at": promise_if_asked_now(),
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
        "promise_at": promise_if_asked_now(),
    }
    return page(request, "portal/inquiry_confirm.html", context)
