"""The promise as an entry of the customer's own calendar (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from branding.selectors import brand_name
from portal import access
from portal.pages import make_private
from tickets import links
from tickets.models import Ticket
from tickets.selectors import CalendarEntry, promise_in_calendar

SHOWN_FOR = timedelta(minutes=15)


@access.by_link
def promise(request: HttpRequest, ticket: Ticket, token: str) -> HttpResponse:
    """By when we are in touch. A renewed promise moves the same entry, a solved inquiry takes it
    out: its name never changes, and its sequence grows."""
    entry = promise_in_calendar(ticket)
    if entry is None:
        raise Http404
    calendar = Calendar()
    calendar.add("prodid", "-//Yakusoku//promise//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(ticket, entry, token))
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="promise-{ticket.number}.ics"'
    return make_private(response)


def _event(ticket: Ticket, entry: CalendarEntry, token: str) -> Event:
    """Calendars are shared with colleagues: only the address field knows the secret link."""
    event = Event()
    event.add("uid", f"{entry.uid}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.made_at.astimezone(UTC))
    event.add("dtstart", entry.at.astimezone(UTC))
    event.add("duration", SHOWN_FOR)
    event.add("status", "CANCELLED" if entry.is_over else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    words = {"brand": brand_name(ticket.language), "number": ticket.number}
    event.add("summary", _("%(brand)s contacts you (no. %(number)s)") % words)
    event.add("description", _("We promised to contact you by this time."))
    event.add("url", f"{settings.BASE_URL}{links.path_of(token)}")
    return event
