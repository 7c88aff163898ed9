"""What an administrator does on the pages of the settings."""

from __future__ import annotations

from typing import Any

from django.test import Client

from sla.models import BusinessCalendar, Policy
from tests.html import Page

NEW_POLICY = "/desk/settings/policies/new/"
NEW_CALENDAR = "/desk/settings/calendars/new/"


def policy_path() -> str:
    return f"/desk/settings/policies/{Policy.objects.get(is_default=True).pk}/"


def calendar_path() -> str:
    return f"/desk/settings/calendars/{BusinessCalendar.objects.get(is_default=True).pk}/"


def shown(client: Client, path: str) -> dict[str, str]:
    """What the page's form would send if nothing were changed."""
    page = Page(client.get(path).content.decode())
    return next(form.fields for form in page.forms if "name" in form.fields)


def edit(client: Client, path: str, **changes: str) -> Any:
    """Send the form of the page with these fields changed; ?version= is only looked at."""
    address = path.partition("?")[0]
    return client.post(f"{address}update/", {**shown(client, path), **changes})


def create(client: Client, path: str, **changes: str) -> Any:
    """Send the form of a page that makes something new."""
    address = path.partition("?")[0].replace("/new/", "/create/")
    return client.post(address, {**shown(client, path), **changes})
