"""What every template may ask for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.models import Agent

# Demo people exist only on loopback: see load_demo.
DEMO_PASSWORD = "yakusoku-demo"  # noqa: S105


def site(request: HttpRequest) -> dict[str, Any]:
    """Brand, theme, and for agents what the top bar shows. Nothing is queried until shown."""
    user = getattr(request, "user", None)
    context: dict[str, Any] = {
        "brand_name": settings.BRAND_NAME,
        "events_url": settings.EVENTS_URL,
        "demo_people": demo_people() if settings.DEMO else [],
        "theme": "",
    }
    if isinstance(user, Agent):
        context |= {
            "theme": user.theme,
            "can_see_reports": user.sees_everything,
            "unread_notifications": user.notifications.unread().count,
        }
    return context


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
