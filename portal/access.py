"""The only way a customer reaches a ticket, by the token of a secret link, or an article."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation

from common.numbers import whole_number
from customers.models import Customer
from knowledge.models import Collection
from knowledge.selectors import Reading
from knowledge.selectors import reading as find_reading
from tickets import links
from tickets.inquiries import Inquired, find_inquiry
from tickets.models import Participant, Rating, Ticket
from tickets.ratings import find_rating
from tickets.services.inviting import people_of


def ticket(token: str) -> Ticket:
    """The ticket this token opens. Raises Http404, the same for every wrong token."""
    found = links.find_ticket(token)
    if found is None:
        raise Http404
    return found


def reading(slug: str, language: str) -> Reading:
    """A published article that everybody may read. Raises Http404 for all others alike."""
    found = find_reading(slug, language)
    if found is None:
        raise Http404
    return found


def collection(slug: str) -> Collection:
    """A collection that is shown. Raises Http404."""
    found = Collection.objects.filter(slug=slug, is_active=True).first()
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
        zone = found.customer.time_zone
        with timezone.override(zone), translation.override(language(request, found)):
            return view(request, found, token)

    return opened


def person(ticket: Ticket, pk: str) -> Participant | None:
    """Somebody who takes part in this very inquiry, by what a form says."""
    return next((each for each in people_of(ticket) if str(each.pk) == pk), None)


def inquiry(customer: Customer, number: str) -> Inquired:
    """An inquiry of this customer, or one of their organisation that they may read. Raises Http404."""
    known = whole_number(number)
    found = find_inquiry(customer, known) if known is not None else None
    if found is None:
        raise Http404
    return found


def rating(token: str) -> Rating:
    """The rating this token opens, and nothing else of its ticket. Raises Http404."""
    found = find_rating(token)
    if found is None:
        raise Http404
    return found


def by_rating_link(
    view: Callable[[HttpRequest, Rating, str], HttpResponse],
) -> Callable[[HttpRequest, str], HttpResponse]:
    """Give the view the rating of the link, in the page's language and the customer's zone."""

    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        found = rating(token)
        spoken, zone = language(request, found.ticket), found.ticket.customer.time_zone
        with timezone.override(zone), translation.override(spoken):
            return view(request, found, token)

    return opened


def language(request: HttpRequest, found: Ticket) -> str:
    """What the visitor has chosen here, else the inquiry's own."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else found.language
