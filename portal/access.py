"""The only way a customer reaches a ticket: by the token of a secret link."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation

from tickets import links
from tickets.models import Ticket


def ticket(token: str) -> Ticket:
    """The ticket this token opens. Raises Http404, the same for every wrong token."""
    found = links.find_ticket(token)
    if found is None:
        raise Http404
    return found


def by_link(
    view: Callable[[HttpRequest, Ticket, str], HttpResponse],
) -> Callable[[HttpRequest, str], HttpResponse]:
    """Give the view the ticket of the link, in the page's language and the customer's zone."""

    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        found = ticket(token)
        language = _language(request, found)
        with timezone.override(found.customer.time_zone), translation.override(language):
            return view(request, found, token)

    return opened


def _language(request: HttpRequest, found: Ticket) -> str:
    """What the visitor has chosen here, else the inquiry's own."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else found.language
