"""Setting up a new desk, step by step. What is skipped can be set later on its own page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.exceptions import PeopleError
from accounts.first_run import (
    begin_first_run,
    end_first_run,
    is_setup_token,
    keep_typed,
    put_first_steps_away,
)
from common.rates import is_within_rate
from desk import access
from desk.first_run.forms import (
    AdministratorForm,
    CompanyForm,
    MailboxStepForm,
    StepForm,
    TopicsForm,
)
from desk.first_run.steps import first_steps
from desk.secret_links import make_private

AN_HOUR = 3600
TRIES_PER_HOUR = 60


@dataclass(frozen=True)
class Step:
    """A page of the way; `about` says what it is good for."""

    title: str | Promise
    about: str | Promise
    form: type[StepForm]


STEPS: Mapping[str, Step] = {
    "company": Step(
        _("Company and opening hours"),
        _("What your customers see of you, and in which hours your promises count."),
        CompanyForm,
    ),
    "mailbox": Step(
        _("Mailbox"),
        _("Mail that is sent there becomes tickets, and answers leave from there."),
        MailboxStepForm,
    ),
    "form": Step(
        _("Form"),
        _("Your customers choose a topic, so that inquiries find the right people."),
        TopicsForm,
    ),
}
ORDER = [*STEPS]


def begin(request: HttpRequest, token: str) -> HttpResponseBase:
    """The first step, behind the link that the one who started the desk was told."""
    address = get_adapter().get_client_ip(request)
    if not is_within_rate("first_run", address, limit=TRIES_PER_HOUR, seconds=AN_HOUR):
        return make_private(render(request, "429.html", status=429))
    if not is_setup_token(token):
        raise Http404
    form = AdministratorForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            agent = begin_first_run(token, **form.cleaned_data)
        except PeopleError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            if agent is None:
                raise Http404
            response: HttpResponseBase = perform_login(
                request, agent, redirect_url=_address(ORDER[0])
            )
            return response
    context = {"form": form, "token": token, "number": len(ORDER) + 1}
    status = 422 if form.is_bound else 200
    return make_private(render(request, "desk/first_run/begin.html", context, status=status))


def show(request: HttpRequest, step: str) -> HttpResponse:
    """One of the other steps, or what follows them all."""
    run = access.first_run(request)
    if step == "end":
        steps = first_steps(access.agent(request))
        return render(request, "desk/first_run/end.html", {"steps": steps})
    return _page(request, step, _step(step).form(typed=run.typed.get(step)))


def update(request: HttpRequest, step: str) -> HttpResponse:
    """Keep what was filled in and go on. Going back, or leaving it for later, keeps it as it was
    typed for the next time."""
    run = access.first_run(request)
    form = _step(step).form(request.POST)
    if (to := _aside(request, step)) is not None:
        keep_typed(run, step, form.typed)
        return redirect(_address(to))
    if not (form.is_valid() and form.save(by=access.agent(request))):
        return _page(request, step, form, status=422)
    keep_typed(run, step, None)
    return redirect(_address(_next(step)))


def end(request: HttpRequest) -> HttpResponse:
    """The desk is set up; these pages are gone."""
    end_first_run(access.first_run(request), now=timezone.now())
    return redirect("desk:queue")


def put_away(request: HttpRequest) -> HttpResponse:
    """The list of what is left to do is not shown any more."""
    access.check_sees_first_steps(access.agent(request))
    put_first_steps_away(now=timezone.now())
    return redirect("desk:queue")


def _aside(request: HttpRequest, step: str) -> str | None:
    """Where one goes without saving; None: one saves."""
    wish = request.POST.get("go")
    if wish == "back":
        return ORDER[max(ORDER.index(step) - 1, 0)]
    return _next(step) if wish == "later" else None


def _next(step: str) -> str:
    return [*ORDER, "end"][ORDER.index(step) + 1]


def _step(name: str) -> Step:
    if name not in STEPS:
        raise Http404
    return STEPS[name]


def _address(step: str) -> str:
    return reverse("desk:first_run", args=[step])


def _page(request: HttpRequest, name: str, form: StepForm, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "name": name,
        "step": STEPS[name],
        "form": form,
        # Who the administrator is was the first.
        "number": ORDER.index(name) + 2,
        "numbers": len(ORDER) + 1,
        "is_first": name == ORDER[0],
    }
    return render(request, "desk/first_run/step.html", context, status=status)
