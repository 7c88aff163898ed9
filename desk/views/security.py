"""How I sign in: password, passkeys, app, recovery codes, and where I am signed in."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog
from allauth.account.views import PasswordResetView
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.sessions import end_session, end_sessions, live_sessions
from desk import access

logger = structlog.get_logger(__name__)


def show(request: HttpRequest) -> HttpResponse:
    """All of it."""
    agent, now = access.agent(request), timezone.now()
    factors = list(Authenticator.objects.filter(user=agent).order_by("pk"))
    context = {
        "now": now,
        "app": _of(factors, Authenticator.Type.TOTP),
        "passkeys": [each for each in factors if each.type == Authenticator.Type.WEBAUTHN],
        "codes": _codes(_of(factors, Authenticator.Type.RECOVERY_CODES)),
        "sessions": live_sessions(agent, now=now),
        "this_key": request.session.session_key,
        "is_held_back": agent.is_held_back,
    }
    return render(request, "desk/security.html", context)


def passkeys(request: HttpRequest) -> HttpResponse:
    """Where the library lists them."""
    return HttpResponseRedirect(f"{reverse('account_security')}#passkeys")


def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out one browser; of this one it is signing out."""
    agent = access.agent(request)
    is_this = agent.sessions.filter(pk=pk, key=request.session.session_key).exists()
    if not end_session(agent, pk):
        messages.info(request, _("That browser was signed out already."))
        return _back()
    logger.info("sign_in.session_ended", agent=agent.pk)
    if is_this:
        return redirect("account_login")
    messages.success(request, _("That browser is signed out."))
    return _back()


def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out every browser but this."""
    agent = access.agent(request)
    count = end_sessions(agent, but=request.session.session_key)
    logger.info("sign_in.other_sessions_ended", agent=agent.pk, count=count)
    sentence = ngettext(
        "%(count)s other browser is signed out.", "%(count)s other browsers are signed out.", count
    )
    messages.success(request, sentence % {"count": count})
    return _back()


class ForgottenPasswordView(PasswordResetView):  # type: ignore[misc]
    """The letter is written when the answer has left: how long it took says nothing of whether
    anybody has the address."""

    def form_valid(self, form: Any) -> HttpResponse:
        email = form.cleaned_data["email"].lower()
        refusal: HttpResponse | None = ratelimit.consume_or_429(
            self.request, action="reset_password", key=email
        )
        if refusal:
            return refusal
        response = HttpResponseRedirect(self.get_success_url())
        # Django closes a response when its last byte has been sent.
        response._resource_closers.append(partial(form.save, self.request))  # type: ignore[attr-defined]  # noqa: SLF001
        return response


def _of(factors: list[Any], kind: str) -> Any:
    return next((each for each in factors if each.type == kind), None)


def _codes(authenticator: Any) -> dict[str, int] | None:
    """How many recovery codes are left, of how many; None: they have none."""
    if authenticator is None:
        return None
    codes = authenticator.wrap()
    return {"left": len(codes.get_unused_codes()), "all": len(codes.generate_codes())}


def _back() -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('account_security')}#sessions")
