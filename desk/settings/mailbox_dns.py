"""What should stand in the DNS for a mailbox, and whether it does."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from desk import access
from mail.dns_records import Finding, check_records, records_for
from mail.models import Mailbox, MailboxSource


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The records, as text to copy. Nobody is asked anything."""
    mailbox = access.mailbox(pk)
    findings = [Finding(record=record) for record in records_for(_source(mailbox))]
    return _page(request, mailbox, findings)


def create_check(request: HttpRequest, pk: int) -> HttpResponse:
    """The same, with what the operator's resolver says now."""
    mailbox = access.mailbox(pk)
    return _page(request, mailbox, check_records(records_for(_source(mailbox))))


def _source(mailbox: Mailbox) -> MailboxSource:
    found = MailboxSource.objects.select_related("mailbox").filter(mailbox=mailbox).first()
    return found or MailboxSource(mailbox=mailbox)


def _page(request: HttpRequest, mailbox: Mailbox, findings: list[Finding]) -> HttpResponse:
    context = {
        "mailbox": mailbox,
        "findings": findings,
        "may_ask": bool(settings.DNS_RESOLVER),
        "is_asked": any(finding.is_asked for finding in findings),
    }
    return render(request, "desk/settings/mailbox_dns.html", context)
