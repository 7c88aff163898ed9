"""What somebody who works here is told by mail about how they sign in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.devices import Device
from accounts.models import Agent
from accounts.people import remove_second_factors
from accounts.second_factor import must_have_second_factor
from branding.selectors import brand_name
from mail.letters import Letter, write_letter
from mail.services import queue_email

AUTOMATIC = {"Auto-Submitted": "auto-generated"}


class News(StrEnum):
    """What has happened; the template has the words."""

    NEW_DEVICE = "new_device"
    PASSWORD = "password"  # noqa: S105 - a name
    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    CODES = "codes"


@transaction.atomic
def tell_of(news: News, *, agent: Agent, device: Device, now: datetime) -> None:
    """Write to them what has happened, so that they can act if it was not them."""
    path = reverse("account_security")
    context = {
        "news": news.value,
        "name": agent.name,
        "browser": device.browser,
        "system": device.system,
        "at": now,
        "brand": brand_name(agent.language),
        "link": f"{settings.BASE_URL}{path}",
    }
    _send(agent, _letter("sign_in_news", agent, context), now=now)


@transaction.atomic
def remove_lost_factors(agent: Agent, *, by: Agent, now: datetime) -> Agent:
    """Take away what somebody signs in with besides the password, and write to them that it was done,
    and by whom. Raises PeopleError."""
    held = remove_second_factors(agent, by=by)
    context = {
        "name": held.name,
        "by": by.name,
        "at": now,
        "must_have_one": must_have_second_factor(held),
        "brand": brand_name(held.language),
        "link": f"{settings.BASE_URL}{reverse('account_security')}",
    }
    _send(held, _letter("factors_removed", held, context), now=now)
    return held


@transaction.atomic
def send_new_password_link(agent: Agent, *, link: str, now: datetime) -> None:
    """The link by which they choose a new password."""
    context = {"name": agent.name, "link": link, "brand": brand_name(agent.language)}
    _send(agent, _letter("new_password", agent, context), now=now)


def _letter(template: str, agent: Agent, context: dict[str, Any]) -> Letter:
    return write_letter(
        template, language=agent.language, time_zone=agent.time_zone, context=context
    )


def _send(agent: Agent, letter: Letter, *, now: datetime) -> None:
    queue_email(
        to=agent.email,
        letter=letter,
        dedupe_key=f"account:{uuid4().hex}",
        language=agent.language,
        now=now,
        headers=AUTOMATIC,
    )
