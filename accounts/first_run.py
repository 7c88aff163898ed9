"""How a desk gets its first administrator: by a link that is told to whoever runs it, and that works
only while there is none."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.exceptions import PeopleError
from accounts.models import Agent, FirstRun, Role
from accounts.selectors import default_team
from accounts.services import add_member
from common.digests import digest_of

BYTES = 32
THE_ONE = 1


def has_administrator() -> bool:
    """Whether somebody can set up the desk already."""
    administrators = Agent.objects.filter(role=Role.ADMINISTRATOR, permission_set=None)
    return administrators.filter(is_active=True).exists()


@transaction.atomic
def make_setup_token(token: str | None = None) -> str | None:
    """A token in place of the one before, for the last time in the clear; a new one unless it is
    given. None: there is an administrator."""
    if has_administrator():
        return None
    token = token or secrets.token_urlsafe(BYTES)
    FirstRun.objects.all().delete()
    FirstRun.objects.create(pk=THE_ONE, digest=digest_of(token))
    return token


def is_setup_token(token: str) -> bool:
    """Whether the link leads somewhere; nothing happens."""
    return FirstRun.objects.filter(digest=digest_of(token)).exists() and not has_administrator()


@transaction.atomic
def begin_first_run(
    token: str, *, name: str, email: str, password: str, language: str
) -> Agent | None:
    """The first administrator, who leads the first team; None when the link leads nowhere any more.
    Of two who come at once, one is let in. Raises PeopleError for the address of somebody else."""
    run = FirstRun.objects.select_for_update().filter(digest=digest_of(token)).first()
    if run is None or has_administrator():
        return None
    if other := Agent.objects.filter(email__iexact=email.strip()).first():
        raise PeopleError(
            _("%(name)s has this address already.") % {"name": other.name}, field="email"
        )
    agent = Agent.objects.create_superuser(
        email, password, name=name, language=language, time_zone=settings.TIME_ZONE
    )
    add_member(default_team(), agent, is_lead=True)
    run.administrator = agent
    run.save(update_fields=["administrator"])
    return agent


def first_run_of(agent: Agent) -> FirstRun | None:
    """What they are about to set up; None when it is not theirs, or was ended."""
    return FirstRun.objects.filter(administrator=agent, ended_at=None).first()


def keep_typed(run: FirstRun, step: str, typed: Mapping[str, Any] | None) -> None:
    """What stands in a step until somebody comes back to it; None: it is saved where it belongs."""
    others = {name: each for name, each in run.typed.items() if name != step}
    run.typed = others if typed is None else {**others, step: dict(typed)}
    run.save(update_fields=["typed"])


def end_first_run(run: FirstRun, *, now: datetime) -> None:
    """Its pages are gone for good."""
    run.ended_at, run.typed = now, {}
    run.save(update_fields=["ended_at", "typed"])


def put_first_steps_away(*, now: datetime) -> None:
    """Nobody wants to read any more what is left to do."""
    FirstRun.objects.update(put_away_at=now)
