"""Mail that a person must decide on: held back, or not to be filed."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.looking import note_look
from audit.models import Access
from common.downloads import as_download
from desk import access
from mail.models import InboundEmail
from tickets.exceptions import AlreadyFiled
from tickets.services import filing

SHOWN = 100


def index(request: HttpRequest) -> HttpResponse:
    """All of it, the longest waiting first, each with its reason in plain words."""
    mails = access.mails_to_look_at(access.agent(request)).select_related("mailbox")
    context = {
        "mails": mails.order_by("received_at", "pk")[:SHOWN],
        "number": mails.count(),
        "now": timezone.now(),
    }
    return render(request, "desk/mail_tray.html", context)


def raw(request: HttpRequest, pk: int) -> FileResponse:
    """The mail as it came, byte for byte."""
    email = access.undecided_mail(access.agent(request), pk)
    note_look(Access.Kind.RAW_MAIL, thing=email.pk)
    return as_download(email.raw, name=f"mail-{email.pk}.eml", content_type="message/rfc822")


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Try it again, open it as a ticket, or put it away."""
    agent = access.agent(request)
    email = access.undecided_mail(agent, pk)
    is_blocked = email.state == InboundEmail.State.BLOCKED
    try:
        if request.POST.get("do") == "ticket":
            _open(request, email)
        elif request.POST.get("do") == "again":
            filing.process_again(email)
            messages.success(request, _("The mail is being filed again."))
        else:
            filing.discard(email, by=agent)
            messages.success(request, _("The mail is put away."))
    except AlreadyFiled as refusal:
        messages.info(request, str(refusal))
    return redirect("desk:settings_blocked" if is_blocked else "desk:mail_tray")


def _open(request: HttpRequest, email: InboundEmail) -> None:
    agent = access.agent(request)
    ticket = filing.open_as_ticket(email, by=agent)
    if ticket is None:
        messages.info(request, _("The same mail has been filed already."))
        return
    messages.success(request, _("The mail is ticket #%(number)s now.") % {"number": ticket.number})
