"""Signing in to a mailbox at Microsoft 365 or Google, in the browser."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from desk.settings.mailbox_history import history_of_app, page_number
from mail.mailbox_editing import save_app
from mail.models import MailProvider, OAuthApp
from mail.providers import Provider, kept_app, provider_of
from mail.signing_in import NOT_OURS, Attempt, SignInFailed, begin, finish, refusal

SESSION_KEY = "mailbox_sign_ins"
# Somebody may have begun in more than one tab.
ATTEMPTS_KEPT = 5


class AppForm(forms.Form):
    """As which application the desk is known at a provider."""

    app_id = forms.CharField(label=gettext_lazy("Client ID"), max_length=255)
    app_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        strip=True,
        max_length=5000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Stored encrypted and never shown. Empty: as it is."),
    )
    tenant = forms.CharField(
        label=gettext_lazy("Tenant"),
        required=False,
        max_length=255,
        validators=[
            RegexValidator(r"^[A-Za-z0-9.-]+$", gettext_lazy("Enter the ID or a domain of it."))
        ],
        help_text=gettext_lazy(
            "The directory (tenant) ID or a domain of your organization. Needed when the"
            " application was made for this organization only, and for access without a sign-in."
        ),
    )

    def __init__(self, data: Any = None, *, provider: Provider, app: OAuthApp) -> None:
        self.app = app
        super().__init__(data, initial={"app_id": app.app_id, "tenant": app.tenant})
        if provider.key != MailProvider.MICROSOFT:
            del self.fields["tenant"]

    def clean_app_secret(self) -> str:
        secret = str(self.cleaned_data["app_secret"])
        if not secret and not self.app.app_secret:
            raise forms.ValidationError(_("This field is required."))
        return secret


def show_app(request: HttpRequest, key: str) -> HttpResponse:
    """As which application the desk is known there, and what to enter at the provider."""
    provider, app = _app(key)
    return _page(request, provider, AppForm(provider=provider, app=app))


def update_app(request: HttpRequest, key: str) -> HttpResponse:
    """Keep it."""
    provider, app = _app(key)
    form = AppForm(request.POST, provider=provider, app=app)
    if not form.is_valid():
        return _page(request, provider, form, status=422)
    save_app(provider, fields=form.cleaned_data, by=access.agent(request))
    messages.success(request, _("Saved. Now sign in on the page of each mailbox."))
    return redirect("desk:settings_oauth_app", key=key)


def begin_sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """On to the provider's page.

    A link and not a form: browsers hold a form to our own addresses (form-action) wherever the
    provider sends it on to. It changes nothing but this browser's session.
    """
    mailbox = access.mailbox(pk)
    try:
        address, attempt = begin(mailbox, redirect_uri=_redirect_uri(), now=timezone.now())
    except SignInFailed as failure:
        messages.error(request, str(failure.sentence))
        return redirect("desk:settings_mailbox", pk=pk)
    begun = dict(list(request.session.get(SESSION_KEY, {}).items())[1 - ATTEMPTS_KEPT :])
    request.session[SESSION_KEY] = {**begun, attempt.state: asdict(attempt)}
    return redirect(address)


def finish_sign_in(request: HttpRequest) -> HttpResponse:
    """Back from the provider: the answer is used once, and no address with a code stays open."""
    begun = request.session.get(SESSION_KEY, {})
    found = begun.pop(request.GET.get("state", ""), None)
    request.session[SESSION_KEY] = begun
    if found is None:
        messages.error(request, str(NOT_OURS))
        return redirect("desk:settings_mailboxes")
    attempt = Attempt(**found)
    try:
        _finish(request, attempt)
    except SignInFailed as failure:
        messages.error(request, str(failure.sentence))
    return redirect("desk:settings_mailbox", pk=attempt.mailbox_id)


def _finish(request: HttpRequest, attempt: Attempt) -> None:
    if error := request.GET.get("error"):
        raise refusal(error)
    account = finish(
        attempt,
        code=request.GET.get("code", ""),
        redirect_uri=_redirect_uri(),
        by=access.agent(request),
        now=timezone.now(),
    )
    said = _("Signed in as %(account)s. Mail is being fetched; reload in a moment.")
    messages.success(request, said % {"account": account})


def _redirect_uri() -> str:
    return f"{settings.BASE_URL}{reverse('desk:settings_mailbox_signed_in')}"


def _app(key: str) -> tuple[Provider, OAuthApp]:
    provider = provider_of(key)
    if provider is None:
        raise Http404
    return provider, kept_app(provider) or OAuthApp(provider=provider.key)


def _page(
    request: HttpRequest, provider: Provider, form: AppForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "provider": provider,
        "form": form,
        "redirect_uri": _redirect_uri(),
        "history": history_of_app(provider.key, form, page=page_number(request)),
    }
    return render(request, "desk/settings/oauth_app.html", context, status=status)
