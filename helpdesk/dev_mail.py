"""DEMO only: every letter that left, as its receiver sees it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from mail.delivery import as_received
from mail.models import OutboundEmail

SHOWN_HEADERS = (
    *("Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References"),
    *("Auto-Submitted", "X-Auto-Response-Suppress"),
)


def letters(request: HttpRequest) -> HttpResponse:
    """The newest hundred letters and where each stands."""
    newest = OutboundEmail.objects.order_by("-queued_at", "-pk")[:100]
    return render(request, "dev/mail.html", {"letters": newest})


def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter, decoded from the very bytes that were handed over."""
    email = get_object_or_404(OutboundEmail, pk=pk)
    received = as_received(email)
    text = received.get_body(("plain",))
    return render(
        request,
        "dev/letter.html",
        {
            "letter": email,
            "headers": [(name, received[name]) for name in SHOWN_HEADERS if received[name]],
            "text": text.get_content() if text else "",
            "raw": received.as_string(),
        },
    )
