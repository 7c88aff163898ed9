"""Who works here, who is invited to, and who has stopped."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.exceptions import PeopleError
from accounts.inviting import withdraw_invitation
from accounts.models import Agent, Invitation
from accounts.people import may_manage, take_up_work
from accounts.permissions import Permission
from accounts.second_factor import SECOND_FACTORS, factors_of, must_have_second_factor
from desk import access
from desk.settings.people_forms import InvitationForm, LeavingForm, PersonForm
from mail.inviting import invite, send_again
from mail.sign_in_letters import remove_lost_factors
from mail.transports import do_letters_leave
from tickets.exceptions import TicketError
from tickets.services.leaving import deactivate, held_by, keep_person

SHOWN = 200


def index(request: HttpRequest) -> HttpResponse:
    """Everybody of one kind (?show=), or those whose name or address says ?q=."""
    wanted, show = request.GET.get("q", "").strip()[:100], request.GET.get("show", "active")
    named = Q(name__icontains=wanted) | Q(email__icontains=wanted)
    people = Agent.objects.filter(named, is_active=show != "gone").order_by("name", "pk")
    invited = Invitation.objects.open().filter(named).order_by("name", "pk")
    context = {
        "show": show,
        "wanted": wanted,
        "people": _in_full(people)[:SHOWN] if show != "invited" else [],
        "invitations": invited.select_related("invited_by")[:SHOWN] if show == "invited" else [],
        "counts": {
            "active": Agent.objects.filter(is_active=True).count(),
            "invited": Invitation.objects.open().count(),
            "gone": Agent.objects.filter(is_active=False).count(),
        },
        "most": SHOWN,
        "now": timezone.now(),
    }
    return render(request, "desk/settings/people.html", context)


def new_invitation(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    return _invitation_page(request, InvitationForm(by=access.agent(request)))


def create_invitation(request: HttpRequest) -> HttpResponse:
    """Send the letter."""
    agent = access.agent(request)
    form = InvitationForm(request.POST, by=agent)
    if form.is_valid():
        try:
            invitation = invite(form.invited(), by=agent, now=timezone.now())
        except PeopleError as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            sentence = _("%(name)s is invited: the letter is on its way to %(email)s.")
            said = {"name": invitation.name, "email": invitation.email}
            messages.success(request, sentence % said)
            return _to_invited()
    return _invitation_page(request, form, status=422)


def send_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter once more, with a new link; the old one is dead."""
    try:
        invitation = send_again(access.invitation(pk), by=access.agent(request), now=timezone.now())
    except PeopleError as refusal:
        messages.error(request, str(refusal))
        return _to_invited()
    sentence = _("The invitation is on its way to %(email)s again. The earlier link is dead.")
    messages.success(request, sentence % {"email": invitation.email})
    return _to_invited()


def delete_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Its link leads nowhere any more."""
    invitation = access.invitation(pk)
    try:
        withdraw_invitation(invitation, now=timezone.now())
    except PeopleError as refusal:
        messages.error(request, str(refusal))
    else:
        sentence = _("The invitation of %(name)s is withdrawn.")
        messages.success(request, sentence % {"name": invitation.name})
    return _to_invited()


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One person."""
    agent = access.person(pk)
    return _page(request, agent, PersonForm(by=access.agent(request), agent=agent))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known of them, what they may do and which teams they are in."""
    by, agent = access.agent(request), access.person(pk)
    form = PersonForm(request.POST, by=by, agent=access.person(pk))
    if form.is_valid():
        try:
            returned = keep_person(
                agent, values=form.values(), places=form.places(), among=form.teams, by=by
            )
        except PeopleError as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": agent.name})
            _say_returned(request, returned)
            return redirect("desk:settings_person", pk=pk)
    return _page(request, agent, form, status=422)


def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """What follows when they are deactivated, before it is done."""
    agent = access.person(pk)
    return _leaving_page(request, agent, LeavingForm(agent=agent))


def create_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Deactivate them."""
    agent = access.person(pk)
    form = LeavingForm(request.POST, agent=agent)
    if not form.is_valid():
        return _leaving_page(request, agent, form, status=422)
    to, scheduled = form.cleaned_data["to"], form.cleaned_data["scheduled"]
    try:
        deactivate(agent, to=to, calls_off=scheduled == "stay", by=access.agent(request))
    except (PeopleError, TicketError) as refusal:
        form.add_error("to" if isinstance(refusal, TicketError) else None, str(refusal))
        return _leaving_page(request, agent, form, status=422)
    sentence = _("%(name)s is deactivated, and signed out everywhere.")
    messages.success(request, sentence % {"name": agent.name})
    return redirect("desk:settings_person", pk=pk)


def create_return(request: HttpRequest, pk: int) -> HttpResponse:
    """They may sign in again; nothing that was passed on comes back."""
    agent = access.person(pk)
    try:
        take_up_work(agent, by=access.agent(request))
    except PeopleError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(name)s can sign in again.") % {"name": agent.name})
    return redirect("desk:settings_person", pk=pk)


def factors(request: HttpRequest, pk: int) -> HttpResponse:
    """What follows when their second factors are removed, before it is done."""
    by, agent = access.agent(request), access.person(pk)
    found = factors_of(agent)
    if agent == by or not found or not may_manage(by, agent):
        return redirect("desk:settings_person", pk=pk)
    context = {
        "agent": agent,
        "apps": found.get(Authenticator.Type.TOTP),
        "passkeys": found.get(Authenticator.Type.WEBAUTHN),
        "codes": found.get(Authenticator.Type.RECOVERY_CODES),
        "must_have_one": must_have_second_factor(agent),
    }
    return render(request, "desk/settings/person_factors.html", context)


def delete_factors(request: HttpRequest, pk: int) -> HttpResponse:
    """They have lost what they sign in with besides the password."""
    agent = access.person(pk)
    try:
        remove_lost_factors(agent, by=access.agent(request), now=timezone.now())
    except PeopleError as refusal:
        messages.error(request, str(refusal))
    else:
        sentence = _("%(name)s has no second factor any more, and is signed out everywhere.")
        messages.success(request, sentence % {"name": agent.name})
    return redirect("desk:settings_person", pk=pk)


def _in_full(people: QuerySet[Agent]) -> QuerySet[Agent]:
    """With what a line of the list says."""
    second_step = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
    full = people.select_related("permission_set").prefetch_related("memberships__team")
    return full.annotate(has_second_step=Exists(second_step))


def _say_returned(request: HttpRequest, number: int) -> None:
    if number:
        sentence = ngettext(
            "%(number)s ticket that they can no longer see went back to its team.",
            "%(number)s tickets that they can no longer see went back to their teams.",
            number,
        )
        messages.info(request, sentence % {"number": number})


def _to_invited() -> HttpResponse:
    response = redirect("desk:settings_people")
    response.headers["Location"] += "?show=invited"
    return response


def _page(
    request: HttpRequest, agent: Agent, form: PersonForm, *, status: int = 200
) -> HttpResponse:
    may_change = may_manage(access.agent(request), agent)
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    context = {
        "agent": _in_full(Agent.objects.filter(pk=agent.pk)).get(),
        "form": form,
        "may_change": may_change,
        "is_oneself": agent == access.agent(request),
        "factors": factors_of(agent),
        "now": timezone.now(),
    }
    return render(request, "desk/settings/person.html", context, status=status)


def _leaving_page(
    request: HttpRequest, agent: Agent, form: LeavingForm, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"agent": agent, "form": form, "held": held_by(agent)}
    return render(request, "desk/settings/person_leaving.html", context, status=status)


def _invitation_page(
    request: HttpRequest, form: InvitationForm, *, status: int = 200
) -> HttpResponse:
    may_mend = access.agent(request).may(Permission.MAIL)
    context = {
        "form": form,
        # Those of a demo are read on a page of their own.
        "is_silent": not (settings.DEMO or do_letters_leave()),
        "mailboxes": reverse("desk:settings_mailboxes") if may_mend else "",
    }
    return render(request, "desk/settings/invitation.html", context, status=status)
