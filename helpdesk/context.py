"""What every template may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.company_sign_in import is_set_up
from accounts.first_run import has_administrator
from accounts.models import Agent
from accounts.permissions import OF_SETTINGS, Permission
from branding.models import Brand, Notice
from branding.selectors import Shown, shown, stylesheet_digest
from desk.access import sees_first_steps
from desk.passkeys import can_be_kept
from reports.usual_times import usual_times

# Demo people exist only on loopback: see load_demo.
DEMO_PASSWORD = "yakusoku-demo"  # noqa: S105


def site(request: HttpRequest) -> dict[str, Any]:
    """Brand, theme, and for agents what the top bar shows. Nothing is queried until shown."""
    user = getattr(request, "user", None)
    context: dict[str, Any] = {
        "brand": SimpleLazyObject(lambda: _shown(request).brand),
        "brand_name": SimpleLazyObject(lambda: _shown(request).brand.name),
        "brand_css": SimpleLazyObject(lambda: _stylesheet(_shown(request).brand)),
        "notices": NoticeBoard(request),
        "usual_times": SimpleLazyObject(usual_times),
        "events_url": settings.EVENTS_URL,
        "company_sign_in": settings.OIDC_NAME if is_set_up() else "",
        "has_administrator": SimpleLazyObject(has_administrator),
        "can_keep_passkeys": SimpleLazyObject(lambda: can_be_kept(request)),
        "demo_people": demo_people() if settings.DEMO else [],
        "theme": "",
    }
    if isinstance(user, Agent):
        context |= {
            "theme": user.theme,
            "can_see_reports": user.may(Permission.REPORTS),
            "can_export": user.may(Permission.EXPORT),
            "can_see_settings": bool(user.permissions & OF_SETTINGS),
            "can_end_demo": settings.CAN_START_EMPTY and sees_first_steps(user),
            "unread_notifications": user.notifications.unread().count,
        }
    return context


def _shown(request: HttpRequest) -> Shown:
    """As the request found it. A page that says that something is wrong has a name even when the
    database is what is."""
    known: Shown | None = getattr(request, "shown", None)
    if known is not None:
        return known
    try:
        return shown()
    except DatabaseError:
        return Shown(Brand(), [])


def _stylesheet(brand: Brand) -> str:
    """Where the company's colours are; nowhere: they are the desk's own."""
    digest = stylesheet_digest(brand)
    return f"{reverse('portal:brand_css')}?v={digest}" if digest else ""


@dataclass(frozen=True)
class NoticeBoard:
    """What is to be read now, by place: `notices.help`, `notices.form`."""

    request: HttpRequest

    def __getitem__(self, place: str) -> list[Notice]:
        if place not in Notice.Place.values:
            raise KeyError(place)
        return _shown(self.request).notices(Notice.Place(place), now=timezone.now())


def demo_people() -> list[dict[str, str]]:
    """The people of the demo, told on the sign-in page; see contract.md."""
    return [
        {"name": name, "email": email, "role": role, "password": DEMO_PASSWORD}
        for name, email, role in (
            ("Aiko", "aiko@example.com", "agent"),
            ("Ben", "ben@example.com", "lead"),
            ("Chika", "chika@example.com", "manager"),
            ("Admin", "admin@example.com", "administrator"),
            ("Mallory", "mallory@example.com", "agent"),
        )
    ]
