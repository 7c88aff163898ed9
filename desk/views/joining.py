"""Somebody who was invited comes to work here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from django import forms
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.exceptions import PeopleError
from accounts.inviting import accept_invitation, invitation_of
from accounts.models import Agent, Invitation, Language
from common.rates import is_within_rate
from desk.secret_links import make_private

AN_HOUR = 3600
TRIES_PER_HOUR = 30


class JoiningForm(forms.Form):
    """How they are called, how they sign in and what they read."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=100)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=500,
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)

    def __init__(self, data: Any = None, *, invitation: Invitation) -> None:
        initial = {"name": invitation.name, "language": invitation.language}
        super().__init__(data, initial=initial)
        self.invitation = invitation
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        name = self.cleaned_data.get("name", "")
        validate_password(password, Agent(email=self.invitation.email, name=name))
        return password


def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """The page behind the link, and what its button does; opening it uses nothing up."""
    now = timezone.now()
    invitation = invitation_of(token)
    if invitation is None or not _stands(invitation, now=now):
        return _over(request, _why(invitation))
    if request.method != "POST":
        return _page(request, token, JoiningForm(invitation=invitation))
    return _join(request, token, JoiningForm(request.POST, invitation=invitation), now=now)


def _join(
    request: HttpRequest, token: str, form: JoiningForm, *, now: datetime
) -> HttpResponseBase:
    address = get_adapter().get_client_ip(request)
    if not is_within_rate("joining", address, limit=TRIES_PER_HOUR, seconds=AN_HOUR):
        form.add_error(None, _("This was tried very often from here. Please wait an hour."))
        return _page(request, token, form, status=429)
    if not form.is_valid():
        return _page(request, token, form, status=422)
    try:
        agent = accept_invitation(token, **form.cleaned_data, now=now)
    except PeopleError as refusal:
        form.add_error(None, str(refusal))
        return _page(request, token, form, status=422)
    if agent is None:
        return _over(request, _why(invitation_of(token)))
    response: HttpResponseBase = perform_login(request, agent, redirect_url=reverse("desk:queue"))
    return response


def _stands(invitation: Invitation, *, now: datetime) -> bool:
    is_open = invitation.accepted_at is None and invitation.withdrawn_at is None
    return is_open and invitation.expires_at > now


def _why(invitation: Invitation | None) -> str:
    """Why a link does not let in, and what to do."""
    if invitation is None:
        return _(
            "It is not complete, or a newer one was sent: use the link of the newest letter, or ask"
            " whoever invited you for another one."
        )
    if invitation.accepted_at is not None:
        return _("It was used already. Sign in with the password that you chose.")
    if invitation.withdrawn_at is not None:
        return _("The invitation was withdrawn. Ask whoever invited you.")
    return _("Its time is over. Ask whoever invited you to send the invitation again.")


def _over(request: HttpRequest, why: str) -> HttpResponse:
    return make_private(render(request, "account/invitation_over.html", {"why": why}, status=404))


def _page(
    request: HttpRequest, token: str, form: JoiningForm, *, status: int = 200
) -> HttpResponse:
    context = {"token": token, "form": form, "email": form.invitation.email}
    return make_private(render(request, "account/invitation.html", context, status=status))
