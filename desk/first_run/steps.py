"""What is left to do on a new desk, read from how it is and not from what was clicked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent, FirstRun, Invitation
from branding.models import Brand
from desk import access
from mail.models import MailboxSource
from tickets.models import Ticket
from topics.models import Topic


@dataclass(frozen=True)
class FirstStep:
    """One thing to do, where, and whether it is done."""

    label: str
    url: str
    is_done: bool


def first_steps_for(agent: Agent) -> list[FirstStep]:
    """What is left to do, for administrators of a desk that was set up step by step; nothing once
    all of it is done or was put away."""
    if not access.sees_first_steps(agent):
        return []
    steps = first_steps(agent, put_away_at=None)
    return steps if any(not step.is_done for step in steps) else []


def first_steps(agent: Agent, **of_run: Any) -> list[FirstStep]:
    """All of it, in one query; nothing when there is no such first run. Who has not come to the end
    goes on where they were."""
    run = FirstRun.objects.filter(**of_run).annotate(**_what_is_done(agent)).first()
    if run is None:
        return []
    goes_on = run.administrator_id == agent.pk and run.ended_at is None
    return [
        FirstStep(
            label=label,
            url=reverse("desk:first_run", args=[step]) if goes_on and step else reverse(page),
            is_done=getattr(run, name),
        )
        for name, (label, step, page) in _wanted().items()
    ]


def _wanted() -> dict[str, tuple[str, str, str]]:
    """By what is asked of the database: the words, the step it is part of, and its own page."""
    return {
        "has_name": (
            _("Give the desk your company's name"),
            "company",
            "desk:settings_branding",
        ),
        "has_mailbox": (_("Connect a mailbox"), "mailbox", "desk:settings_mailboxes"),
        "has_topics": (_("Choose topics for the form"), "form", "desk:settings_topics"),
        "has_people": (_("Invite a colleague"), "", "desk:settings_invitation_new"),
        "has_factor": (_("Protect your sign-in with a passkey or an app"), "", "account_security"),
        "has_ticket": (_("Send a first inquiry through the form"), "", "portal:inquiry_new"),
    }


def _what_is_done(agent: Agent) -> dict[str, Any]:
    colleagues = Agent.objects.filter(is_active=True).exclude(pk=agent.pk)
    return {
        "has_name": Exists(Brand.objects.exclude(name_ja="", name_en="")),
        "has_mailbox": Exists(MailboxSource.objects.filter(kind=MailboxSource.Kind.IMAP)),
        "has_topics": Exists(Topic.objects.filter(is_active=True)),
        "has_people": Exists(colleagues) | Exists(Invitation.objects.open()),
        "has_factor": Exists(Authenticator.objects.filter(user=agent)),
        "has_ticket": Exists(Ticket.objects.all()),
    }
