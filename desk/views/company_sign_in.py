"""The button that signs in at the company's identity provider, and the way back."""

from __future__ import annotations

from dataclasses import asdict

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import company_sign_in as company
from accounts.models import Agent
from common.rates import is_within_rate

logger = structlog.get_logger(__name__)
SESSION_KEY = "company_sign_ins"
# Somebody may have begun in more than one tab.
ATTEMPTS_KEPT = 5
TRIES_PER_MINUTE = 30


def begin(request: HttpRequest) -> HttpResponse:
    """On to the provider's page.

    A link and not a form: browsers hold a form to our own addresses (form-action) wherever the
    provider sends it on to. It changes nothing but this browser's session.
    """
    if not company.is_set_up():
        return redirect("account_login")
    try:
        address, attempt = _begin(request)
    except company.SignInRefused as refusal:
        return _refused(request, refusal)
    begun = dict(list(request.session.get(SESSION_KEY, {}).items())[1 - ATTEMPTS_KEPT :])
    request.session[SESSION_KEY] = {**begun, attempt.state: asdict(attempt)}
    return redirect(address)


def finish(request: HttpRequest) -> HttpResponseBase:
    """Back from the provider: each answer is used once, in the browser that asked for it."""
    begun = request.session.get(SESSION_KEY, {})
    found = begun.pop(request.GET.get("state", ""), None)
    if found is None or not company.is_set_up():
        return redirect("account_login")
    request.session[SESSION_KEY] = begun
    attempt = company.Attempt(**found)
    try:
        agent = _finish(request, attempt)
    except company.SignInRefused as refusal:
        return _refused(request, refusal)
    next_page = attempt.next_page or reverse("desk:queue")
    response: HttpResponseBase = perform_login(request, agent, redirect_url=next_page)
    return response


def _begin(request: HttpRequest) -> tuple[str, company.Attempt]:
    adapter, next_page = get_adapter(), request.GET.get("next", "")
    place = adapter.get_client_ip(request)
    if not is_within_rate("company_sign_in", place, limit=TRIES_PER_MINUTE, seconds=60):
        raise company.SignInRefused(company.FAILED, why="too often")
    return company.begin(
        redirect_uri=_redirect_uri(),
        next_page=next_page if adapter.is_safe_url(next_page) else "",
        now=timezone.now(),
    )


def _finish(request: HttpRequest, attempt: company.Attempt) -> Agent:
    if "error" in request.GET:
        raise company.SignInRefused(company.FAILED, why="refused by the provider")
    code = request.GET.get("code", "")
    return company.finish(attempt, code=code, redirect_uri=_redirect_uri(), now=timezone.now())


def _refused(request: HttpRequest, refusal: company.SignInRefused) -> HttpResponse:
    logger.warning("sign_in.failed", by="company", why=refusal.why)
    messages.error(request, str(refusal))
    return redirect("account_login")


def _redirect_uri() -> str:
    return f"{settings.BASE_URL}{reverse('account_company_back')}"
