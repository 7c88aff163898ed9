"""The letter that invites somebody to work here."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.exceptions import PeopleError
from accounts.inviting import HOLDS, Invited, make_invitation, renew_invitation
from accounts.models import Agent, Invitation
from branding.selectors import brand_name
from common.digests import digest_of
from common.rates import is_within_rate
from mail.letters import write_letter
from mail.services import queue_email

AN_HOUR = 3600
LETTERS_PER_HOUR = 50
AUTOMATIC = {"Auto-Submitted": "auto-generated"}


@transaction.atomic
def invite(invited: Invited, *, by: Agent, now: datetime) -> Invitation:
    """Ask somebody to work here. Raises PeopleError."""
    invitation, token = make_invitation(invited, by=by, now=now)
    _send(invitation, token, by=by, now=now)
    return invitation


@transaction.atomic
def send_again(invitation: Invitation, *, by: Agent, now: datetime) -> Invitation:
    """With a new link and a new week; the old link leads nowhere. Raises PeopleError."""
    invitation, token = renew_invitation(invitation, by=by, now=now)
    _send(invitation, token, by=by, now=now)
    return invitation


def _send(invitation: Invitation, token: str, *, by: Agent, now: datetime) -> None:
    if not is_within_rate("invitation", str(by.pk), limit=LETTERS_PER_HOUR, seconds=AN_HOUR):
        raise PeopleError(_("You have sent very many invitations. Please wait an hour."))
    path = reverse("account_invitation", args=[token])
    letter = write_letter(
        "agent_invitation",
        language=invitation.language,
        time_zone=by.time_zone,
        context={
            "name": invitation.name,
            "by": by.name,
            "brand": brand_name(invitation.language),
            "days": HOLDS.days,
            "until": invitation.expires_at,
            "link": f"{settings.BASE_URL}{path}",
        },
    )
    queue_email(
        to=invitation.email,
        letter=letter,
        dedupe_key=f"agent_invitation:{digest_of(token)}",
        language=invitation.language,
        now=now,
        headers=AUTOMATIC,
    )
