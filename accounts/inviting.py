"""How people come to work here: a link to their mailbox, once, for a week. The database keeps only
the digest of its token; the letter is written by mail.inviting."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.exceptions import PeopleError
from accounts.models import Agent, Invitation, PermissionSet, Role, Team
from accounts.people import check_gives
from accounts.services import add_member
from common.digests import digest_of

HOLDS = timedelta(days=7)
BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Invited:
    """Whom we ask, and what they will be."""

    email: str
    name: str
    role: str = Role.AGENT
    permission_set: PermissionSet | None = None
    teams: Collection[Team] = ()
    language: str


@transaction.atomic
def make_invitation(invited: Invited, *, by: Agent, now: datetime) -> tuple[Invitation, str]:
    """The invitation, with its token for the last time in the clear. Raises PeopleError when they
    work here or are invited already, and for more than `by` has."""
    email = invited.email.strip().lower()
    check_gives(by, invited.role, invited.permission_set)
    _check_is_new(email)
    _make_room(email, now=now)
    token = secrets.token_urlsafe(BYTES)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                email=email,
                name=invited.name,
                role=invited.role,
                permission_set=invited.permission_set,
                language=invited.language,
                digest=digest_of(token),
                invited_by=by,
                invited_at=now,
                expires_at=now + HOLDS,
            )
    except IntegrityError:
        # A colleague was quicker.
        raise _is_invited(email) from None
    invitation.teams.set(invited.teams)
    return invitation, token


@transaction.atomic
def renew_invitation(invitation: Invitation, *, by: Agent, now: datetime) -> tuple[Invitation, str]:
    """For a week from now, by a new link; the old one leads nowhere. Raises PeopleError when it was
    accepted or withdrawn."""
    held = _hold_open(invitation)
    check_gives(by, held.role, held.permission_set)
    token = secrets.token_urlsafe(BYTES)
    held.digest, held.expires_at = digest_of(token), now + HOLDS
    held.save(update_fields=["digest", "expires_at"])
    return held, token


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, now: datetime) -> None:
    """Its link leads nowhere from now on. Raises PeopleError when it was accepted or withdrawn."""
    held = _hold_open(invitation)
    held.withdrawn_at = now
    held.save(update_fields=["withdrawn_at"])


def invitation_of(token: str) -> Invitation | None:
    """The invitation of a link, whatever became of it; nothing happens."""
    return Invitation.objects.filter(digest=digest_of(token)).first()


@transaction.atomic
def accept_invitation(
    token: str, *, name: str, password: str, language: str, now: datetime
) -> Agent | None:
    """Let them in: the new agent, or None when the link was used, is over or never was. Of two who
    come at once, one is let in. Raises PeopleError when somebody works here by this address."""
    standing = Invitation.objects.standing(now).filter(digest=digest_of(token))
    if not standing.update(accepted_at=now):
        return None
    invitation = Invitation.objects.select_related("permission_set").get(digest=digest_of(token))
    _check_is_new(invitation.email)
    agent = Agent.objects.create_user(
        invitation.email,
        password,
        name=name,
        role=invitation.role,
        permission_set=invitation.permission_set,
        language=language,
        time_zone=settings.TIME_ZONE,
    )
    for team in invitation.teams.all():
        add_member(team, agent)
    return agent


def _hold_open(invitation: Invitation) -> Invitation:
    held = Invitation.objects.open().select_for_update().filter(pk=invitation.pk).first()
    if held is None:
        raise PeopleError(_("This invitation was accepted or withdrawn already."))
    return held


def _check_is_new(email: str) -> None:
    agent = Agent.objects.filter(email__iexact=email).first()
    if agent is not None and agent.is_active:
        raise PeopleError(_("%(name)s works here already.") % {"name": agent.name}, field="email")
    if agent is not None:
        sentence = _("%(name)s worked here before. Activate them again instead.")
        raise PeopleError(sentence % {"name": agent.name}, field="email")


def _make_room(email: str, *, now: datetime) -> None:
    """One whose time is over gives way; one that stands does not."""
    same = Invitation.objects.open().filter(email__iexact=email)
    if same.filter(expires_at__gt=now).exists():
        raise _is_invited(email)
    same.update(withdrawn_at=now)


def _is_invited(email: str) -> PeopleError:
    sentence = _("%(email)s is invited already. Send the invitation again, or withdraw it first.")
    return PeopleError(sentence % {"email": email}, field="email")
