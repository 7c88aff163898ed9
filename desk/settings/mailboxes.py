"""Where mail comes from and how it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from desk import access
from desk.settings.mailbox_history import history_of_mailbox, page_number
from mail.connecting import Check, check_connection
from mail.mailbox_editing import fetch_now, save_mailbox
from mail.mailbox_form import MailboxForm
from mail.models import InboundEmail, Mailbox, MailboxSource
from mail.providers import PROVIDERS, provider_of
from mail.troubles import ADVICE, Trouble

SIGN_IN_HELPS = {Trouble.TOKEN_REFUSED, Trouble.NOT_SIGNED_IN}


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a mailbox is, for people."""

    mailbox: Mailbox
    source: MailboxSource | None
    waiting: int
    oldest: datetime | None

    @property
    def trouble(self) -> str:
        code = self.source.last_error if self.source else ""
        return str(Trouble(code).label) if code else ""

    @property
    def advice(self) -> str:
        code = self.source.last_error if self.source else ""
        return str(ADVICE[Trouble(code)]) if code else ""

    @property
    def sign_in_at(self) -> str:
        """The provider where somebody has to sign in, or may anew; empty if nobody has to."""
        source = self.source
        provider = provider_of(source.provider) if source and source.wants_somebody else None
        return provider.name if provider else ""

    @property
    def needs_sign_in(self) -> bool:
        source = self.source
        return bool(source and (not source.signed_in_as or source.last_error in SIGN_IN_HELPS))

    @property
    def is_fetched(self) -> bool:
        return self.source is not None and self.source.kind == MailboxSource.Kind.IMAP


def index(request: HttpRequest) -> HttpResponse:
    """All mailboxes and how they are."""
    context = {"mailboxes": _healths(), "providers": PROVIDERS}
    return render(request, "desk/settings/mailboxes.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in, for the provider named by ?preset=."""
    return _page(request, _form(None, preset=request.GET.get("preset", "")))


def create(request: HttpRequest) -> HttpResponse:
    return _save(request, None)


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """How the mailbox is, and its form."""
    return _page(request, _form(access.mailbox(pk)))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    return _save(request, access.mailbox(pk))


def create_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Try the stored settings, and say who is signed in and what was found."""
    mailbox = access.mailbox(pk)
    form = _form(mailbox)
    checked = check_connection(form.source) if form.source.host else None
    return _page(request, form, checked=checked)


def create_fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the mailbox looked into now."""
    source = _source(access.mailbox(pk))
    if source.pk:
        fetch_now(source)
    messages.success(request, _("The mailbox is being looked into. Reload in a moment."))
    return redirect("desk:settings_mailbox", pk=pk)


def _healths(**which: Any) -> list[Health]:
    mailboxes = list(Mailbox.objects.filter(**which).select_related("team", "mail_source"))
    inbound = InboundEmail.objects.waiting().filter(mailbox__in=mailboxes)
    counted = inbound.values_list("mailbox").annotate(Count("pk"), Min("received_at"))
    waiting = {mailbox_id: (number, oldest) for mailbox_id, number, oldest in counted}
    return [
        Health(
            mailbox=each,
            source=getattr(each, "mail_source", None),
            waiting=waiting.get(each.pk, (0, None))[0],
            oldest=waiting.get(each.pk, (0, None))[1],
        )
        for each in mailboxes
    ]


def _source(mailbox: Mailbox) -> MailboxSource:
    found = MailboxSource.objects.filter(mailbox=mailbox).first()
    return found or MailboxSource(mailbox=mailbox)


def _form(mailbox: Mailbox | None, *, data: Any = None, preset: str = "") -> MailboxForm:
    if mailbox is not None:
        return MailboxForm(data, mailbox=mailbox, source=_source(mailbox))
    source = MailboxSource()
    for provider in PROVIDERS:
        if provider.key == preset:
            source.kind, source.auth = MailboxSource.Kind.IMAP, MailboxSource.Auth.XOAUTH2
            source.host, source.provider = provider.host, provider.key
            source.transport, source.smtp_host = MailboxSource.Transport.SMTP, provider.smtp_host
    if preset == "imap":
        source.kind = MailboxSource.Kind.IMAP
    return MailboxForm(data, mailbox=Mailbox(), source=source)


def _save(request: HttpRequest, mailbox: Mailbox | None) -> HttpResponse:
    form = _form(mailbox, data=request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    saved = save_mailbox(
        mailbox, fields=form.of_mailbox(), source=form.of_source(), by=access.agent(request)
    )
    messages.success(request, _("Saved. Test the connection to see whether it works."))
    return redirect("desk:settings_mailbox", pk=saved.pk)


def _page(
    request: HttpRequest, form: MailboxForm, *, checked: Check | None = None, status: int = 200
) -> HttpResponse:
    mailbox = form.mailbox if form.mailbox.pk else None
    context: dict[str, Any] = {
        "form": form,
        "mailbox": mailbox,
        "heading": mailbox.address if mailbox else _("New mailbox"),
        "checked": checked,
        "presets": [] if mailbox else _presets(),
        "preset": {"key": request.GET.get("preset", "")},
    }
    if mailbox:
        history = history_of_mailbox(mailbox, form.source.provider, form, page=page_number(request))
        context |= {"health": _healths(pk=mailbox.pk)[0], "history": history}
    if checked and checked.trouble:
        trouble = Trouble(checked.trouble)
        context |= {"trouble": trouble.label, "advice": ADVICE[trouble]}
    return render(request, "desk/settings/mailbox.html", context, status=status)


def _presets() -> list[Mapping[str, Any]]:
    signs_in = _("Somebody signs in there, in the browser")
    known = [{"key": each.key, "name": each.name, "about": signs_in} for each in PROVIDERS]
    return [*known, {"key": "imap", "name": "IMAP", "about": _("Any server, with a password")}]
