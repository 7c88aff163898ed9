"""Tokens by which other programs act for me; and everybody's, for who manages people."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.api_tokens import create_token, revoke_token, standing_tokens
from accounts.scopes import Scope
from desk import access

logger = structlog.get_logger(__name__)
LASTS = (
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("A year")),
    ("", gettext_lazy("Until it is revoked")),
)


class TokenForm(forms.Form):
    """A new one."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Of the program, so that you know it again: “Web shop”."),
        error_messages={"required": gettext_lazy("Give the token a name.")},
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it is for"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("It never does more than you may do yourself."),
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )
    lasts = forms.ChoiceField(
        label=gettext_lazy("How long it lasts"), choices=LASTS, initial="90", required=False
    )

    def expires_at(self, now: datetime) -> datetime | None:
        """When it ends by itself, if it does."""
        days = self.cleaned_data["lasts"]
        return now + timedelta(days=int(days)) if days else None


def index(request: HttpRequest) -> HttpResponse:
    """My own."""
    return _page(request, TokenForm())


def create(request: HttpRequest) -> HttpResponse:
    """Make one. Its text is on this page, and nowhere again."""
    agent, form, now = access.agent(request), TokenForm(request.POST), timezone.now()
    if not form.is_valid():
        return _page(request, form, status=422)
    token, text = create_token(
        agent,
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        expires_at=form.expires_at(now),
        now=now,
    )
    logger.info("api_token.created", agent=agent.pk, token=token.pk)
    return _page(request, TokenForm(), text=text)


def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """One of my own lets in nobody any more."""
    return _revoke(request, pk, back="desk:api_tokens")


def index_all(request: HttpRequest) -> HttpResponse:
    """Everybody's."""
    now = timezone.now()
    tokens = standing_tokens(now=now).select_related("agent")
    context = {"tokens": tokens, "now": now}
    return render(request, "desk/settings/api_tokens.html", context)


def revoke_any(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody's lets in nobody any more."""
    return _revoke(request, pk, back="desk:settings_api_tokens")


def _revoke(request: HttpRequest, pk: int, *, back: str) -> HttpResponse:
    agent = access.agent(request)
    token = access.api_token(agent, pk)
    if revoke_token(token, now=timezone.now()):
        logger.info("api_token.revoked", agent=agent.pk, token=token.pk)
    messages.success(request, _("“%(name)s” is revoked.") % {"name": token.name})
    return redirect(back)


def _page(
    request: HttpRequest, form: TokenForm, *, text: str = "", status: int = 200
) -> HttpResponse:
    agent, now = access.agent(request), timezone.now()
    tokens = standing_tokens(now=now).filter(agent=agent)
    context = {"form": form, "tokens": tokens, "text": text, "now": now}
    return render(request, "desk/api_tokens.html", context, status=status)
