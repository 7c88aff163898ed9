"""The browser of a customer who has shown who they are: a cookie of its own, not the staff's."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from customers.models import Customer
from customers.signing_in import SESSION_HOLDS, customer_of_session, end_session


def cookie_name() -> str:
    """Under HTTPS no other host of the domain can set it."""
    return "__Host-inquiries" if settings.SESSION_COOKIE_SECURE else "inquiries"


def visitor(request: HttpRequest) -> Customer | None:
    """Who is signed in here."""
    token = request.COOKIES.get(cookie_name(), "")
    return customer_of_session(token, now=timezone.now()) if token else None


def remember(response: HttpResponse, token: str) -> None:
    """Keep the session in this browser."""
    response.set_cookie(
        cookie_name(),
        token,
        max_age=SESSION_HOLDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(request: HttpRequest, response: HttpResponse) -> None:
    """End the session, here and in the database."""
    end_session(request.COOKIES.get(cookie_name(), ""), now=timezone.now())
    response.delete_cookie(cookie_name(), samesite="Lax")
