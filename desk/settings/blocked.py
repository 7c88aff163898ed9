"""Whose mail becomes no ticket, and what came from them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from mail.blocking import CannotBeBlocked, block_sender
from mail.models import BlockedSender, InboundEmail

SHOWN = 50


class BlockForm(forms.Form):
    """Whom to block, and why."""

    pattern = forms.CharField(
        label=gettext_lazy("Address or domain"),
        max_length=320,
        help_text=gettext_lazy(
            "Such as ad@shop.example, or shop.example for everybody there and below it."
        ),
        error_messages={"required": gettext_lazy("Name an address or a domain.")},
    )
    note = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


def index(request: HttpRequest) -> HttpResponse:
    """Everybody who is blocked; an address in the page's own address is filled in."""
    return _page(request, BlockForm(initial={"pattern": request.GET.get("sender", "")[:320]}))


def create(request: HttpRequest) -> HttpResponse:
    """Block one more."""
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    agent, fields = access.agent(request), form.cleaned_data
    try:
        sender = block_sender(fields["pattern"], note=fields["note"], by=agent, now=timezone.now())
    except CannotBeBlocked as refusal:
        form.add_error("pattern", str(refusal))
        return _page(request, form, status=422)
    messages.success(
        request, _("Mail from %(sender)s becomes no ticket any more.") % {"sender": sender.pattern}
    )
    return redirect("desk:settings_blocked")


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """From here on their mail is filed again. What came meanwhile stays where it is."""
    sender = access.blocked_sender(pk)
    sender.delete()
    messages.success(
        request, _("Mail from %(sender)s becomes tickets again.") % {"sender": sender.pattern}
    )
    return redirect("desk:settings_blocked")


def _page(request: HttpRequest, form: BlockForm, *, status: int = 200) -> HttpResponse:
    kept = InboundEmail.objects.filter(state=InboundEmail.State.BLOCKED)
    context = {
        "form": form,
        "senders": BlockedSender.objects.select_related("agent"),
        "mails": kept.order_by("-received_at")[:SHOWN],
        "now": timezone.now(),
    }
    return render(request, "desk/settings/blocked.html", context, status=status)
